import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelay } from './backoff.ts';

describe('backoffDelay', () => {
  it('doubles from a second to five minutes', () => {
    const longest = [1, 2, 3, 9, 10, 1e9].map((attempt) => backoffDelay(attempt, () => 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  });

  it('takes away up to half of it', () => {
    expect(backoffDelay(1, () => 0)).toBe(500);
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const [least, most] = [0, 1].map((end) => backoffDelay(attempt, () => end));
          const delay = backoffDelay(attempt, () => random);
          expect(delay).toBeGreaterThanOrEqual(least ?? 0);
          expect(delay).toBeLessThanOrEqual(most ?? 0);
        },
      ),
    );
  });
});
