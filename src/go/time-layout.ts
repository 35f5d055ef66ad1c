/** Go's reference-time layouts (`Mon Jan 2 15:04:05 MST 2006`): their elements and formatting. */
import { MONTHS, WEEKDAYS } from './named-integer.ts';

/** The layouts that package time names. */
export const LAYOUTS = {
  Layout: "01/02 03:04:05PM '06 -0700",
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
  Kitchen: '3:04PM',
  Stamp: 'Jan _2 15:04:05',
  StampMilli: 'Jan _2 15:04:05.000',
  StampMicro: 'Jan _2 15:04:05.000000',
  StampNano: 'Jan _2 15:04:05.000000000',
} as const;

/** One element of a layout, or `''` for plain text. */
export interface LayoutPart {
  prefix: string;
  element: string;
}

const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|[345]|PM|pm|[-Z]07(?:0000|:00:00|00|:00)?|[.,](?:0+|9+)(?!\d)/g;

/** Splits a layout into its elements, each with the plain text before it; the last part has no element. */
export function layoutParts(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = [];
  let start = 0;
  for (const match of layout.matchAll(ELEMENT)) {
    parts.push({ prefix: layout.slice(start, match.index), element: match[0] });
    start = match.index + match[0].length;
  }
  parts.push({ prefix: layout.slice(start), element: '' });
  return parts;
}

export const isFraction = (element: string): boolean => element.startsWith('.') || element.startsWith(',');

/** What formatting needs to know of a moment. */
export interface Fields {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  weekday: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  offset: number;
  abbreviation: string;
}

const two = (value: number): string => String(value).padStart(2, '0');

function zone(element: string, offset: number): string {
  if (element.startsWith('Z') && offset === 0) return 'Z';
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const seconds = two(Math.abs(offset) % 60);
  const form = element.slice(1);
  const colon = form.includes(':') ? ':' : '';
  let text = `${offset < 0 && minutes > 0 ? '-' : offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}`;
  if (form.length > 2) text += `${colon}${two(minutes % 60)}`;
  if (form === '070000' || form === '07:00:00') text += `${colon}${seconds}`;
  return text;
}

function fraction(element: string, nanosecond: number): string {
  const digits = Math.min(element.length - 1, 9);
  const text = String(nanosecond).padStart(9, '0').slice(0, digits);
  if (element[1] === '0') return element[0] + text;
  const trimmed = text.replace(/0+$/, '');
  return trimmed === '' ? '' : element[0] + trimmed;
}

const yearText = (year: number): string =>
  year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');

function formatElement(element: string, fields: Fields): string {
  switch (element) {
    case '2006':
      return yearText(fields.year);
    case '06':
      return two(Math.abs(fields.year % 100));
    case 'January':
      return MONTHS[fields.month - 1] as string;
    case 'Jan':
      return (MONTHS[fields.month - 1] as string).slice(0, 3);
    case '01':
      return two(fields.month);
    case '1':
      return String(fields.month);
    case 'Monday':
      return WEEKDAYS[fields.weekday] as string;
    case 'Mon':
      return (WEEKDAYS[fields.weekday] as string).slice(0, 3);
    case '2':
      return String(fields.day);
    case '_2':
      return String(fields.day).padStart(2, ' ');
    case '02':
      return two(fields.day);
    case '__2':
      return String(fields.yearDay).padStart(3, ' ');
    case '002':
      return String(fields.yearDay).padStart(3, '0');
    case '15':
      return two(fields.hour);
    case '3':
      return String(fields.hour % 12 || 12);
    case '03':
      return two(fields.hour % 12 || 12);
    case '4':
      return String(fields.minute);
    case '04':
      return two(fields.minute);
    case '5':
      return String(fields.second);
    case '05':
      return two(fields.second);
    case 'PM':
      return fields.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return fields.hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return fields.abbreviation === '' ? zone('-0700', fields.offset) : fields.abbreviation;
    default:
      return isFraction(element) ? fraction(element, fields.nanosecond) : zone(element, fields.offset);
  }
}

/** Go's `Time.Format`. */
export function formatTime(layout: string, fields: Fields): string {
  return layout.replace(ELEMENT, (element) => formatElement(element, fields));
}
