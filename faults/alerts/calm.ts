import type { Stretch } from './stretches.ts';

/** When nothing was wrong around Herald, and it had recovered from what had been. */
export interface Calm {
  disturbed(): void;
  /** It recovers from now on. */
  cured(): void;
  /** Milliseconds of the longest calm between two times. */
  longest(from: number, to: number): number;
  /** Whether all of it was calm. */
  covers(from: number, to: number): boolean;
}

/** `recovery`: how long that takes, milliseconds. */
export function createCalm(recovery: number, now: () => number): Calm {
  const stretches: Stretch[] = [{ from: now() + recovery, to: Number.POSITIVE_INFINITY }];
  const end = (): void => {
    const last = stretches.at(-1);
    if (last) last.to = Math.min(last.to, now());
  };
  return {
    disturbed: end,
    cured() {
      end();
      stretches.push({ from: now() + recovery, to: Number.POSITIVE_INFINITY });
    },
    longest: (from, to) =>
      stretches.reduce(
        (most, stretch) => Math.max(most, Math.min(stretch.to, to) - Math.max(stretch.from, from)),
        0,
      ),
    covers: (from, to) => stretches.some((stretch) => stretch.from <= from && to <= stretch.to),
  };
}
