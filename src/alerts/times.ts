/** Recurring times in a time zone, as Alertmanager's time intervals, and over midnight as well. */
import { zoneOffset } from '../go/location.ts';

/** Both ends are included, as people write them. */
export interface Range {
  from: number;
  to: number;
}

/** Minutes of a day, 0 to 1440; `end` is not included. An end before the start is on the next day. */
export interface MinuteRange {
  start: number;
  end: number;
}

/**
 * Fields that are there have to hold all, of the members of each one suffices. A range of minutes over midnight belongs
 * to the day on which it starts.
 */
export interface TimeInterval {
  minutes?: readonly MinuteRange[];
  /** 0 is Sunday. */
  weekdays?: readonly Range[];
  /** 1 to 31, or from the end of the month, -1 the last day. */
  daysOfMonth?: readonly Range[];
  /** 1 to 12. */
  months?: readonly Range[];
  years?: readonly Range[];
  zone: Zone;
}

/** A time zone: its offset in milliseconds at a moment in Unix milliseconds. */
export interface Zone {
  readonly name: string;
  offset(at: number): number;
}

const minute = 60_000;
const day = 24 * 60 * minute;
/** Offsets change on quarters of an hour only. */
const quarter = 15 * minute;
const remembered = 1_000;
/** An offset does not change twice within it. */
const step = 6 * 60 * minute;
/** `nextChange` looks so far ahead. */
const horizon = 366 * day;

export const utc: Zone = { name: 'UTC', offset: () => 0 };

/** A zone of the time zone database; undefined where there is none of this name. */
export function createZone(name: string): Zone | undefined {
  if (name === 'UTC') return utc;
  const zone = name === 'Local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : name;
  const offsetAt = zoneOffset(zone);
  if (!offsetAt) return undefined;
  const known = new Map<number, number>();
  return {
    name,
    offset(at) {
      const bucket = Math.floor(at / quarter);
      const found = known.get(bucket);
      if (found !== undefined) return found;
      if (known.size >= remembered) known.clear();
      const offset = offsetAt(at) * 1_000;
      known.set(bucket, offset);
      return offset;
    },
  };
}

/** Whether one of the intervals holds at this moment, Unix milliseconds. */
export function isWithin(intervals: readonly TimeInterval[], now: number): boolean {
  return intervals.some((interval) => holds(interval, now));
}

/** Whether the interval holds at some moment from `now` on, Unix milliseconds. */
export function holdsOnce(interval: TimeInterval, now: number): boolean {
  // In so many years each date has been each day of the week, also around a year without a leap day.
  let left = 41;
  const first = new Date(now - day).getUTCFullYear();
  const last = Math.max(first, ...(interval.years ?? [{ to: first + left }]).map(({ to }) => to));
  for (let year = first; year <= last && left > 0; year += 1) {
    if (!isIn(interval.years, year)) continue;
    left -= 1;
    const [from, to] = [Date.UTC(year, 0, 1) / day, Date.UTC(year + 1, 0, 1) / day];
    for (let number = Math.max(from, Math.floor(now / day) - 1); number < to; number += 1)
      if (isDay(interval, number)) return true;
  }
  return false;
}

/**
 * The first moment after `now` at which `isWithin` answers otherwise, or, where it does not for a year, one at which to
 * ask again. Unix milliseconds. `isWithin` can change at an end of a range, at midnight, and where the offset changes;
 * in the hour that a zone repeats, an end comes twice.
 */
export function nextChange(intervals: readonly TimeInterval[], now: number): number {
  const before = isWithin(intervals, now);
  const candidates = intervals.map((interval) => nextOf(interval, now));
  let at = Math.min(now + horizon, ...candidates);
  // Another interval may hold still, or already.
  while (at < now + horizon && isWithin(intervals, at) === before) {
    const from = at;
    at = Math.min(now + horizon, ...intervals.map((interval) => nextOf(interval, from)));
  }
  return at;
}

