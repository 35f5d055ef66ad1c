/** The clocks of a time zone, as Go's time.LoadLocation finds it. Pure. */
import { zoneOffset } from './go/location.ts';

export interface ZoneClock {
  /** Milliseconds by which they are before those of UTC, at a moment in Unix milliseconds. */
  offset(at: number): number;
  /** When they are next set forth or back, `until` included; undefined where that is later. */
  nextSet(after: number, until: number): number | undefined;
}

export const utcClock: ZoneClock = { offset: () => 0, nextSet: () => undefined };

/** No zone sets its clocks twice within that. */
const apart = 7 * 86_400_000;

/** Undefined for a zone that Go does not know. */
export function createZoneClock(name: string): ZoneClock | undefined {
  // `Local` is the zone of Argo CD's container.
  if (['', 'UTC', 'Local'].includes(name)) return utcClock;
  const secondsAt = zoneOffset(name);
  if (!secondsAt) return undefined;
  const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions();
  // Go knows zones by the names of files, of which the case counts.
  if (timeZone !== name && timeZone.toLowerCase() === name.toLowerCase()) return undefined;
  const offsetAt = (at: number) => secondsAt(at) * 1_000;
  /** A time in which the clocks are not set, with both ends. */
  let kept = { from: 0, until: -1, offset: 0 };

  function offset(at: number): number {
    if (at < kept.from || at > kept.until) kept = { from: at, until: at, offset: offsetAt(at) };
    return kept.offset;
  }

  return {
    offset,
    nextSet(after, until) {
      const before = offset(after);
      while (kept.until < until) {
        let to = Math.min(kept.until + apart, until);
        if (offsetAt(to) === before) {
          kept.until = to;
          continue;
        }
        while (to - kept.until > 1) {
          const middle = Math.floor((kept.until + to) / 2);
          if (offsetAt(middle) === before) kept.until = middle;
          else to = middle;
        }
        return to;
      }
      return undefined;
    },
  };
}
