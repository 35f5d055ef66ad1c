import { expect, it } from 'vitest';
import type { ConfigChange } from '../configurations/configurations.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { snapshot } from '../testing/fixtures.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createRevival } from './revival.ts';

const change: ConfigChange = { namespace: 'argocd', services: new Set(['console']), templates: new Set() };

function setUp({ isNew = true, fails = false } = {}) {
  const clock = createSimulatedClock(Date.UTC(2026, 0, 1));
  const { log, messages } = recordLog();
  const stopping = new AbortController();
  const looked: number[] = [];
  let remembered = 0;
  const revive = createRevival(
    {
      opened: Promise.resolve({
        ledger: {
          parked: async function* () {
            looked.push(clock.monotonic());
            if (fails) throw new Error('away');
            yield [];
          },
        },
      } as never),
      memory: {
        isNew: async () => isNew,
        remember: async () => {
          remembered += 1;
        },
      },
      signal: stopping.signal,
      clock,
      log,
    },
    { maxAge: 86_400_000, attempts: 22_000 },
  );
  return { revive, clock, looked, messages, stopping, remembered: () => remembered };
}

it('looks at what is parked at once, and again when attempts that were under way are over', async () => {
  const { revive, clock, looked, remembered } = setUp();
  const done = revive(snapshot(), change);
  await clock.advance(21_999);
  expect([looked, remembered()]).toEqual([[0], 1]);
  await clock.advance(1);
  await done;
  expect(looked).toEqual([0, 22_000]);
});

it('does nothing with a configuration that was tried before, as at a start', async () => {
  const { revive, clock, looked } = setUp({ isNew: false });
  await revive(snapshot(), change);
  await clock.advance(60_000);
  expect(looked).toEqual([]);
});

it('says that it could not, and does not remember', async () => {
  const { revive, messages, remembered } = setUp({ fails: true });
  await revive(snapshot(), change);
  expect([messages(), remembered()]).toEqual([['Could not try parked deliveries again'], 0]);
});

it('ends with the process, silently', async () => {
  const { revive, clock, looked, messages, stopping } = setUp();
  const done = revive(snapshot(), change);
  await clock.settle();
  stopping.abort();
  await done;
  expect([looked, messages()]).toEqual([[0], []]);
});
