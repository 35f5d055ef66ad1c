import { expect, it } from 'vitest';
import { createSimulatedClock } from '../simulated-clock.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createLoading, type LoadedRow } from './loading.ts';

function setUp(answer: (uid: string) => Promise<LoadedRow[]>) {
  const { log, lines } = recordLog();
  const clock = createSimulatedClock(0);
  const asked: string[] = [];
  let dealtWith = 0;
  let backlog = 0;
  const loading = createLoading(
    {
      // The double answers whatever kinds are asked for.
      ledger: { load: ((uid: string) => (asked.push(uid), answer(uid))) as never },
      writer: { written: async (uid) => void asked.push(`written ${uid}`), backlog: () => backlog },
      onLoaded: () => {
        dealtWith += 1;
      },
      clock,
      log,
    },
    { retryDelay: 100, maxRetryDelay: 1_000 },
  );
  return {
    loading,
    clock,
    asked,
    lines,
    dealtWith: () => dealtWith,
    setBacklog: (writes: number) => (backlog = writes),
  };
}

it('asks about so many at the same time, each after what is on its way to the ledger', async () => {
  const answers = Promise.withResolvers<LoadedRow[]>();
  const { loading, clock, asked, dealtWith } = setUp(() => answers.promise);
  const loaded: string[] = [];
  for (let index = 0; index < 100; index += 1) loading.load(`a${index}`, () => loaded.push(`a${index}`));
  await clock.settle();
  expect(asked.slice(0, 2)).toEqual(['written a0', 'written a1']);
  expect(asked.filter((call) => !call.startsWith('written'))).toHaveLength(64);
  answers.resolve([]);
  await clock.settle();
  expect(loaded).toEqual(Array.from({ length: 100 }, (_, index) => `a${index}`));
  expect([loading.size(), dealtWith()]).toEqual([0, 100]);
});

it('asks again at growing distances, until it is answered', async () => {
  let failures = 6;
  const { loading, clock, lines } = setUp(async () => {
    if (failures-- > 0) throw new Error('away');
    return [];
  });
  let at = 0;
  loading.load('a', () => {
    at = clock.monotonic();
  });
  await clock.advance(10_000);
  expect(at).toBe(100 + 200 + 400 + 800 + 1_000 + 1_000);
  expect(lines).toHaveLength(6);
});

it('hands on nothing after it was stopped, and asks no more', async () => {
  const answers = Promise.withResolvers<LoadedRow[]>();
  const { loading, clock, asked } = setUp(() => answers.promise);
  let loaded = 0;
  for (let index = 0; index < 100; index += 1) loading.load(`a${index}`, () => (loaded += 1));
  await clock.settle();
  loading.stop();
  answers.resolve([]);
  await clock.settle();
  expect([loaded, loading.size(), asked.length]).toEqual([0, 0, 128]);
});

it('asks for no more to decide about while much of what was decided waits for the store', async () => {
  const { loading, clock, asked, setBacklog } = setUp(() => Promise.resolve([]));
  setBacklog(1_001);
  loading.load('a', () => undefined);
  await clock.advance(1_000);
  expect(asked).toEqual([]);
  setBacklog(1_000);
  await clock.advance(20);
  expect(asked).toEqual(['written a', 'a']);
});
