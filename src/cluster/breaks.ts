import { orAborted } from '../aborted.ts';
import type { Clock } from '../clock.ts';

/**
 * When whoever reads a watch stops for a moment: other work gets its turn, and who is told of changes has to have room for
 * more. What is not read waits in the connection and then in the API server, which cuts off those that read too slowly,
 * and remembers for some minutes what they have missed.
 */
export interface Breaks {
  isDue(): boolean;
  /** Resolves when reading goes on, or the signal aborts. */
  take(): Promise<void>;
  /** One is being taken now. */
  isTaking(): boolean;
}

/** Milliseconds of reading after which other work gets its turn. */
const slice = 20;

/** `room`: undefined where there is room for more, or what resolves when there is. */
export function createBreaks(
  clock: Pick<Clock, 'monotonic' | 'turn'>,
  signal: AbortSignal,
  room: () => Promise<void> | undefined = () => undefined,
): Breaks {
  let since = clock.monotonic();
  let waitsFor: Promise<void> | undefined;
  let isTaking = false;
  return {
    isDue() {
      waitsFor ??= room();
      return waitsFor !== undefined || clock.monotonic() - since >= slice;
    },
    async take() {
      isTaking = true;
      await clock.turn();
      if (waitsFor !== undefined) await orAborted(waitsFor, signal);
      waitsFor = undefined;
      isTaking = false;
      since = clock.monotonic();
    },
    isTaking: () => isTaking,
  };
}