function holds(interval: TimeInterval, now: number): boolean {
  const local = now + interval.zone.offset(now);
  const today = Math.floor(local / day);
  const minuteOfDay = Math.floor((local - today * day) / minute);
  const minutes = interval.minutes ?? wholeDay;
  return (
    (isDay(interval, today) && minutes.some((range) => holdsToday(range, minuteOfDay))) ||
    (minutes.some((range) => isOvernight(range) && minuteOfDay < range.end) && isDay(interval, today - 1))
  );
}

const wholeDay: readonly MinuteRange[] = [{ start: 0, end: 1440 }];

function isOvernight({ start, end }: MinuteRange): boolean {
  return end < start;
}

function holdsToday(range: MinuteRange, minuteOfDay: number): boolean {
  return minuteOfDay >= range.start && (isOvernight(range) || minuteOfDay < range.end);
}

/** `number`: days since 1970-01-01 of the calendar, whatever the zone. */
function isDay({ weekdays, daysOfMonth, months, years }: TimeInterval, number: number): boolean {
  const date = new Date(number * day);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + 1;
  return (
    isIn(years, year) &&
    isIn(months, month) &&
    isIn(weekdays, date.getUTCDay()) &&
    (daysOfMonth === undefined || isDayOfMonth(daysOfMonth, date.getUTCDate(), lengthOfMonth(year, month)))
  );
}

function isIn(ranges: readonly Range[] | undefined, value: number): boolean {
  return ranges === undefined || ranges.some(({ from, to }) => value >= from && value <= to);
}

/** A range that begins behind the end of the month is not in it; one that ends there is cut (check 35). */
function isDayOfMonth(ranges: readonly Range[], dayOfMonth: number, length: number): boolean {
  const absolute = (value: number) => (value < 0 ? length + value + 1 : value);
  return ranges.some((range) => {
    const from = absolute(range.from);
    return from <= length && dayOfMonth >= from && dayOfMonth <= absolute(range.to);
  });
}

function lengthOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function nextOf(interval: TimeInterval, now: number): number {
  const before = holds(interval, now);
  const { zone } = interval;
  const first = Math.floor((now + zone.offset(now)) / day);
  for (let number = first; number * day < now + horizon + day; number += 1) {
    // Neither this day nor the night of the one before can hold.
    if (!before && number > first && !isDay(interval, number) && !isDay(interval, number - 1)) continue;
    const found = boundaries(interval, number).find((at) => at > now && holds(interval, at) !== before);
    if (found !== undefined) return found;
  }
  return Number.POSITIVE_INFINITY;
}

/** The moments of a local day at which the interval may begin or end to hold, in order. */
function boundaries({ minutes = wholeDay, zone }: TimeInterval, number: number): number[] {
  const midnight = number * day;
  const [earliest, latest] = [midnight - 15 * 60 * minute, midnight + day + 15 * 60 * minute];
  const offsets = new Set<number>();
  const moments: number[] = [];
  let known = zone.offset(earliest);
  offsets.add(known);
  for (let at = earliest; at <= latest; at += step) {
    const offset = zone.offset(at);
    if (offset === known) continue;
    moments.push(changeBetween(zone, at - step, at));
    offsets.add(offset);
    known = offset;
  }
  const ends = new Set([0, ...minutes.flatMap(({ start, end }) => [start, end])]);
  for (const end of ends) for (const offset of offsets) moments.push(midnight + end * minute - offset);
  return moments
    .filter((at) => Math.floor((at + zone.offset(at)) / day) === number)
    .sort((left, right) => left - right);
}

/** Where the offset changes, to the quarter of an hour. */
function changeBetween(zone: Zone, from: number, to: number): number {
  const offset = zone.offset(from);
  for (let at = from; at < to; at += quarter) if (zone.offset(at) !== offset) return at;
  return to;
}
