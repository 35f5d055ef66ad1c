import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createZone, isWithin, nextChange, type TimeInterval, utc, type Zone } from './times.ts';

const zone = (name: string): Zone => {
  const found = createZone(name);
  if (!found) throw new Error(`no zone ${name}`);
  return found;
};
const at = (text: string) => Date.parse(text);
const minutes = (start: string, end: string) => {
  const of = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return { start: of(start), end: of(end) };
};
const days = (from: number, to = from) => [{ from, to }];

/** 1 to 5, Monday to Friday. */
const friday = days(5);

describe('isWithin', () => {
  const working: TimeInterval = { minutes: [minutes('09:00', '17:00')], weekdays: days(1, 5), zone: utc };
  const night: TimeInterval = { minutes: [minutes('22:00', '07:00')], weekdays: friday, zone: utc };

  it.each([
    ['the start is included', working, '2026-11-27T09:00:00Z', true],
    ['the minute before it is not', working, '2026-11-27T08:59:59Z', false],
    ['the end is excluded', working, '2026-11-27T17:00:00Z', false],
    ['the minute before it is included', working, '2026-11-27T16:59:59Z', true],
    ['another weekday is out', working, '2026-11-28T12:00:00Z', false],
    ['a night belongs to the day on which it starts', night, '2026-11-27T22:00:00Z', true],
    ['and lasts into the next morning', night, '2026-11-28T06:59:59Z', true],
    ['until its end', night, '2026-11-28T07:00:00Z', false],
    ['the morning before it is out', night, '2026-11-27T06:59:00Z', false],
    [
      '24:00 is the end of the day',
      { minutes: [minutes('23:00', '24:00')], zone: utc },
      '2026-01-01T23:59:59Z',
      true,
    ],
    ['the last day of a month', { daysOfMonth: days(-1), zone: utc }, '2027-02-28T12:00:00Z', true],
    ['in a leap year, too', { daysOfMonth: days(-1), zone: utc }, '2028-02-28T12:00:00Z', false],
    [
      'days beyond the end of a month are cut',
      { daysOfMonth: days(28, 31), zone: utc },
      '2027-02-28T00:00:00Z',
      true,
    ],
    [
      'a range that begins beyond it is skipped',
      { daysOfMonth: days(30, 31), zone: utc },
      '2027-02-28T00:00:00Z',
      false,
    ],
    ['months', { months: days(4, 6), zone: utc }, '2027-06-30T23:59:59Z', true],
    ['years', { years: days(2027), zone: utc }, '2026-12-31T23:59:59Z', false],
  ] satisfies [string, TimeInterval, string, boolean][])('%s', (_name, interval, now, held) => {
    expect(isWithin([interval], at(now))).toBe(held);
  });

  it.each([
    // The hour that is repeated in autumn counts twice, the one that is left out in spring never.
    [
      'America/New_York',
      '02:15',
      '02:45',
      ['2026-11-01T07:30:00Z'],
      ['2026-11-01T06:30:00Z', '2027-03-14T07:30:00Z'],
    ],
    [
      'America/New_York',
      '01:15',
      '01:45',
      ['2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z'],
      ['2026-11-01T07:30:00Z'],
    ],
    [
      'Europe/Berlin',
      '02:15',
      '02:45',
      ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
      ['2027-03-28T01:30:00Z'],
    ],
    [
      'Australia/Lord_Howe',
      '01:30',
      '02:00',
      ['2027-04-03T14:45:00Z', '2027-04-03T15:15:00Z'],
      ['2027-04-03T15:30:00Z'],
    ],
    ['Asia/Seoul', '00:00', '24:00', ['2026-11-28T15:00:00Z'], []],
  ] as const)('wall clock of %s, %s to %s', (name, start, end, inside, outside) => {
    const interval = { minutes: [minutes(start, end)], zone: zone(name) };
    for (const text of inside) expect(isWithin([interval], at(text)), text).toBe(true);
    for (const text of outside) expect(isWithin([interval], at(text)), text).toBe(false);
  });

  it('a day without a midnight begins when its first hour does', () => {
    // Chile: the clock goes from 23:59:59 of September 5 to 01:00 of September 6.
    const sunday = { weekdays: days(0), zone: zone('America/Santiago') };
    expect(isWithin([sunday], at('2026-09-06T03:59:59Z'))).toBe(false);
    expect(isWithin([sunday], at('2026-09-06T04:00:00Z'))).toBe(true);
    expect(nextChange([sunday], at('2026-09-06T03:00:00Z'))).toBe(at('2026-09-06T04:00:00Z'));
  });
});

describe('nextChange', () => {
  it.each([
    ['2026-11-27T12:00:00Z', '2026-11-27T22:00:00Z'],
    ['2026-11-27T22:00:00Z', '2026-11-28T07:00:00Z'],
    ['2026-11-28T07:00:00Z', '2026-12-04T22:00:00Z'],
  ])('of Friday night at %s', (now, next) => {
    const night = { minutes: [minutes('22:00', '07:00')], weekdays: friday, zone: utc };
    expect(nextChange([night], at(now))).toBe(at(next));
  });

  it('passes over where one interval continues another', () => {
    const morning = { minutes: [minutes('00:00', '12:00')], zone: utc };
    const evening = { minutes: [minutes('12:00', '18:00')], zone: utc };
    expect(nextChange([morning, evening], at('2026-11-27T03:00:00Z'))).toBe(at('2026-11-27T18:00:00Z'));
  });

  it('looks a year ahead where nothing changes', () => {
    const always = { minutes: [minutes('00:00', '24:00')], zone: utc };
    expect(nextChange([always], 0)).toBe(366 * 86_400_000);
    expect(nextChange([], 0)).toBe(366 * 86_400_000);
  });

  it('is what asking every minute finds', () => {
    const zones = ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Santiago'].map(
      zone,
    );
    const minuteOfDay = fc.integer({ min: 0, max: 1439 });
    const interval = fc.record({
      minutes: fc.array(
        fc
          .record({ start: minuteOfDay, end: fc.integer({ min: 1, max: 1440 }) })
          .filter(({ start, end }) => start !== end),
        { minLength: 1, maxLength: 2 },
      ),
      weekdays: fc.constantFrom(days(0, 6), days(1, 5), days(0)),
      zone: fc.constantFrom(...zones),
    });
    const moments = [
      '2026-10-24T20:00:00Z',
      '2026-11-01T00:00:00Z',
      '2027-03-13T22:00:00Z',
      '2027-04-03T10:00:00Z',
      '2026-09-05T22:00:00Z',
    ];
    fc.assert(
      fc.property(
        fc.array(interval, { minLength: 1, maxLength: 2 }),
        fc.constantFrom(...moments),
        fc.integer({ min: 0, max: 1_200 }),
        (intervals, moment, later) => {
          const now = at(moment) + later * 60_000;
          const before = isWithin(intervals, now);
          let found = now + 60_000;
          while (isWithin(intervals, found) === before && found < now + 3 * 86_400_000) found += 60_000;
          const next = nextChange(intervals, now);
          const isFound = found < now + 3 * 86_400_000;
          expect(isFound ? next === found : next >= found).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
