/** Sprig's dates. What is neither a time nor seconds since the epoch counts as now. */
import { formatDuration, type GoDuration, parseDuration, SECOND } from '../../go/duration.ts';
import { loadLocation, UTC } from '../../go/location.ts';
import { addDuration, GoTime, subtractTimes, timeFromMillis } from '../../go/time.ts';
import { parseTime } from '../../go/time-parse.ts';
import { GoInt64 } from '../../go/value.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';
import type { FunctionContext } from '../gotemplate/run.ts';
import { secondsOf } from './cast.ts';
import { parseDecimal } from './math.ts';

const nowOf = (context: FunctionContext): GoTime => timeFromMillis(context.now, context.location);

function timeOf(context: FunctionContext, value: unknown): GoTime {
  if (value instanceof GoTime) return value;
  const seconds = secondsOf(value);
  return seconds === undefined ? nowOf(context) : new GoTime(seconds, 0, context.location);
}

function format(context: FunctionContext, layout: string, value: unknown, zone: string): string {
  const location = loadLocation(zone, context.location) ?? UTC;
  const time = timeOf(context, value);
  return new GoTime(time.seconds, time.nanosecond, location).format(layout);
}

/** `time.Since`, which is positive for the past. */
const since = (context: FunctionContext, time: GoTime): GoDuration => subtractTimes(nowOf(context), time);

/** To whole seconds, halves away from zero. */
function roundToSeconds(nanoseconds: bigint): bigint {
  const sign = nanoseconds < 0n ? -1n : 1n;
  return sign * ((sign * nanoseconds + SECOND / 2n) / SECOND) * SECOND;
}

function duration(value: unknown): string {
  let seconds = 0n;
  if (typeof value === 'string') seconds = parseDecimal(value, 10).value;
  else if (value instanceof GoInt64) seconds = value.value;
  else if (typeof value === 'number' && Number.isInteger(value)) seconds = BigInt(value);
  return formatDuration(BigInt.asIntN(64, seconds * SECOND));
}

const HOUR = 3600n * SECOND;
const UNITS: readonly (readonly [bigint, string])[] = [
  [365n * 24n * HOUR, 'y'],
  [30n * 24n * HOUR, 'mo'],
  [24n * HOUR, 'd'],
  [HOUR, 'h'],
  [60n * SECOND, 'm'],
  [SECOND, 's'],
];

function nanosecondsOf(context: FunctionContext, value: unknown): bigint {
  if (typeof value === 'string') return parseDuration(value)?.nanoseconds ?? 0n;
  if (value instanceof GoTime) return since(context, value).nanoseconds;
  if (value instanceof GoInt64) return value.value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : 0n;
}

function durationRound(context: FunctionContext, value: unknown): string {
  const nanoseconds = nanosecondsOf(context, value);
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  for (const [unit, name] of UNITS) if (magnitude > unit) return `${magnitude / unit}${name}`;
  return '0s';
}

const ZERO_TIME = new GoTime(-62135596800, 0, UTC);

function parse(context: FunctionContext, layout: string, text: string): GoTime {
  const parsed = parseTime(layout, text, context.location, context.location);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.time;
}

function parseOrZero(context: FunctionContext, layout: string, text: string): GoTime {
  const parsed = parseTime(layout, text, context.location, context.location);
  return parsed.ok ? parsed.time : ZERO_TIME;
}

function modify(text: string, time: GoTime): GoTime {
  const by = parseDuration(text);
  return by === undefined ? time : addDuration(time, by);
}

function mustModify(text: string, time: GoTime): GoTime {
  const by = parseDuration(text);
  if (by === undefined) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  return addDuration(time, by);
}

const HTML_DATE = '2006-01-02';
const IN_ZONE = contextual('func(string, interface {}, string) string', format);
const MODIFY = pure('func(string, time.Time) time.Time', modify);
const MUST_MODIFY = pure('func(string, time.Time) (time.Time, error)', mustModify);

export const DATE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  now: contextual('func() time.Time', nowOf),
  date: contextual('func(string, interface {}) string', (context, layout: string, value) =>
    format(context, layout, value, 'Local'),
  ),
  dateInZone: IN_ZONE,
  date_in_zone: IN_ZONE,
  htmlDate: contextual('func(interface {}) string', (context, value) =>
    format(context, HTML_DATE, value, 'Local'),
  ),
  htmlDateInZone: contextual('func(interface {}, string) string', (context, value, zone: string) =>
    format(context, HTML_DATE, value, zone),
  ),
  dateModify: MODIFY,
  date_modify: MODIFY,
  mustDateModify: MUST_MODIFY,
  must_date_modify: MUST_MODIFY,
  ago: contextual('func(interface {}) string', (context, value) =>
    formatDuration(roundToSeconds(since(context, timeOf(context, value)).nanoseconds)),
  ),
  duration: pure('func(interface {}) string', duration),
  durationRound: contextual('func(interface {}) string', durationRound),
  toDate: contextual('func(string, string) time.Time', parseOrZero),
  mustToDate: contextual('func(string, string) (time.Time, error)', parse),
  unixEpoch: pure('func(time.Time) string', (time: GoTime) => String(time.seconds)),
};
