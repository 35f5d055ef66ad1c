import { type Stretch, without } from './stretches.ts';

/** When nothing was wrong around Herald, it had recovered from what had been, and the machine had time for it. */
export interface Calm {
  disturbed(): void;
  /** It recovers from now on. */
  cured(): void;
  /** `host` has left something unanswered since then, Unix milliseconds: the machine is busy with other things. */
  slow(host: string, since: number): void;
  /** It answers again. */
  quick(host: string): void;
  /** Milliseconds of the longest calm between two times. */
  longest(from: number, to: number): number;
  /** Whether all of it was calm. */
  covers(from: number, to: number): boolean;
  /** Milliseconds in which a host was slow, up to now. */
  slowFor(): number;
}

/** `recovery`: how long that takes, milliseconds. */
export function createCalm(recovery: number, now: () => number): Calm {
  const stretches: Stretch[] = [{ from: now() + recovery, to: Number.POSITIVE_INFINITY }];
  const slow: (Stretch & { host: string })[] = [];
  const end = (): void => {
    const last = stretches.at(-1);
    if (last) last.to = Math.min(last.to, now());
  };
  const stillSlow = (host: string) =>
    slow.find((each) => each.host === host && each.to === Number.POSITIVE_INFINITY);
  const isAround = (from: number, to: number) => (stretch: Stretch) => stretch.from < to && stretch.to > from;
  return {
    disturbed: end,
    cured() {
      end();
      stretches.push({ from: now() + recovery, to: Number.POSITIVE_INFINITY });
    },
    slow(host, since) {
      if (!stillSlow(host)) slow.push({ host, from: since, to: Number.POSITIVE_INFINITY });
    },
    quick(host) {
      const stretch = stillSlow(host);
      if (stretch) stretch.to = now();
    },
    longest(from, to) {
      const others = slow.filter(isAround(from, to));
      return stretches
        .filter(isAround(from, to))
        .flatMap((each) => without({ from: Math.max(each.from, from), to: Math.min(each.to, to) }, others))
        .reduce((most, each) => Math.max(most, each.to - each.from), 0);
    },
    covers: (from, to) =>
      stretches.some((stretch) => stretch.from <= from && to <= stretch.to) && !slow.some(isAround(from, to)),
    slowFor: () => slow.reduce((sum, { from, to }) => sum + Math.min(to, now()) - from, 0),
  };
}
