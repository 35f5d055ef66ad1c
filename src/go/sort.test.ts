import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortAsGo } from './sort.ts';

test('sorts whatever comes, and keeps every element', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 400 }), (keys) => {
      const items = keys.map((key, index) => ({ key, index }));
      const sorted = sortAsGo(items, (a, b) => a.key < b.key);
      expect(sorted.map(({ key }) => key)).toEqual([...keys].sort((a, b) => a - b));
      expect(new Set(sorted.map(({ index }) => index)).size).toBe(keys.length);
    }),
  );
});

const GO_ORDER: readonly number[] = [
  8, 16, 0, 28, 4, 12, 20, 24, 9, 25, 21, 1, 5, 13, 29, 17, 14, 6, 18, 2, 26, 10, 22, 11, 7, 23, 15, 27, 3,
  19,
];

/** What sort.Sort of Go 1.26 makes of 30 elements with the keys i % 4: it is not stable. */
test('leaves equal elements in the order in which Go leaves them', () => {
  const items = Array.from({ length: 30 }, (_, index) => ({ key: index % 4, index }));
  expect(sortAsGo(items, (a, b) => a.key < b.key).map(({ index }) => index)).toEqual(GO_ORDER);
});
