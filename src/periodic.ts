import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './log.ts';

/**
 * Runs tasks again and again until the signal, each after its own interval (milliseconds), never beside itself.
 * One that fails is logged when that is news, and run again.
 */
export function createPeriodic(
  signal: AbortSignal,
  log: Logger,
): { every(interval: number, name: string, task: () => Promise<void>): void; done(): Promise<void> } {
  const loops: Promise<void>[] = [];

  async function loop(interval: number, name: string, task: () => Promise<void>): Promise<void> {
    let failing = false;
    while (!signal.aborted) {
      try {
        await task();
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted)
          log.warn({ task: name, err: error }, 'Periodic task failed, will try again');
        failing = true;
      }
      await delay(interval, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    every(interval, name, task) {
      loops.push(loop(interval, name, task));
    },
    async done() {
      await Promise.all(loops);
    },
  };
}
