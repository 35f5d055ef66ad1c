import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/testing/intercept.ts';
import { openForTest, storesUnderTest } from '../contract/stores.ts';
import { runs } from '../runs.ts';
import { createOracle } from './oracle.ts';
import { alertsOf, bad, gone, nothing, play, restart, type Step, type Story, well } from './timeline.ts';

const config = {
  'trigger.on-degraded': `
- when: app.status.health.status == 'Degraded'
  send: [m]
  severity: warning
  repeat: 1h
  resolved: [m]`,
  groups: '[{match: {recipient: dev}, groupBy: [trigger], groupWait: 30s, groupInterval: 5m}]',
};
const to = { 'on-degraded': 'ops;dev' };
const story: Story = [
  ['0s', bad('a', { to }), bad('b', { to })],
  ['1m', restart],
  ['2m', (world) => world.silence('s', { matchers: [['name="a"']], endsAt: world.clock.now() + 1_200_000 })],
  ['3m', well('a', { to })],
  ['4m', restart],
  ['5m', (world) => world.acknowledge('b')],
  ['10m', gone('b')],
  ['11m', restart],
  ['30m', nothing],
  ['40m', restart],
];

const names = ['a', 'b', 'c'];
const name = fc.constantFrom(...names);
const shown = fc.constantFrom('Degraded', 'Healthy');
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, shown).map(([of, status]) => show(of, status)) },
  { weight: 1, arbitrary: name.map(deleted) },
  { weight: 2, arbitrary: fc.constant(killed(nothing)) },
  { weight: 2, arbitrary: fc.tuple(name, shown).map(([of, status]) => killed(show(of, status))) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 4_000 }).map(passing) },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fc.integer({ min: 1, max: 900 })).map(([of, seconds]) => silenced(of, seconds)),
  },
  {
    weight: 1,
    arbitrary: name.map(
      (of): Step =>
        (world) =>
          world.acknowledge(of),
    ),
  },
);
const faults = fc.array(fc.constantFrom<Fault>(undefined, undefined, 'before', 'after'), { maxLength: 30 });

function show(of: string, status: string): Step {
  return status === 'Degraded' ? bad(of, { to }) : well(of, { to });
}

/** What has the same uid again, as no object of a cluster has, comes later at least. */
function deleted(of: string): Step {
  return async (world) => {
    await gone(of)(world);
    world.clock.skip(10);
  };
}

/** The process dies while what it has seen is being written. */
function killed(step: Step): Step {
  return async (world) => {
    const seen = step(world);
    world.stop();
    // No two processes decide in the same millisecond.
    world.clock.skip(10);
    await world.start();
    await seen;
  };
}

function passing(seconds: number): Step {
  return (world) => world.pass(seconds * 1_000);
}

function silenced(of: string, seconds: number): Step {
  const matchers = [[`name="${of}"`]];
  return (world) => world.silence(of, { matchers, endsAt: world.clock.now() + seconds * 1_000 });
}

/** Whom what was told, in the order of each recipient. */
function byRecipient(lines: readonly string[]): Record<string, string[]> {
  const told = lines.map((line) => line.split(' ').slice(1));
  return Object.fromEntries(
    ['ops', 'dev'].map((name) => [
      name,
      told.filter(([recipient]) => recipient === name).map((words) => words.slice(1).join(' ')),
    ]),
  );
}

describe.each(storesUnderTest())('alerts on $name', ({ skipped, prepare }) => {
  it.skipIf(skipped)('are told as from memory, and leave nothing behind', async () => {
    const prepared = await prepare();
    const store = await openForTest(prepared.url);
    try {
      const { lines, world } = await play(config, story, { store });
      expect(byRecipient(lines)).toEqual(byRecipient((await play(config, story)).lines));
      expect(byRecipient(lines).dev).toEqual([
        'first +a +b',
        'acknowledged (silent) +b',
        'all resolved -b',
        'all resolved -a',
      ]);
      expect(await alertsOf(world)).toEqual([]);
      world.stop();
    } finally {
      await store.close(1_000);
      await prepared.remove();
    }
  });

  it.skipIf(skipped)('are told to their end, whatever comes, though writes fail', async () => {
    const some = fc.array(steps, { minLength: 5, maxLength: 15 });
    const checked = await fc.check(
      fc.asyncProperty(some, faults, async (begun, failing) => {
        const prepared = await prepare();
        const store = await openForTest(prepared.url);
        const left = [...failing];
        try {
          const end: Story = [
            ['20h', restart, ...names.map((of) => show(of, 'Healthy'))],
            ['22h', nothing],
          ];
          const { world } = await play(config, [['0s', ...begun], ...end], {
            store,
            fault: (call) => (call === 'commit' ? left.shift() : undefined),
          });
          const oracle = createOracle();
          for (const { delivery } of world.told) oracle.told(delivery);
          for (const { delivery } of world.told) oracle.heard(delivery);
          oracle.ended();
          expect(await alertsOf(world)).toEqual([]);
          world.stop();
        } finally {
          await store.close(1_000);
          await prepared.remove();
        }
      }),
      runs(50),
    );
    expect(checked.failed, `${fc.defaultReportMessage(checked)} ${String(checked.errorInstance)}`).toBe(
      false,
    );
  });
});
