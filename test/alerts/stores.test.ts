import { describe, expect, it } from 'vitest';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { openForTest, storesUnderTest } from '../contract/stores.ts';
import { alertsOf, bad, gone, nothing, play, restart, type Story, well } from './timeline.ts';

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
      const { lines, world } = await play(config, story, { ledger: createLedger(store) });
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
});
