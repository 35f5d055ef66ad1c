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
      const taken: (number | undefined)[] = [];
      const expectedTaken: (number | undefined)[] = [];
      const lengths: [number, number][] = [];
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
          for (let count = 0; count < each.shift; count += 1) taken.push(fifo.shift());
          for (let count = 0; count < each.shift; count += 1) expectedTaken.push(expected.shift());
        }
        lengths.push([fifo.length, expected.length]);
      }
      expect(taken).toEqual(expectedTaken);
      for (const [length, expectedLength] of lengths) expect(length).toBe(expectedLength);
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
