/** argo-cd's `time` namespace. */
import { GoDuration, HOUR, MICROSECOND, MILLISECOND, MINUTE, NANOSECOND, SECOND } from '../duration.ts';
import { functionType, goFunction } from '../function.ts';
import type { GoLocation } from '../location.ts';
import { timeFromMillis } from '../time.ts';
import { LAYOUTS } from '../time-layout.ts';
import { parseRFC3339 } from '../time-parse.ts';

const PARSE = functionType('func(string) time.Time');
const NOW = functionType('func() time.Time');

const CONSTANTS = {
  Nanosecond: new GoDuration(NANOSECOND),
  Microsecond: new GoDuration(MICROSECOND),
  Millisecond: new GoDuration(MILLISECOND),
  Second: new GoDuration(SECOND),
  Minute: new GoDuration(MINUTE),
  Hour: new GoDuration(HOUR),
  ...LAYOUTS,
};

/** `now` in Unix milliseconds, read when `time.Now()` is called. */
export function timeNamespace(now: () => number, local: () => GoLocation): Readonly<Record<string, unknown>> {
  return {
    Parse: goFunction(PARSE, (text: string) => {
      const parsed = parseRFC3339(text, local());
      if (!parsed.ok) throw new Error(parsed.error);
      return parsed.time;
    }),
    Now: goFunction(NOW, () => timeFromMillis(now(), local())),
    ...CONSTANTS,
  };
}
