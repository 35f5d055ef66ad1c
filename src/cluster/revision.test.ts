import { expect, it } from 'vitest';
import { isBefore } from './revision.ts';

it.each([
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['9007199254740993', '9007199254740994', true],
  ['', '10', false],
  ['abc', '10', false],
  ['10', 'abc', false],
  ['-1', '10', false],
  ['1e1', '11', false],
])('of %j and %j: %s', (revision, other, expected) => {
  expect(isBefore(revision, other)).toBe(expected);
});
