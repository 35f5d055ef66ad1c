/** Go's `time.Parse` and `time.ParseInLocation`. Longer than most files: a layout's elements share one cursor. */
import { daysFromCivil, daysIn, isLeapYear } from './civil.ts';
import { fixedZone, type GoLocation, UTC } from './location.ts';
import { MONTHS, WEEKDAYS } from './named-integer.ts';
import { quote } from './strconv.ts';
import { GoTime, timeAt } from './time.ts';
import { isFraction, LAYOUTS, type LayoutPart, layoutParts } from './time-layout.ts';

export type ParsedTime = { ok: true; time: GoTime } | { ok: false; error: string };

/** Raised inside the parser only; `parseTime` turns it into a value. */
class Mismatch extends Error {}

interface State {
  rest: string;
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  afternoon: boolean | undefined;
  location: GoLocation | undefined;
  offset: number | undefined;
  zoneName: string;
  rangeError: string;
}

const isDigit = (text: string, at: number): boolean => /^\d$/.test(text[at] ?? '');

function take(state: State, length: number): string {
  const text = state.rest.slice(0, length);
  state.rest = state.rest.slice(length);
  return text;
}

/** One or two digits; two of them where `fixed`. */
function number(state: State, fixed: boolean): number {
  if (!isDigit(state.rest, 0)) throw new Mismatch();
  if (!isDigit(state.rest, 1)) {
    if (fixed) throw new Mismatch();
    return Number(take(state, 1));
  }
  return Number(take(state, 2));
}

function ranged(state: State, value: number, from: number, to: number, what: string): number {
  if ((value < from || value > to) && state.rangeError === '') state.rangeError = what;
  return value;
}

function name(state: State, names: readonly string[], short: boolean): number {
  const found = names.findIndex((candidate) => {
    const text = short ? candidate.slice(0, 3) : candidate;
    return state.rest.slice(0, text.length).toLowerCase() === text.toLowerCase();
  });
  if (found < 0) throw new Mismatch();
  take(state, short ? 3 : (names[found] as string).length);
  return found;
}

function fractionDigits(state: State, length: number): void {
  const text = take(state, length);
  if (!/^[.,]\d+$/.test(text)) throw new Mismatch();
  state.nanosecond = Number(text.slice(1, 10).padEnd(9, '0'));
}

function skipFraction(state: State): void {
  const match = /^[.,]\d+/.exec(state.rest);
  if (match !== null) fractionDigits(state, match[0].length);
}

