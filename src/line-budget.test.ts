import { expect, it } from 'vitest';
import { createLineBudget } from './line-budget.ts';

it('allows a few lines that are alike, and a hundred in a minute', () => {
  let now = 0;
  const budget = createLineBudget(() => now);
  expect(Array.from({ length: 12 }, () => budget.take('same')).filter((each) => each === 'yes')).toHaveLength(
    10,
  );
  const different = Array.from({ length: 8_000 }, (_, n) => budget.take(`text ${n}`));
  expect(different.filter((each) => each === 'yes')).toHaveLength(89);
  expect(different.filter((each) => each === 'last')).toHaveLength(1);
  now = 60_000;
  expect(budget.take('later')).toBe('yes');
});
