import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log.ts';

/** What is to end, in order; each is told how many milliseconds are left. */
export type ShutdownStep = [name: string, end: (left: number) => Promise<unknown> | undefined];

/**
 * Ends one after the other within `timeout` milliseconds altogether. A step that fails or takes too long is logged and
 * passed over, so that an unreachable store or cluster never keeps the process.
 */
export async function shutDown(steps: readonly ShutdownStep[], timeout: number, log: Logger): Promise<void> {
  const end = performance.now() + timeout;
  for (const [step, run] of steps) {
    const left = Math.max(0, end - performance.now());
    const late = Symbol('late');
    try {
      const ended = await Promise.race([run(left), delay(left, late, { ref: false })]);
      if (ended === late) log.warn({ step }, 'Did not end in time');
    } catch (error) {
      log.warn({ step, err: error }, 'Did not end cleanly');
    }
  }
}
