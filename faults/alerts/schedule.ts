import { setTimeout as delay } from 'node:timers/promises';
import { between, type Random } from '../random.ts';

/** Least and most milliseconds. */
type Range = readonly [least: number, most: number];

/** What is to happen, each at its time. */
export interface Schedule {
  after(milliseconds: number, act: () => void): void;
  /** Again and again; the first time is sooner. */
  repeated(range: Range, act: () => void): void;
  /** Until the signal, or nothing is left. */
  run(signal: AbortSignal): Promise<void>;
  clear(): void;
}

export function createSchedule(random: Random): Schedule {
  const due: { at: number; act(): void }[] = [];

  function after(milliseconds: number, act: () => void): void {
    due.push({ at: Date.now() + milliseconds, act });
    due.sort((a, b) => a.at - b.at);
  }

  return {
    after,
    repeated([least, most], act) {
      after(between(random, least / 3, most / 2), function again() {
        act();
        after(between(random, least, most), again);
      });
    },
    async run(signal) {
      while (!signal.aborted) {
        const next = due.shift();
        if (!next) return;
        await delay(Math.max(0, next.at - Date.now()), undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) next.act();
      }
    },
    clear: () => due.splice(0),
  };
}
