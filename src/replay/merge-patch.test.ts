import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject } from '../model.ts';
import { applyMergePatch, mergePatchOf } from './merge-patch.ts';

const object = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(1, 'x', true, null),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('value'), { maxKeys: 3 }),
    ),
  })).value,
) as fc.Arbitrary<JsonObject>;

it('a patch makes of the one object the other, or there is none', () => {
  fc.assert(
    fc.property(object, object, (before, after) => {
      const kept = structuredClone(before);
      const patch = mergePatchOf(before, after);
      expect(patch !== undefined || JSON.stringify(after).includes('null')).toBe(true);
      fc.pre(patch !== undefined);
      const read = JSON.parse(JSON.stringify(patch)) as JsonObject;
      expect(JSON.stringify(sorted(applyMergePatch(before, read)))).toBe(JSON.stringify(sorted(after)));
      expect(before).toEqual(kept);
    }),
  );
});

it('what is not changed is not said, and is shared', () => {
  const before = { spec: { a: [1, 2] }, status: { health: 'x', at: 1 } };
  const patch = mergePatchOf(before, { spec: { a: [1, 2] }, status: { health: 'x', at: 2 } });
  expect(patch).toEqual({ status: { at: 2 } });
  expect(applyMergePatch(before, patch as JsonObject).spec).toBe(before.spec);
});

/** As entries, so that the order of keys does not count and `__proto__` does. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
}
