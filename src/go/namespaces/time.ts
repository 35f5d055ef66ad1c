/** argo-cd's `time` namespace. */
import { GoDuration, HOUR, MICROSECOND, MILLISECOND, MINUTE, NANOSECOND, SECOND } from '../duration.ts';
import { goFunction } from '../function.ts';
import type { GoLocation } from '../location.ts';
import { timeFromMillis } from '../time.ts';
import { LAYOUTS } from '../time-layout.ts';
import { parseRFC3339 } from '../time-parse.ts';

/** `now` in Unix milliseconds, read when `time.Now()` is called. */
export function timeNamespace(now: () => number, local: () => GoLocation): Readonly<Record<string, unknown>> {
  return {
    Parse: goFunction('func(string) time.Time', (text: string) => {
      const parsed = parseRFC3339(text, local());
      if (!parsed.ok) throw new Error(parsed.error);
      return parsed.time;
    }),
    Now: goFunction('func() time.Time', () => timeFromMillis(now(), local())),
    Nanosecond: new GoDuration(NANOSECOND),
    Microsecond: new GoDuration(MICROSECOND),
    Millisecond: new GoDuration(MILLISECOND),
    Second: new GoDuration(SECOND),
    Minute: new GoDuration(MINUTE),
    Hour: new GoDuration(HOUR),
    ...LAYOUTS,
  };
}
