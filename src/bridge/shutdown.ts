import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { settledWithin } from '../store/deadline.ts';

/** What is to end, in order; each is told how many milliseconds are left. */
export type ShutdownStep = [name: string, end: (left: number) => Promise<unknown> | undefined];

/**
 * Ends one after the other within `timeout` milliseconds altogether. A step that fails or takes too long is logged and
 * passed over, so that an unreachable store or cluster never keeps the process.
 */
export async function shutDown(
  steps: readonly ShutdownStep[],
  timeout: number,
  log: Logger,
  clock: Clock,
): Promise<void> {
  const end = clock.monotonic() + timeout;
  for (const [step, run] of steps) {
    const left = Math.max(0, end - clock.monotonic());
    try {
      const ending = Promise.resolve(run(left));
      if (await settledWithin(ending, left, clock)) await ending;
      else log.warn({ step }, 'Did not end in time');
    } catch (error) {
      log.warn({ step, err: error }, 'Did not end cleanly');
    }
  }
}
