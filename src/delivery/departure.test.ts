import { expect, test } from 'vitest';
import { createSimulatedClock } from '../simulated-clock.ts';
import { createDeparture } from './departure.ts';

function setUp() {
  const clock = createSimulatedClock(0);
  const ledger = { asked: 0, ours: true };
  const departure = createDeparture({
    mark: { since: 0, until: 11_000, by: 'x' },
    settling: 2_000,
    isOurs: async () => {
      ledger.asked += 1;
      return ledger.ours;
    },
    clock,
  });
  return { clock, ledger, departure, pass: clock.skip };
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
  suspended.clock.set(9_400);
  expect(suspended.departure.isOpen()).toBe(false);
  const setBack = setUp();
  setBack.pass(5_000);
  setBack.clock.set(5_000 - 3_600_000);
  expect(setBack.departure.isOpen()).toBe(true);
  setBack.pass(4_400);
  expect(setBack.departure.isOpen()).toBe(false);
});

test('asks whether the mark still stands when it was made a while ago', async () => {
  const { ledger, departure, pass } = setUp();
  ledger.ours = false;
  expect(await departure.confirm()).toBe(true);
  expect(ledger.asked).toBe(0);
  pass(1_500);
  expect(await departure.confirm()).toBe(false);
  ledger.ours = true;
  expect([await departure.confirm(), await departure.confirm()]).toEqual([true, true]);
  expect(ledger.asked).toBe(2);
});
