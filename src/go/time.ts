/** Go's time.Time: a moment with nanoseconds and a location, its text form and its methods. */
import { civilFromDays, daysFromCivil } from './civil.ts';
import { GoDuration, saturatedDuration } from './duration.ts';
import { boundMethod, type MethodTable, methodTable } from './function.ts';
import { type GoLocation, localLocation, UTC } from './location.ts';
import { goMonth, goWeekday } from './named-integer.ts';
import { goInt, goInt64 } from './numbers.ts';
import { type Fields, formatTime, LAYOUTS } from './time-layout.ts';
import type { GoObject } from './typed.ts';
import { GoBytes, type GoInt } from './value.ts';

const BILLION = 1_000_000_000n;
/** Unix seconds of Go's zero time, January 1 of year 1. */
export const ZERO_SECONDS = -62135596800;

export class GoTime implements GoObject {
  readonly goType = 'time.Time';
  readonly goKind = 'struct';
  /** Unix seconds. */
  readonly seconds: number;
  /** 0-999,999,999. */
  readonly nanosecond: number;
  readonly location: GoLocation;
  constructor(seconds: number, nanosecond: number, location: GoLocation) {
    this.seconds = seconds;
    this.nanosecond = nanosecond;
    this.location = location;
  }
  goMember(name: string): unknown {
    return boundMethod(TIME_METHODS, this, name);
  }
  format(layout: string): string {
    return formatTime(layout, timeFields(this));
  }
  toString(): string {
    return this.format('2006-01-02 15:04:05.999999999 -0700 MST');
  }
  /** Unix nanoseconds. */
  unixNano(): bigint {
    return BigInt(this.seconds) * BILLION + BigInt(this.nanosecond);
  }
}

/** A moment from Unix nanoseconds. */
function timeFromNano(nanoseconds: bigint, location: GoLocation): GoTime {
  let seconds = nanoseconds / BILLION;
  let rest = nanoseconds % BILLION;
  if (rest < 0n) {
    seconds -= 1n;
    rest += BILLION;
  }
  return new GoTime(Number(seconds), Number(rest), location);
}

/** A moment from Unix milliseconds. */
export function timeFromMillis(milliseconds: number, location: GoLocation = UTC): GoTime {
  const seconds = Math.floor(milliseconds / 1000);
  return new GoTime(seconds, Math.round((milliseconds - seconds * 1000) * 1e6), location);
}

/** The moment at which clocks in a location show these seconds (counted as if they were UTC), as Go's `Date` resolves it. */
export function timeAt(clockSeconds: number, nanosecond: number, location: GoLocation): GoTime {
  const guess = location.at(clockSeconds).offset;
  const offset = guess === 0 ? 0 : location.at(clockSeconds - guess).offset;
  return new GoTime(clockSeconds - offset, nanosecond, location);
}

function timeFields(time: GoTime): Fields {
  const zone = time.location.at(time.seconds);
  const clock = time.seconds + zone.offset;
  const days = Math.floor(clock / 86400);
  const inDay = clock - days * 86400;
  const { year, month, day } = civilFromDays(days);
  return {
    year,
    month,
    day,
    yearDay: days - daysFromCivil(year, 1, 1) + 1,
    weekday: (((days + 4) % 7) + 7) % 7,
    hour: Math.floor(inDay / 3600),
    minute: Math.floor((inDay % 3600) / 60),
    second: inDay % 60,
    nanosecond: time.nanosecond,
    offset: zone.offset,
    abbreviation: zone.abbreviation,
  };
}

/** -1, 0 or 1. */
export function compareTimes(left: GoTime, right: GoTime): number {
  return Math.sign(left.seconds - right.seconds || left.nanosecond - right.nanosecond);
}

export const addDuration = (time: GoTime, duration: GoDuration): GoTime =>
  timeFromNano(time.unixNano() + duration.nanoseconds, time.location);

export const subtractTimes = (left: GoTime, right: GoTime): GoDuration =>
  saturatedDuration(left.unixNano() - right.unixNano());

/** The rest of a moment, counted from Go's zero time, in units of a duration. */
function restOf(time: GoTime, unit: bigint): bigint {
  const sinceZero = time.unixNano() - BigInt(ZERO_SECONDS) * BILLION;
  const rest = sinceZero % unit;
  return rest < 0n ? rest + unit : rest;
}

function truncate(time: GoTime, unit: GoDuration): GoTime {
  if (unit.nanoseconds <= 0n) return time;
  return timeFromNano(time.unixNano() - restOf(time, unit.nanoseconds), time.location);
}

function round(time: GoTime, unit: GoDuration): GoTime {
  if (unit.nanoseconds <= 0n) return time;
  const rest = restOf(time, unit.nanoseconds);
  const down = time.unixNano() - rest;
  return timeFromNano(rest + rest < unit.nanoseconds ? down : down + unit.nanoseconds, time.location);
}

function addDate(time: GoTime, years: GoInt, months: GoInt, days: GoInt): GoTime {
  const fields = timeFields(time);
  const date = daysFromCivil(
    fields.year + Number(years.value),
    fields.month + Number(months.value),
    fields.day + Number(days.value),
  );
  const clock = date * 86400 + fields.hour * 3600 + fields.minute * 60 + fields.second;
  return timeAt(clock, time.nanosecond, time.location);
}

