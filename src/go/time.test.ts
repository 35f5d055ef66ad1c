import { describe, expect, test } from 'vitest';
import { formatDuration, GoDuration, parseDuration } from './duration.ts';
import { sprint } from './format.ts';
import { loadLocation, UTC } from './location.ts';
import { GoTime, timeFromMillis } from './time.ts';
import { LAYOUTS } from './time-layout.ts';
import { parseRFC3339, parseTime } from './time-parse.ts';

const zone = (name: string) => loadLocation(name) ?? UTC;

function parsed(layout: string, text: string, location = UTC): GoTime {
  const result = parseTime(layout, text, location, location);
  if (!result.ok) throw new Error(result.error);
  return result.time;
}

const call = (time: GoTime | GoDuration, method: string, ...args: unknown[]): string =>
  sprint((time.goMember(method) as (...args: unknown[]) => unknown)(...args));

/** Expected values were made by Go 1.26. */
describe('layouts', () => {
  const time = parsed(LAYOUTS.RFC3339Nano, '2026-02-03T04:05:06.007008009Z');
  test.each([
    [LAYOUTS.ANSIC, 'Tue Feb  3 04:05:06 2026'],
    [LAYOUTS.RFC850, 'Tuesday, 03-Feb-26 04:05:06 UTC'],
    [LAYOUTS.Kitchen, '4:05AM'],
    [LAYOUTS.StampMicro, 'Feb  3 04:05:06.007008'],
    ['2006-002 __2 .999 .000,000 15h', '2026-034  34 .007 .007,007 04h'],
    ['Month January Jane Mon2', 'Month February Jane Tue3'],
    ['_2006 02/1/06 pm Z07 -07:00:00', '_2026 03/2/26 am Z +00:00:00'],
    ['.9 ,99999', ' ,007'],
  ])('%s', (layout, text) => {
    expect(time.format(layout)).toBe(text);
  });

  test('round trip through every named layout that has a date and a zone', () => {
    for (const layout of [
      LAYOUTS.UnixDate,
      LAYOUTS.RubyDate,
      LAYOUTS.RFC1123,
      LAYOUTS.RFC1123Z,
      LAYOUTS.RFC3339,
    ]) {
      expect(parsed(layout, time.format(layout)).seconds).toBe(time.seconds);
    }
  });
});

