import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFifo } from './fifo.ts';

it('gives what was put in, in its order, however many wait', () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 3_000 }) }),
    fc.record({ shift: fc.integer({ min: 1, max: 3_000 }) }),
    fc.constant('clear' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const fifo = createFifo<number>();
      let expected: number[] = [];
      let next = 0;
      for (const each of steps) {
        if (each === 'clear') {
          fifo.clear();
          expected = [];
        } else if ('push' in each) {
          for (let count = 0; count < each.push; count += 1, next += 1) {
            fifo.push(next);
            expected.push(next);
          }
        } else {
          const taken = Array.from({ length: each.shift }, () => fifo.shift());
          expect(taken.filter((item) => item !== undefined)).toEqual(expected.splice(0, each.shift));
        }
        expect(fifo.length).toBe(expected.length);
      }
    }),
    { numRuns: 50 },
  );
});

it('knows an undefined that was put in from none', () => {
  const fifo = createFifo<undefined>();
  fifo.push(undefined);
  expect(fifo.length).toBe(1);
  fifo.shift();
  expect(fifo.length).toBe(0);
});
