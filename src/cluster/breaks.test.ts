import { expect, it } from 'vitest';
import { createBreaks } from './breaks.ts';

function start(room?: () => Promise<void> | undefined) {
  const clock = { now: 0, turns: 0 };
  const stopping = new AbortController();
  const breaks = createBreaks(
    {
      monotonic: () => clock.now,
      turn: async () => void (clock.turns += 1),
    },
    stopping.signal,
    room,
  );
  return { breaks, clock, stop: () => stopping.abort() };
}

it('gives other work its turn after 20 ms of reading, and then again', async () => {
  const { breaks, clock } = start();
  clock.now = 19;
  expect(breaks.isDue()).toBe(false);
  clock.now = 20;
  expect(breaks.isDue()).toBe(true);
  await breaks.take();
  expect(clock.turns).toBe(1);
  expect(breaks.isDue()).toBe(false);
  clock.now = 40;
  expect(breaks.isDue()).toBe(true);
});

it('waits until there is room, which it asks for once', async () => {
  const room = Promise.withResolvers<void>();
  let asked = 0;
  const { breaks } = start(() => {
    asked += 1;
    return asked === 1 ? room.promise : undefined;
  });
  expect([breaks.isDue(), breaks.isDue(), asked]).toEqual([true, true, 1]);
  let isOver = false;
  const taking = breaks.take().then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  expect([isOver, breaks.isTaking()]).toEqual([false, true]);
  room.resolve();
  await taking;
  expect([breaks.isDue(), breaks.isTaking()]).toEqual([false, false]);
});

it('waits no longer once the watch is stopped', async () => {
  const { breaks, stop } = start(() => new Promise(() => undefined));
  expect(breaks.isDue()).toBe(true);
  const taking = breaks.take();
  stop();
  await taking;
});
