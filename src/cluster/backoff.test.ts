import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

describe('the backoff', () => {
  it('doubles up to its cap, and begins again after a success', () => {
    const backoff = createBackoff(() => 0.999_999, { baseMs: 100, capMs: 1000 });
    const delays = [1, 2, 3, 4, 5, 6].map(() => Math.round(backoff.next()));
    expect(delays).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(backoff.isFresh()).toBe(false);
    backoff.reset();
    expect(backoff.isFresh()).toBe(true);
    expect(Math.round(backoff.next())).toBe(100);
  });

  it('stays within half of the ceiling and the ceiling, for ever', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 2000 }),
        (chances) => {
          let i = 0;
          const backoff = createBackoff(() => chances[i] ?? 0);
          for (; i < chances.length; i += 1) {
            const ceiling = Math.min(30_000, 500 * 2 ** i);
            const delay = backoff.next();
            expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
            expect(delay).toBeLessThanOrEqual(ceiling);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('waits for as long as the server asks, but not for hours', () => {
    const backoff = createBackoff(() => 0);
    expect(backoff.next(7000)).toBe(7000);
    expect(backoff.next(86_400_000)).toBe(300_000);
  });
});
