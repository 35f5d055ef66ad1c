import { expect, it } from 'vitest';
import { createProgress } from './progress.ts';

it('is the revision before the oldest change that is not durable, whatever comes after it', () => {
  let shown: string | undefined = '10';
  const progress = createProgress(() => shown);
  expect(progress.revision()).toBe('10');
  const eleven = progress.hold();
  shown = '11';
  const twelve = progress.hold();
  shown = '12';
  expect(progress.revision()).toBe('10');
  twelve.release();
  expect(progress.revision()).toBe('10');
  const thirteen = progress.hold();
  shown = '13';
  // What follows from a change counts from where it came.
  const follows = eleven.share();
  eleven.release();
  expect(progress.revision()).toBe('10');
  follows.release();
  expect(progress.revision()).toBe('12');
  thirteen.release();
  expect(progress.revision()).toBe('13');
});

it('is unknown while the first list is not durable', () => {
  let shown: string | undefined;
  const progress = createProgress(() => shown);
  const listed = progress.hold();
  shown = '10';
  expect(progress.revision()).toBeUndefined();
  listed.release();
  expect(progress.revision()).toBe('10');
});
