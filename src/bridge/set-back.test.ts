import { expect, it } from 'vitest';
import { createSimulatedClock } from '../simulated-clock.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createSetBack } from './set-back.ts';

it('hurries what was put off after the clock was set back, twice, and again where that failed', async () => {
  const clock = createSimulatedClock(Date.UTC(2026, 0, 1));
  const calls: string[] = [];
  let fails = 1;
  const { log, messages } = recordLog();
  const setBack = createSetBack({
    clock,
    async hurry() {
      calls.push('hurry');
      if (fails-- > 0) throw new Error('away');
    },
    reset: () => calls.push('reset'),
    log,
  });
  const second = async () => {
    await clock.advance(1_000);
    await setBack().catch(() => undefined);
  };
  await second();
  clock.set(clock.now() + 3_600_000);
  await second();
  expect(calls).toEqual([]);
  clock.set(clock.now() - 7_200_000);
  for (let round = 0; round < 5; round += 1) await second();
  expect(calls).toEqual(['reset', 'hurry', 'hurry', 'hurry']);
  expect(messages()).toEqual(['The clock was set back: what is put off is looked at now']);
});
