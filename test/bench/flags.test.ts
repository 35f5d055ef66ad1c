import { expect, test } from 'vitest';
import { compare, renewed } from '../../bench/compare.ts';
import { flags } from '../../bench/flags.ts';

test('all rows on all stores, where nothing is said', () => {
  expect(flags([])).toMatchObject({
    rounds: 3,
    applications: 10_000,
    store: ['redis', 'sqlite', 'postgres'],
  });
  expect(flags([]).only).toContain('version');
});

test.each([
  ['a flag', ['--wrong'], '--wrong'],
  [
    'a row, beside one that is there',
    ['--only', 'version', '--only', 'speed'],
    'There is no row speed; there are',
  ],
  ['a store', ['--store', 'mysql'], 'There is no store mysql; there are redis, sqlite, postgres'],
  ['no number', ['--rounds', 'many'], '--rounds many: write a whole number'],
  ['no rounds', ['--rounds', '0'], '--rounds 0: write a whole number'],
  ['no Applications', ['--applications', ''], '--applications : write a whole number'],
])('%s that is wrong is named, and nothing is measured', (_, args, says) => {
  expect(() => flags(args)).toThrow(says);
});

const figure = (name: string, ratio: number | null) => ({
  figure: name,
  value: 1,
  unit: 'ms',
  ratio,
  goal: null,
});
const names = (figures: readonly { figure: string }[]) => figures.map((each) => each.figure);

test('worse is a ratio that is more than a tenth above its baseline', () => {
  const { worse, unknown } = compare(
    [figure('a', 1.11), figure('b', 1.1), figure('c', 0.5), figure('d', 9), figure('e', null)],
    { a: 1, b: 1, c: 1, e: 1 },
  );
  expect(names(worse)).toEqual(['a']);
  expect(names(unknown)).toEqual(['d']);
});

test('a baseline keeps the figures that were not measured', () => {
  expect(renewed({ a: 1, c: 2 }, [figure('c', 1.23456), figure('b', 3), figure('d', null)])).toEqual({
    a: 1,
    b: 3,
    c: 1.23,
  });
});