function offset(state: State, element: string): void {
  if (element.startsWith('Z') && state.rest.startsWith('Z')) {
    take(state, 1);
    state.location = UTC;
    return;
  }
  const form = element.slice(1);
  const pattern: Record<string, RegExp> = {
    '07': /^([+-])(\d\d)/,
    '0700': /^([+-])(\d\d)(\d\d)/,
    '07:00': /^([+-])(\d\d):(\d\d)/,
    '070000': /^([+-])(\d\d)(\d\d)(\d\d)/,
    '07:00:00': /^([+-])(\d\d):(\d\d):(\d\d)/,
  };
  const match = (pattern[form] as RegExp).exec(state.rest);
  if (match === null) throw new Mismatch();
  take(state, match[0].length);
  const hours = ranged(state, Number(match[2]), 0, 24, 'time zone offset hour');
  const minutes = ranged(state, Number(match[3] ?? 0), 0, 60, 'time zone offset minute');
  const seconds = ranged(state, Number(match[4] ?? 0), 0, 60, 'time zone offset second');
  state.offset = (match[1] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
}

/** Length of a time zone abbreviation at the start of the text, 0 where there is none. */
function zoneNameLength(text: string): number {
  if (text.length < 3) return 0;
  if (text.startsWith('ChST') || text.startsWith('MeST')) return 4;
  if (text.startsWith('GMT')) return 3 + signedOffsetLength(text.slice(3));
  if (/^[+-]/.test(text)) return signedOffsetLength(text);
  const upper = (/^[A-Z]*/.exec(text.slice(0, 6)) as RegExpExecArray)[0].length;
  if (upper === 5) return text[4] === 'T' ? 5 : 0;
  if (upper === 4) return text[3] === 'T' || text.startsWith('WITA') ? 4 : 0;
  return upper === 3 ? 3 : 0;
}

function signedOffsetLength(text: string): number {
  const match = /^[+-](\d+)/.exec(text);
  return match === null || Number(match[1]) > 23 ? 0 : match[0].length;
}

function readElement(state: State, element: string, next: LayoutPart | undefined): void {
  switch (element) {
    case '06': {
      const text = take(state, 2);
      if (!/^\d\d$/.test(text)) throw new Mismatch();
      state.year = Number(text) + (Number(text) >= 69 ? 1900 : 2000);
      return;
    }
    case '2006': {
      const text = take(state, 4);
      if (!/^\d{4}$/.test(text)) throw new Mismatch();
      state.year = Number(text);
      return;
    }
    case 'Jan':
    case 'January':
      state.month = name(state, MONTHS, element === 'Jan') + 1;
      return;
    case '1':
    case '01':
      state.month = ranged(state, number(state, element === '01'), 1, 12, 'month');
      return;
    case 'Mon':
    case 'Monday':
      name(state, WEEKDAYS, element === 'Mon');
      return;
    case '2':
    case '_2':
    case '02':
      if (element === '_2' && state.rest.startsWith(' ')) take(state, 1);
      state.day = number(state, element === '02');
      return;
    case '__2':
    case '002': {
      if (element === '__2') state.rest = state.rest.replace(/^ {1,2}/, '');
      const digits = (/^\d{0,3}/.exec(state.rest) as RegExpExecArray)[0].length;
      if (digits === 0 || (element === '002' && digits !== 3)) throw new Mismatch();
      state.yearDay = Number(take(state, digits));
      return;
    }
    case '15':
      state.hour = ranged(state, number(state, false), 0, 23, 'hour');
      return;
    case '3':
    case '03':
      state.hour = ranged(state, number(state, element === '03'), 0, 12, 'hour');
      return;
    case '4':
    case '04':
      state.minute = ranged(state, number(state, element === '04'), 0, 59, 'minute');
      return;
    case '5':
    case '05':
      state.second = ranged(state, number(state, element === '05'), 0, 59, 'second');
      if (next === undefined || next.prefix !== '' || !isFraction(next.element)) skipFraction(state);
      return;
    case 'PM':
    case 'pm': {
      const text = take(state, 2);
      const [am, pm] = element === 'PM' ? ['AM', 'PM'] : ['am', 'pm'];
      if (text !== am && text !== pm) throw new Mismatch();
      state.afternoon = text === pm;
      return;
    }
    case 'MST': {
      if (state.rest.startsWith('UTC')) {
        take(state, 3);
        state.location = UTC;
        return;
      }
      const length = zoneNameLength(state.rest);
      if (length === 0) throw new Mismatch();
      state.zoneName = take(state, length);
      return;
    }
    default:
      if (!isFraction(element)) offset(state, element);
      else if (element[1] === '0') {
        const text = state.rest.slice(0, element.length);
        if (text.length < element.length) throw new Mismatch();
        fractionDigits(state, element.length);
      } else skipFraction(state);
  }
}

function skipPrefix(state: State, prefix: string): void {
  let at = 0;
  while (at < prefix.length) {
    if (prefix[at] === ' ') {
      if (state.rest !== '' && !state.rest.startsWith(' ')) throw new Mismatch();
      while (prefix[at] === ' ') at += 1;
      state.rest = state.rest.replace(/^ +/, '');
      continue;
    }
    if (state.rest[0] !== prefix[at]) throw new Mismatch();
    take(state, 1);
    at += 1;
  }
}

function resolveDate(state: State): string {
  if (state.yearDay >= 0) {
    const leap = isLeapYear(state.year);
    if (state.yearDay < 1 || state.yearDay > (leap ? 366 : 365)) return 'day-of-year out of range';
    let month = 1;
    let day = state.yearDay;
    while (day > daysIn(state.year, month)) {
      day -= daysIn(state.year, month);
      month += 1;
    }
    if (state.month >= 0 && state.month !== month) return 'day-of-year does not match month';
    if (state.day >= 0 && state.day !== day) return 'day-of-year does not match day';
    state.month = month;
    state.day = day;
  } else {
    if (state.month < 0) state.month = 1;
    if (state.day < 0) state.day = 1;
  }
  return state.day < 1 || state.day > daysIn(state.year, state.month) ? 'day out of range' : '';
}

/** The offset that a zone's name means in a location, near a moment; undefined where it has no such name. */
function offsetOfName(location: GoLocation, zoneName: string, seconds: number): number | undefined {
  const HALF_YEAR = 182 * 86400;
  for (const at of [seconds, seconds - HALF_YEAR, seconds + HALF_YEAR]) {
    const zone = location.at(at);
    if (zone.abbreviation === zoneName) return zone.offset;
  }
  return undefined;
}

function build(state: State, fallback: GoLocation, local: GoLocation): GoTime {
  const seconds =
    daysFromCivil(state.year, state.month, state.day) * 86400 +
    state.hour * 3600 +
    state.minute * 60 +
    state.second;
  const { nanosecond } = state;
  if (state.location !== undefined) return timeAt(seconds, nanosecond, state.location);
  if (state.offset !== undefined) {
    const at = seconds - state.offset;
    const zone = local.at(at);
    const sameName = state.zoneName === '' || zone.abbreviation === state.zoneName;
    return new GoTime(
      at,
      nanosecond,
      zone.offset === state.offset && sameName ? local : fixedZone(state.zoneName, state.offset),
    );
  }
  if (state.zoneName !== '') {
    const known = offsetOfName(local, state.zoneName, seconds);
    if (known !== undefined) return new GoTime(seconds - known, nanosecond, local);
    const hours = /^GMT([+-]\d+)$/.exec(state.zoneName);
    const fabricated = hours === null ? 0 : Number(hours[1]) * 3600;
    return new GoTime(seconds - fabricated, nanosecond, fixedZone(state.zoneName, fabricated));
  }
  return timeAt(seconds, nanosecond, fallback);
}

/**
 * Parses a text by a layout. Without an offset in the text the time is in `fallback` (Go's `ParseInLocation`
 * passes its location for both); an offset that `local` has at that moment is shown as `local`.
 */
export function parseTime(
  layout: string,
  text: string,
  fallback: GoLocation = UTC,
  local: GoLocation = UTC,
): ParsedTime {
  const state: State = {
    rest: text,
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    afternoon: undefined,
    location: undefined,
    offset: undefined,
    zoneName: '',
    rangeError: '',
  };
  const subject = `parsing time ${quote(text)}`;
  const parts = layoutParts(layout);
  for (const [at, part] of parts.entries()) {
    let held = state.rest;
    try {
      skipPrefix(state, part.prefix);
      held = state.rest;
      if (part.element === '') {
        if (state.rest === '') break;
        return { ok: false, error: `${subject}: extra text: ${quote(state.rest)}` };
      }
      readElement(state, part.element, parts[at + 1]);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      const wanted = held === state.rest && part.element === '' ? part.prefix : part.element || part.prefix;
      return {
        ok: false,
        error: `${subject} as ${quote(layout)}: cannot parse ${quote(held)} as ${quote(wanted)}`,
      };
    }
    if (state.rangeError !== '') return { ok: false, error: `${subject}: ${state.rangeError} out of range` };
  }
  if (state.afternoon === true && state.hour < 12) state.hour += 12;
  else if (state.afternoon === false && state.hour === 12) state.hour = 0;
  const wrong = resolveDate(state);
  return wrong === ''
    ? { ok: true, time: build(state, fallback, local) }
    : { ok: false, error: `${subject}: ${wrong}` };
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/;

/** `parseTime` for RFC 3339, the form of every timestamp in an Application; the usual form takes a short way. */
export function parseRFC3339(text: string, local: GoLocation = UTC): ParsedTime {
  const match = RFC3339.exec(text);
  if (match !== null) {
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= daysIn(year, month) &&
      hour < 24 &&
      minute < 60 &&
      second < 60
    ) {
      const seconds = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
      return { ok: true, time: new GoTime(seconds, Number((match[7] ?? '').padEnd(9, '0')), UTC) };
    }
  }
  return parseTime(LAYOUTS.RFC3339, text, UTC, local);
}
