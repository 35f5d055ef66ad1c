import type { RestartReason } from './endings.ts';
import type { Failure } from './failure-log.ts';
import type { Forbidden } from './refusals.ts';

/** How a watch of one collection fares. */
export interface ReflectorState {
  name: string;
  /** `absent`: the API server does not know the resource. `forbidden`: it is optional, and not ours to read. */
  phase: 'stopped' | 'listing' | 'watching' | 'waiting' | 'absent' | 'forbidden';
  synced: boolean;
  objects: number;
  /** Unix milliseconds of the last frame or list page. */
  lastFrameAt: number | undefined;
  /** For how long changes may have gone unseen: 0 while a watch is open. Milliseconds. */
  lagMs: number;
  lists: number;
  restarts: Readonly<Record<RestartReason, number>>;
  /** What keeps it from working now. */
  failure: Failure | undefined;
  /** What it may not do, in the phase `forbidden`. */
  forbidden: Forbidden | undefined;
}
