import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { BackoffOptions } from './backoff.ts';
import type { Connection } from './connect.ts';
import type { ReadObject, ReflectorHandlers } from './view.ts';

export interface ReflectorDeps {
  connection: Pick<Connection, 'json' | 'stream' | 'untilBack'> & Partial<Pick<Connection, 'trouble'>>;
  log: Logger;
  /** @defaultValue systemClock */
  clock?: Clock;
  /** From 0 up to 1. @defaultValue Math.random */
  random?: () => number;
}

export interface ReflectorOptions<T> {
  /** For logs and metrics: the resource, and which part of it. */
  name: string;
  /** Of the collection. */
  path: string;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  read: ReadObject<T>;
  /** Long lists of its objects, as Applications have them, are kept compressed, and parsed when they are read. */
  isThin?: true;
  handlers: ReflectorHandlers<T>;
  /** Undefined where the handlers have room for more, or what resolves when they have: nothing is read until then. */
  room?(): Promise<void> | undefined;
  /**
   * A resource that Herald works without, where it is missing (404) or forbidden (403): it is then synced, and asked for
   * again seldom. `without`: what does not work then, and the mend, for people. `isMinor`: somebody else makes up for it.
   */
  optional?: { without: string; mend: string; isMinor?: true };
  /** Told when the phase `forbidden` begins and ends. */
  onForbidden?(isForbidden: boolean): void;
  timings?: Partial<ReflectorTimings>;
}

export interface ReflectorTimings {
  /** @defaultValue 500 objects */
  pageSize: number;
  /** @defaultValue 60000 */
  listTimeoutMs: number;
  /** Bounds of the time after which the server ends a watch. @defaultValue 300 to 600 */
  watchSeconds: readonly [number, number];
  /** After so long without a frame another watch is opened; bookmarks come every minute, if there is anything to say. @defaultValue 120000 */
  silenceMs: number;
  /** @defaultValue 300000 */
  absentPollMs: number;
  /** @defaultValue 60000 */
  forbiddenPollMs: number;
  /** A server that has just started forbids what it will allow: what is optional is not given up sooner. @defaultValue 3000 */
  forbiddenPatienceMs: number;
  backoff: BackoffOptions;
}

/** What a timing is where nothing else is asked for. */
export const defaultTimings: ReflectorTimings = {
  pageSize: 500,
  listTimeoutMs: 60_000,
  watchSeconds: [300, 600],
  silenceMs: 120_000,
  absentPollMs: 300_000,
  forbiddenPollMs: 60_000,
  forbiddenPatienceMs: 3_000,
  backoff: {},
};
