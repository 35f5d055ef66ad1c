/** Time intervals as they stand in a ConfigMap, in our spelling and in Alertmanager's. */
import type { Decoder } from '../go/decode.ts';
import { fieldOf } from '../go/fields.ts';
import type { YamlPath } from '../go/yaml.ts';
import type { Json, JsonObject } from '../model.ts';
import { createZone, type MinuteRange, type Range, type TimeInterval, utc, type Zone } from './times.ts';

const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

const names = {
  times: ['times'],
  weekdays: ['weekdays'],
  daysOfMonth: ['daysOfMonth', 'days_of_month'],
  months: ['months'],
  years: ['years'],
  zone: ['timeZone', 'location'],
} as const;

/** One interval. `zone` is that of the rule around it; undefined after an error, which has been reported. */
export function readInterval(
  decoder: Decoder,
  path: YamlPath,
  value: Json,
  zone: Zone,
): TimeInterval | undefined {
  const object = decoder.object(path, value);
  if (object === undefined) return undefined;
  decoder.knownFields(path, object, Object.values(names).flat());
  if (Object.keys(object).length === 0) {
    decoder.report(
      path,
      'error',
      'the interval is empty',
      'Write times, weekdays, daysOfMonth, months or years.',
    );
    return undefined;
  }
  const before = decoder.problems.length;
  const ranges = (field: keyof typeof names, read: (text: string) => Range[] | string) =>
    readRanges(decoder, path, object, names[field], read);
  const minutes = readMinutes(decoder, path, object);
  const weekdays = ranges('weekdays', (text) => namedRange(text, weekdayNames, 0));
  const daysOfMonth = ranges('daysOfMonth', dayRange);
  const months = ranges('months', (text) => namedRange(text, monthNames, 1));
  const years = ranges('years', yearRange);
  const own = readZone(decoder, path, object) ?? zone;
  if (decoder.problems.slice(before).some(({ severity }) => severity === 'error')) return undefined;
  return {
    ...(minutes ? { minutes } : {}),
    ...(weekdays ? { weekdays } : {}),
    ...(daysOfMonth ? { daysOfMonth } : {}),
    ...(months ? { months } : {}),
    ...(years ? { years } : {}),
    zone: own,
  };
}

/** The zone that the object names; undefined where it names none, or none that exists, which is reported. */
export function readZone(decoder: Decoder, path: YamlPath, object: JsonObject): Zone | undefined {
  const found = fieldOf(object, path, names.zone);
  if (found === undefined) return undefined;
  const text = decoder.string(found.path, found.value);
  if (text === undefined) return undefined;
  const zone = text === '' ? utc : createZone(text);
  if (zone) return zone;
  const what = `there is no time zone ${JSON.stringify(text)}`;
  decoder.report(found.path, 'error', what, 'Write a name of the time zone database, such as Asia/Seoul.');
  return undefined;
}

function readMinutes(decoder: Decoder, path: YamlPath, object: JsonObject): MinuteRange[] | undefined {
  const found = fieldOf(object, path, names.times);
  if (found === undefined || found.value === null) return undefined;
  const entries = decoder.list(found.path, found.value) ?? [];
  return entries.flatMap((entry, index) => {
    const at = [...found.path, index];
    const range = decoder.object(at, entry);
    if (range === undefined) return [];
    decoder.knownFields(at, range, ['start', 'end', 'start_time', 'end_time']);
    const [start, end] = (['start', 'end'] as const).map((name) => {
      const place = fieldOf(range, at, [name, `${name}_time`]);
      const text = place && decoder.string(place.path, place.value);
      const minutes = text === undefined ? undefined : minutesOf(text);
      if (minutes === undefined || (name === 'start' && minutes === 1440)) {
        const what = `${name} is no time of day`;
        decoder.report(
          place?.path ?? at,
          'error',
          what,
          "Write it as '22:00', in quotes; an end may be '24:00'.",
        );
        return undefined;
      }
      return minutes;
    });
    if (start === undefined || end === undefined) return [];
    if (start === end) {
      const fix = "For the whole day write '00:00' and '24:00', or leave times out.";
      decoder.report(at, 'error', 'the range ends when it begins', fix);
      return [];
    }
    return [{ start, end }];
  });
}

/** Minutes of the day of `07:30`. */
function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):([0-5]\d)$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return total <= 1440 ? total : undefined;
}

function readRanges(
  decoder: Decoder,
  path: YamlPath,
  object: JsonObject,
  spellings: readonly string[],
  read: (text: string) => Range[] | string,
): Range[] | undefined {
  const found = fieldOf(object, path, spellings);
  if (found === undefined || found.value === null) return undefined;
  const list = Array.isArray(found.value) ? found.value : [found.value];
  return list.flatMap((entry, index) => {
    const at = Array.isArray(found.value) ? [...found.path, index] : found.path;
    const text = decoder.string(at, entry);
    if (text === undefined) return [];
    const ranges = read(text.trim().toLowerCase());
    if (typeof ranges !== 'string') return ranges;
    decoder.report(at, 'error', `${JSON.stringify(text)} is no member of ${spellings[0]}`, ranges);
    return [];
  });
}

/** A name or a range of names; one that ends before it begins goes around: `friday:monday`. */
function namedRange(text: string, all: readonly string[], first: number): Range[] | string {
  const fix = `Write names such as ${all[1]}, or ${all[1]}:${all[5]}.`;
  const [from, to = from, ...rest] = text.split(':').map((name) => {
    const index = all.indexOf(name.trim());
    if (index >= 0) return index + first;
    // Months may be numbers; Alertmanager's weekdays may not.
    const number = first === 1 && /^\d{1,2}$/.test(name.trim()) ? Number(name) : 0;
    return number >= 1 && number <= all.length ? number : undefined;
  });
  if (from === undefined || to === undefined || rest.length > 0) return fix;
  if (from <= to) return [{ from, to }];
  const last = all.length - 1 + first;
  return [
    { from, to: last },
    { from: first, to },
  ];
}

function dayRange(text: string): Range[] | string {
  const fix = "Write days such as 1, '1:7' or '-3:-1' (the last three).";
  const match = /^(-?\d{1,2})(?::(-?\d{1,2}))?$/.exec(text);
  if (!match) return fix;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  const isPossible = (value: number) => value !== 0 && Math.abs(value) <= 31;
  if (!isPossible(from) || !isPossible(to) || (from < 0 && to > 0) || (from < 0 === to < 0 && from > to))
    return fix;
  return [{ from, to }];
}

function yearRange(text: string): Range[] | string {
  const match = /^(\d{4})(?::(\d{4}))?$/.exec(text);
  const range = match && { from: Number(match[1]), to: Number(match[2] ?? match[1]) };
  return range && range.from <= range.to ? [range] : "Write years such as 2027 or '2026:2028'.";
}
