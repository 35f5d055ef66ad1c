import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSimulatedClock } from '../simulated-clock.ts';
import { createDueTimes } from './due-times.ts';

const start = Date.UTC(2026, 0, 1);

function setUp(due: (key: string) => Promise<void> = async () => undefined) {
  const clock = createSimulatedClock(start);
  const seen: [key: string, at: number][] = [];
  const times = createDueTimes({
    clock,
    async due(key) {
      seen.push([key, clock.now() - start]);
      await due(key);
    },
  });
  return { clock, seen, times, set: (key: string, at: number) => times.set(key, start + at) };
}

it('tells each key once, when its time has come, those of one moment in the order in which they were set', async () => {
  const { clock, seen, set, times } = setUp();
  set('c', 2_000);
  set('a', 1_000);
  set('b', 1_000);
  set('past', -5_000);
  await clock.advance(1_000);
  expect(seen).toEqual([
    ['past', 0],
    ['a', 1_000],
    ['b', 1_000],
  ]);
  await clock.advance(10_000);
  expect(seen.at(-1)).toEqual(['c', 2_000]);
  expect([seen.length, times.size()]).toEqual([4, 0]);
});

it('knows one time of each key: the last that was set, or none', async () => {
  const { clock, seen, set, times } = setUp();
  set('later', 1_000);
  set('later', 3_000);
  set('sooner', 90_000);
  set('sooner', 2_000);
  set('never', 1_500);
  times.set('never', undefined);
  await clock.advance(100_000);
  expect(seen).toEqual([
    ['sooner', 2_000],
    ['later', 3_000],
  ]);
});

it('takes a time that is set while others are told', async () => {
  const { clock, seen, set } = setUp(async (key) => {
    if (key === 'a' && seen.length < 4) set('a', seen.length * 1_000);
  });
  set('a', 0);
  await clock.advance(10_000);
  expect(seen.map(([, at]) => at)).toEqual([0, 1_000, 2_000, 3_000]);
});

it('looks at everything at once when the clock was set back, and soon when it was set forth', async () => {
  const { clock, seen, set, times } = setUp();
  set('a', 50_000);
  set('b', 20 * 60_000);
  clock.set(start - 3_600_000);
  await clock.advance(60_000);
  expect(seen).toEqual([]);
  times.hurry();
  await clock.advance(0);
  expect(seen.map(([key]) => key)).toEqual(['a', 'b']);
  times.set('c', clock.now() + 3_600_000);
  clock.set(clock.now() + 3_600_000);
  await clock.advance(60_000);
  expect(seen.at(-1)?.[0]).toBe('c');
});

it('tells nothing after it was stopped', async () => {
  const { clock, seen, set, times } = setUp();
  set('a', 1_000);
  times.stop();
  await clock.advance(100_000);
  expect(seen).toEqual([]);
});

it('tells what a model tells, however times are set and replaced', async () => {
  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(
        fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        fc.option(fc.nat(5_000), { nil: undefined }),
      ),
    },
    { weight: 1, arbitrary: fc.nat(3_000) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const { clock, seen, times } = setUp();
      const model = new Map<string, number>();
      const expected: [string, number][] = [];
      for (const each of actions) {
        if (typeof each === 'number') {
          const end = clock.now() + each;
          const due = [...model].filter(([, at]) => at <= end);
          for (const [key, at] of due) {
            model.delete(key);
            expected.push([key, Math.max(at, clock.now()) - start]);
          }
          await clock.advance(each);
          continue;
        }
        const [key, wait] = each;
        const at = wait === undefined ? undefined : clock.now() + wait;
        if (at === undefined) model.delete(key);
        else model.set(key, at);
        times.set(key, at);
      }
      const sorted = (list: [string, number][]) => list.map(([key, at]) => `${at} ${key}`).toSorted();
      expect(sorted(seen)).toEqual(sorted(expected));
      expect(seen.map(([, at]) => at)).toEqual(seen.map(([, at]) => at).toSorted((a, b) => a - b));
      expect(times.size()).toBe(model.size);
    }),
    { numRuns: 60 },
  );
});

it('holds a time for each of twenty thousand, replaced again and again, in order and in bounded memory', async () => {
  const { clock, seen, set, times } = setUp();
  const count = 20_000;
  for (let round = 0; round < 5; round += 1)
    for (let index = 0; index < count; index += 1) set(`a${index}`, 1_000 + ((index * 7919 + round) % count));
  expect(times.size()).toBe(count);
  clock.skip(count + 2_000);
  await clock.advance(0);
  while (times.size() > 0) await clock.settle();
  expect(seen).toHaveLength(count);
  const order = seen.map(([key]) => (Number(key.slice(1)) * 7919 + 4) % count);
  expect(order.every((at, index) => index === 0 || at >= (order[index - 1] ?? 0))).toBe(true);
});

it('never asks for a timer in the past, though time goes on while it looks', () => {
  const waits: number[] = [];
  let now = start;
  const times = createDueTimes({
    clock: {
      now: () => (now += 1),
      monotonic: () => 0,
      turn: async () => undefined,
      after(ms) {
        waits.push(ms);
        return () => undefined;
      },
    },
    due: async () => undefined,
  });
  times.set('past', start);
  expect(waits).toEqual([0]);
});
