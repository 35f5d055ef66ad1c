import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDeparture } from './departure.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

function setUp() {
  const clock = { wall: 0, asked: 0, ours: true };
  const departure = createDeparture({
    mark: { since: clock.wall, until: clock.wall + 11_000, by: 'x' },
    settling: 2_000,
    isOurs: async () => {
      clock.asked += 1;
      return clock.ours;
    },
    now: () => clock.wall,
  });
  const pass = (milliseconds: number) => {
    clock.wall += milliseconds;
    vi.advanceTimersByTime(milliseconds);
  };
  return { clock, departure, pass };
}

test('is open until what leaves would not arrive within the mark', () => {
  const { departure, pass } = setUp();
  expect(departure.left()).toBe(9_000);
  pass(8_999);
  expect(departure.isOpen()).toBe(true);
  pass(1);
  expect(departure.isOpen()).toBe(false);
  expect(departure.left()).toBe(0);
});

test('is over by whichever clock went on', () => {
  const suspended = setUp();
  suspended.clock.wall += 9_400;
  expect(suspended.departure.isOpen()).toBe(false);
  const setBack = setUp();
  setBack.pass(5_000);
  setBack.clock.wall -= 3_600_000;
  expect(setBack.departure.isOpen()).toBe(true);
  vi.advanceTimersByTime(4_400);
  expect(setBack.departure.isOpen()).toBe(false);
});

test('asks whether the mark still stands when it was made a while ago', async () => {
  const { clock, departure, pass } = setUp();
  clock.ours = false;
  expect(await departure.confirm()).toBe(true);
  expect(clock.asked).toBe(0);
  pass(1_500);
  expect(await departure.confirm()).toBe(false);
  clock.ours = true;
  expect([await departure.confirm(), await departure.confirm()]).toEqual([true, true]);
  expect(clock.asked).toBe(2);
});
