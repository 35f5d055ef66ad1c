import { expect, test } from 'vitest';
import { regexpSize } from './regexp-size.ts';

test.each([
  ['', 0],
  ['abc', 3],
  ['^v[0-9]+\\.[0-9]+$', 8],
  ['a{900}', 900],
  ['a{1,900}', 900],
  ['a{3,}', 4],
  ['a{0}', 1],
  ['(ab){10}', 30],
  ['((a{10}){10}){9}', 999],
  ['[a\\](){5}]{7}', 7],
  ['[]a]{7}[^]a]{7}', 14],
  ['\\({5}', 5],
  ['(a{5}', 5],
  ['a)b', 3],
  ['{5}', 0],
  ['\\', 1],
  ['[', 1],
])('%s has about %i parts', (source, size) => {
  expect(regexpSize(source)).toBe(size);
});