/** The year and number of the ISO 8601 week: the year of its Thursday. */
function isoWeek(time: GoTime): { year: number; week: number } {
  const fields = timeFields(time);
  const days = daysFromCivil(fields.year, fields.month, fields.day);
  const thursday = days + 4 - (fields.weekday === 0 ? 7 : fields.weekday);
  const { year } = civilFromDays(thursday);
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 };
}

const utf8 = new TextEncoder();

/**
 * The exported methods, but for those that make no sense in a condition or template (binary and gob forms).
 * Of several results the first is given: it is the one that expr-lang keeps.
 */
export const TIME_METHODS: MethodTable<GoTime> = methodTable<GoTime>({
  Add: { type: 'func(time.Duration) time.Time', call: (self, by: GoDuration) => addDuration(self, by) },
  AddDate: {
    type: 'func(int, int, int) time.Time',
    call: (self, years: GoInt, months: GoInt, days: GoInt) => addDate(self, years, months, days),
  },
  After: { type: 'func(time.Time) bool', call: (self, other: GoTime) => compareTimes(self, other) > 0 },
  Before: { type: 'func(time.Time) bool', call: (self, other: GoTime) => compareTimes(self, other) < 0 },
  Clock: { type: 'func() (int, int, int)', call: (self) => goInt(timeFields(self).hour) },
  Compare: { type: 'func(time.Time) int', call: (self, other: GoTime) => goInt(compareTimes(self, other)) },
  Date: { type: 'func() (int, time.Month, int)', call: (self) => goInt(timeFields(self).year) },
  Day: { type: 'func() int', call: (self) => goInt(timeFields(self).day) },
  Equal: { type: 'func(time.Time) bool', call: (self, other: GoTime) => compareTimes(self, other) === 0 },
  Format: { type: 'func(string) string', call: (self, layout: string) => self.format(layout) },
  Hour: { type: 'func() int', call: (self) => goInt(timeFields(self).hour) },
  ISOWeek: { type: 'func() (int, int)', call: (self) => goInt(isoWeek(self).year) },
  In: {
    type: 'func(*time.Location) time.Time',
    call: (self, location: GoLocation | null) => {
      if (location === null) throw new Error('time: missing Location in call to Time.In');
      return new GoTime(self.seconds, self.nanosecond, location);
    },
  },
  IsDST: {
    type: 'func() bool',
    call: (self) => {
      const year = timeFields(self).year;
      const offsets = [1, 7].map((month) => self.location.at(daysFromCivil(year, month, 1) * 86400).offset);
      return self.location.at(self.seconds).offset > Math.min(...offsets);
    },
  },
  IsZero: { type: 'func() bool', call: (self) => self.seconds === ZERO_SECONDS && self.nanosecond === 0 },
  Local: {
    type: 'func() time.Time',
    call: (self) => new GoTime(self.seconds, self.nanosecond, localLocation()),
  },
  Location: { type: 'func() *time.Location', call: (self) => self.location },
  MarshalJSON: {
    type: 'func() ([]uint8, error)',
    call: (self) => new GoBytes(utf8.encode(`"${self.format(LAYOUTS.RFC3339Nano)}"`)),
  },
  MarshalText: {
    type: 'func() ([]uint8, error)',
    call: (self) => new GoBytes(utf8.encode(self.format(LAYOUTS.RFC3339Nano))),
  },
  Minute: { type: 'func() int', call: (self) => goInt(timeFields(self).minute) },
  Month: { type: 'func() time.Month', call: (self) => goMonth(timeFields(self).month) },
  Nanosecond: { type: 'func() int', call: (self) => goInt(self.nanosecond) },
  Round: { type: 'func(time.Duration) time.Time', call: (self, unit: GoDuration) => round(self, unit) },
  Second: { type: 'func() int', call: (self) => goInt(timeFields(self).second) },
  String: { type: 'func() string', call: (self) => self.toString() },
  Sub: { type: 'func(time.Time) time.Duration', call: (self, other: GoTime) => subtractTimes(self, other) },
  Truncate: { type: 'func(time.Duration) time.Time', call: (self, unit: GoDuration) => truncate(self, unit) },
  UTC: { type: 'func() time.Time', call: (self) => new GoTime(self.seconds, self.nanosecond, UTC) },
  Unix: { type: 'func() int64', call: (self) => goInt64(self.seconds) },
  UnixMicro: { type: 'func() int64', call: (self) => goInt64(self.unixNano() / 1000n) },
  UnixMilli: { type: 'func() int64', call: (self) => goInt64(self.unixNano() / 1_000_000n) },
  UnixNano: { type: 'func() int64', call: (self) => goInt64(self.unixNano()) },
  Weekday: { type: 'func() time.Weekday', call: (self) => goWeekday(timeFields(self).weekday) },
  Year: { type: 'func() int', call: (self) => goInt(timeFields(self).year) },
  YearDay: { type: 'func() int', call: (self) => goInt(timeFields(self).yearDay) },
  Zone: { type: 'func() (string, int)', call: (self) => self.location.at(self.seconds).abbreviation },
});
