import { expect, test } from 'vitest';
import { createClockSteps } from './clock-steps.ts';

test('only a clock that was set back is told of, once', () => {
  let passed = 0;
  let wall = 1_000_000;
  const wasSetBack = createClockSteps({ now: () => wall, monotonic: () => passed });
  const pass = (milliseconds: number, step = 0) => {
    passed += milliseconds;
    wall += milliseconds + step;
    return wasSetBack();
  };
  expect(pass(1_000)).toBe(false);
  expect(pass(90_000)).toBe(false);
  expect(pass(1_000, 3_600_000)).toBe(false);
  expect(pass(1_000, -900)).toBe(false);
  expect(pass(1_000, -3_600_000)).toBe(true);
  expect(pass(1_000)).toBe(false);
});