describe('parsing', () => {
  test.each([
    ['2026-11-22T11:50:00Z', '2026-11-22 11:50:00 +0000 UTC'],
    ['2026-11-22T11:50:00.5Z', '2026-11-22 11:50:00.5 +0000 UTC'],
    ['2026-11-22T11:50:00,123456789Z', '2026-11-22 11:50:00.123456789 +0000 UTC'],
    ['2026-11-22T1:50:00Z', '2026-11-22 01:50:00 +0000 UTC'],
    ['2026-11-22T11:50:00-03:30', '2026-11-22 11:50:00 -0330 -0330'],
  ])('%s', (text, shown) => {
    const result = parseRFC3339(text, UTC);
    expect(result.ok && result.time.toString()).toBe(shown);
  });

  test.each([
    ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    ['2026-02-30T00:00:00Z', 'parsing time "2026-02-30T00:00:00Z": day out of range'],
    ['2026-13-01T00:00:00Z', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
    ['2026-01-01T24:00:00Z', 'parsing time "2026-01-01T24:00:00Z": hour out of range'],
    ['2026-01-01T00:00:00Zx', 'parsing time "2026-01-01T00:00:00Zx": extra text: "x"'],
  ])('%j is refused as Go refuses it', (text, error) => {
    expect(parseRFC3339(text, UTC)).toEqual({ ok: false, error });
  });

  test('clocks of a zone, around its change of offset', () => {
    const berlin = zone('Europe/Berlin');
    const layout = '2006-01-02 15:04';
    expect(parsed(layout, '2026-07-01 10:00', berlin).toString()).toBe('2026-07-01 10:00:00 +0200 CEST');
    expect(parsed(layout, '2026-03-29 02:30', berlin).toString()).toBe('2026-03-29 03:30:00 +0200 CEST');
    expect(parsed(layout, '2026-10-25 02:30', berlin).toString()).toBe('2026-10-25 02:30:00 +0100 CET');
  });

  test.each([
    ['3:04PM 2006', '12:30AM 2026', '2026-01-01 00:30:00 +0000 UTC'],
    ['Jan _2 06', 'feb  3 69', '1969-02-03 00:00:00 +0000 UTC'],
    ['2006 __2', '2024  60', '2024-02-29 00:00:00 +0000 UTC'],
    ['15:04 MST', '10:00 CET', '0000-01-01 10:00:00 +0000 CET'],
    ['15:04 MST', '10:00 GMT+3', '0000-01-01 10:00:00 +0300 GMT+3'],
  ])('%s of %s', (layout, text, shown) => {
    expect(parsed(layout, text).toString()).toBe(shown);
  });
});

describe('zones', () => {
  const time = timeFromMillis(Date.UTC(2026, 6, 1));
  test.each([
    ['America/New_York', '-0400 EDT'],
    ['Asia/Tokyo', '+0900 JST'],
    ['America/Sao_Paulo', '-0300 -03'],
    ['Asia/Kolkata', '+0530 IST'],
    ['Australia/Sydney', '+1000 AEST'],
    ['Europe/London', '+0100 BST'],
    ['Asia/Kathmandu', '+0545 +0545'],
  ])('%s', (name, shown) => {
    expect(new GoTime(time.seconds, 0, zone(name)).format('-0700 MST')).toBe(shown);
  });

  test.each(['Bad/Zone', '../etc/passwd', 'europe berlin', '+01:00'])('%s is unknown', (name) => {
    expect(loadLocation(name)).toBeUndefined();
  });
});

describe('methods', () => {
  const time = parsed(LAYOUTS.RFC3339, '2026-01-01T23:59:59Z');
  test.each([
    ['ISOWeek', [], '2026'],
    ['YearDay', [], '1'],
    ['Weekday', [], 'Thursday'],
    ['Month', [], 'January'],
    ['UnixNano', [], '1767311999000000000'],
    ['Truncate', [new GoDuration(3600n * 10n ** 9n)], '2026-01-01 23:00:00 +0000 UTC'],
    ['Round', [new GoDuration(3600n * 10n ** 9n)], '2026-01-02 00:00:00 +0000 UTC'],
    ['Sub', [parsed(LAYOUTS.RFC3339, '0001-01-01T00:00:00Z')], '2562047h47m16.854775807s'],
  ] as [string, unknown[], string][])('%s', (method, args, shown) => {
    expect(call(time, method, ...args)).toBe(shown);
  });

  test('the rest of an ISO year belongs to the next', () => {
    expect(call(parsed('2006-01-02', '2024-12-30'), 'ISOWeek')).toBe('2025');
  });
});

describe('durations', () => {
  test.each([
    [0n, '0s'],
    [1n, '1ns'],
    [1100n, '1.1µs'],
    [2_200_000n, '2.2ms'],
    [3_300_000_000n, '3.3s'],
    [-(2n ** 63n), '-2562047h47m16.854775808s'],
    [3_600_000_000_001n, '1h0m0.000000001s'],
  ])('%s nanoseconds', (nanoseconds, text) => {
    expect(formatDuration(nanoseconds)).toBe(text);
    expect(parseDuration(text)?.nanoseconds).toBe(nanoseconds);
  });

  test.each([
    ['1.5h', '1h30m0s'],
    ['-.5s', '-500ms'],
    ['1h1h', '2h0m0s'],
    ['0', '0s'],
    ['+5us', '5µs'],
    ['1.s', '1s'],
  ])('%s', (text, shown) => {
    expect(String(parseDuration(text))).toBe(shown);
  });

  test.each([
    '',
    '5',
    '1x',
    '.s',
    's',
    '1 h',
    '9223372036854775808ns',
    '3000000h',
    '5constructor',
    '1toString',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
