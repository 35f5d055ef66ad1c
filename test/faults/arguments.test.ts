import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../faults/arguments.ts';
import { holdsOf, runReport } from '../../faults/report.ts';
import { skipped } from '../../faults/run-scenario.ts';
import { scenarios } from '../../faults/scenarios.ts';
import { slopeOf } from '../../faults/soak.ts';

const parse = (...given: string[]) => parseArguments(given, 42);

describe('the command line', () => {
  test('nothing: every scenario on each store that it is for', () => {
    const { rows, seed } = parse();
    expect(new Set(rows.map(({ scenario }) => scenario))).toEqual(new Set(scenarios.map(({ name }) => name)));
    expect(rows.filter(({ scenario }) => scenario === 'kill').map(({ store }) => store)).toEqual([
      'sqlite',
      'redis',
      'postgres',
    ]);
    expect(rows.filter(({ scenario }) => scenario === 'disk-full')).toHaveLength(1);
    expect(seed).toBe(42);
  });

  test('scenarios and stores by name, a seed, seconds', () => {
    expect(
      parse('--scenario', 'kill, term', '--store', 'redis', '--seed', '7', '--seconds', '5'),
    ).toMatchObject({
      rows: [
        { scenario: 'kill', store: 'redis', seconds: 5 },
        { scenario: 'term', store: 'redis', seconds: 5 },
      ],
      seed: 7,
    });
  });

  test('minutes are shared out among the rows', () => {
    const { rows } = parse('--minutes', '60');
    const total = rows.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(total).toBeLessThan(3_600);
    expect(total).toBeGreaterThan(1_800);
  });

  test('the short form has rows on each store, with and without alerts that have an end', () => {
    const { rows } = parse('--short');
    const stores = (isOfAlerts: boolean) =>
      new Set(
        rows.flatMap(({ scenario, store }) => (scenario.startsWith('alerts-') === isOfAlerts ? [store] : [])),
      );
    expect(stores(false)).toEqual(new Set(['sqlite', 'redis', 'postgres']));
    expect(stores(true)).toEqual(new Set(['sqlite', 'redis', 'postgres']));
    const kills = rows.filter(({ scenario }) => /^alerts-kill(-between)?$/.test(scenario));
    expect(kills.map(({ store }) => store)).toEqual(['sqlite', 'redis']);
  });

  test('rows are played one after the other, those of the short form two at a time', () => {
    expect([parse().atOnce, parse('--short').atOnce, parse('--at-once', '4').atOnce]).toEqual([1, 2, 4]);
  });

  test.each([
    [['--at-once', '0'], '--at-once 0: write a whole number from 1 on'],
    [['--scenario', 'nothing'], 'There is no scenario nothing'],
    [['--store', 'mysql'], 'There is no store mysql'],
    [['--seed', 'x'], '--seed x: write a number'],
    [['--scenario', 'disk-full', '--store', 'redis'], 'None of these scenarios'],
    [['--unknown'], '--unknown'],
  ])('%s', (given, message) => {
    expect(() => parse(...given)).toThrow(message);
  });
});

test('the report has a row with its verdict, and the command that makes it again', () => {
  const result = skipped({ scenario: 'kill', store: 'redis', seed: 3, seconds: 5 }, 'no redis');
  const { skipped: _skipped, ...played } = result;
  const report = runReport(
    [result, { ...played, lost: 2, wrong: ['2 lost'] }, { ...played, changes: 9 }],
    scenarios,
    {
      now: new Date(0),
      commands: ({ scenario, seed }) => `again ${scenario} ${seed}`,
    },
  );
  expect(report).toMatch(/^\| kill \| redis \| .* \| skipped: no redis \|$/m);
  expect(report).toMatch(/^\| kill \| redis \| .* \| \*\*2 lost\*\* \|$/m);
  expect(report).toMatch(/^\| kill \| redis \| 9 \| .* \| holds \|$/m);
  expect(report).toContain('1970-01-01 00:00 UTC');
  expect(report).toContain('again kill 3');
});

test('the slope is by the hour', () => {
  const samples = [1, 2, 3, 4].map((minute) => ({ minute, value: 100 + 2 * minute }));
  expect(slopeOf(samples, ({ value }) => value)).toBeCloseTo(120);
  expect(slopeOf([{ minute: 1 }], () => 5)).toBe(0);
});

test('it holds when something was played, and nothing of that was wrong', () => {
  const result = skipped({ scenario: 'kill', store: 'redis', seed: 3, seconds: 5 }, 'no redis');
  const { skipped: _skipped, ...played } = result;
  expect(holdsOf([result])).toBe(false);
  expect(holdsOf([result, played])).toBe(true);
  expect(holdsOf([played, { ...played, wrong: ['2 lost'] }])).toBe(false);
});
