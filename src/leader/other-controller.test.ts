import { expect, it } from 'vitest';
import { notifiedAnnotation } from '../alerts/notified-annotation.ts';
import type { Application } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application } from '../testing/fixtures.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createOtherController } from './other-controller.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

function watch() {
  const clock = createSimulatedClock(start);
  const { log, lines } = recordLog();
  const gauge: boolean[] = [];
  const metrics = { setOtherController: (isActive: boolean) => void gauge.push(isActive) };
  const others = createOtherController({ metrics, log, clock });
  let shown: Application | undefined;
  return {
    clock,
    others,
    gauge,
    said: () => lines.filter(({ level }) => level === 'error'),
    /** The annotation as the watch shows it next; keys notified now, unless a time is given. */
    show(keys: Record<string, number | undefined>, notifiedBy?: string) {
      const seconds = Object.entries(keys).map(([key, at]) => [key, Math.floor((at ?? clock.now()) / 1000)]);
      const text = JSON.stringify(Object.fromEntries(seconds));
      const { notifiedBy: _notifiedBy, ...bare } = application('shop', {
        annotations: { [notifiedAnnotation]: text },
      });
      const next = { ...bare, ...(notifiedBy === undefined ? {} : { notifiedBy }) };
      others.observed(next, shown);
      shown = next;
    },
  };
}

it('is seen by what it writes while Herald watches, not by what it had written before', () => {
  const { others, show, said, gauge } = watch();
  show({ old: start - 60 * minute }, 'argocd-notifications');
  expect(others.seen()).toBeUndefined();
  show({ old: start - 60 * minute, fresh: undefined }, 'argocd-notifications');
  expect(others.seen()).toEqual({ manager: 'argocd-notifications', at: start });
  expect(gauge).toEqual([true]);
  expect(said()).toMatchObject([
    {
      msg: 'Another controller notifies of the same Applications: each message is sent twice',
      manager: 'argocd-notifications',
      writes: 1,
      mend: expect.stringContaining('replicas 0'),
    },
  ]);
});

it('is said once an hour, with how often it wrote, and is over an hour after the last time', async () => {
  const { clock, others, show, said, gauge } = watch();
  show({});
  for (let at = 0; at <= 90; at += 10) {
    show({ a: undefined }, 'argocd-notifications');
    await clock.advance(10 * minute);
  }
  expect(said().map(({ writes }) => writes)).toEqual([1, 6]);
  await clock.advance(49 * minute);
  expect(others.seen()).toBeDefined();
  await clock.advance(2 * minute);
  expect(others.seen()).toBeUndefined();
  expect(gauge.at(-1)).toBe(false);
});

it.each<[string, (shown: ReturnType<typeof watch>) => void]>([
  ['Herald itself', ({ show }) => show({ a: undefined }, 'herald')],
  ['somebody who is not known', ({ show }) => show({ a: undefined })],
  ['who takes it away', ({ show }) => show({}, 'terraform')],
  [
    'who puts back an older one',
    ({ show }) => show({ a: start - 10 * minute }, 'argocd-applicationset-controller'),
  ],
])('is not %s', (_who, write) => {
  const shown = watch();
  shown.show({});
  write(shown);
  expect(shown.others.seen()).toBeUndefined();
  expect(shown.said()).toEqual([]);
  expect(shown.gauge).toEqual([]);
});

it('is nothing that a term leaves behind', () => {
  const { others, show, gauge } = watch();
  show({});
  show({ a: undefined }, 'argocd-notifications');
  others.stop();
  expect(gauge).toEqual([true, false]);
});
