import { describe, expect, it } from 'vitest';
import { createBatcher } from './batcher.ts';

const options = { largest: 3, concurrency: 1, splits: () => false };

describe('batcher', () => {
  it('gathers what is asked together, in order, up to the largest batch', async () => {
    const batches: number[][] = [];
    const double = createBatcher(async (items: number[]) => {
      batches.push(items);
      return items.map((item) => item * 2);
    }, options);
    expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8]);
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it('gathers what comes while others are under way', async () => {
    const batches: number[][] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const same = createBatcher(async (items: number[]) => {
      batches.push(items);
      await gates[batches.length - 1]?.promise;
      return items;
    }, options);
    const first = same(1);
    await Promise.resolve();
    const later = [same(2), same(3)];
    await Promise.resolve();
    expect(batches).toEqual([[1]]);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all([first, ...later])).toEqual([1, 2, 3]);
    expect(batches).toEqual([[1], [2, 3]]);
  });

  it('rejects a failed batch as a whole, or tries its items one by one', async () => {
    const refuseTwo = async (items: number[]) => {
      if (items.includes(2)) throw new Error(`refused ${items.join()}`);
      return items;
    };
    const whole = createBatcher(refuseTwo, options);
    const single = createBatcher(refuseTwo, { ...options, splits: () => true });
    const outcomes = async (ask: (item: number) => Promise<number>) =>
      (await Promise.allSettled([1, 2, 3].map(ask))).map((each) =>
        each.status === 'fulfilled' ? each.value : (each.reason as Error).message,
      );
    expect(await outcomes(whole)).toEqual(Array(3).fill('refused 1,2,3'));
    expect(await outcomes(single)).toEqual([1, 'refused 2', 3]);
    expect(await whole(5)).toBe(5);
  });
});
