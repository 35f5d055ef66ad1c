import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { OngoingNotice } from '../../src/ledger/rows.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { firingAlert } from '../../src/testing/firing-alert.ts';
import { committer } from '../contract/ledger-fixtures.ts';
import { silent, storesUnderTest } from '../contract/stores.ts';
import { herald, heraldProcess, temporaryFile, temporaryFolder } from './support.ts';

const now = Date.UTC(2026, 10, 28, 12);
const hour = 3_600_000;

const alert = firingAlert(now);
const notice: OngoingNotice = {
  configNamespace: 'argocd',
  destination: { service: 'slack', recipient: 'ops' },
  createdAt: now - hour,
  told: { at: now - hour, root: 'r', delivery: 'r', firing: { [alert.key]: 'critical' }, acknowledged: [] },
};

/** A bridge has opened the store, and has it open until the test is over. */
async function bridgeOn(url: string) {
  const store = await openStore(url, { log: silent });
  onTestFinished(() => store.close(5_000));
  const ledger = createLedger(store);
  await committer(ledger)('u', {
    put: [
      { kind: 'alert', key: alert.key, value: alert },
      { kind: 'ongoing', key: 'n', value: notice },
    ],
  });
  return ledger;
}

describe.each(storesUnderTest())('beside a bridge on $name', ({ skipped, prepare }) => {
  let prepared: Awaited<ReturnType<typeof prepare>>;
  beforeAll(async () => {
    if (!skipped) prepared = await prepare();
  });
  afterAll(() => prepared?.remove());

  test.skipIf(skipped)('silences and acknowledgements are written for it to read', async () => {
    const ledger = await bridgeOn(prepared.url);
    const run = async (...argv: string[]) => {
      const finished = await herald([...argv, '--queue', prepared.url], { now: () => now });
      expect(finished).toMatchObject({ code: 0, stderr: '' });
      return finished.stdout.trimEnd();
    };

    const id = await run('silence', 'add', 'name=shop', '-d', '2h', '-a', 'ana', '-c', 'a move');
    expect(await ledger.load('silences', ['silence'])).toMatchObject([
      { key: id, value: { matchers: [['name="shop"']], startsAt: now, endsAt: now + 2 * hour } },
    ]);
    expect(await run('silence', 'list', '-q')).toBe(id);
    const file = temporaryFile('silences.json', await run('silence', 'list', '-o', 'json'));
    await run('silence', 'expire', id);
    expect(await run('silence', 'list')).toBe('No silences.');
    expect(await run('silence', 'import', '--force', file)).not.toBe(id);
    expect(await run('silence', 'list')).toContain('a move');

    expect(await run('alerts', '--firing')).toContain('slack:ops 2026-11-28T11:00:00Z');
    await run('alerts', 'ack', 'abcdef', '-a', 'ana', '-c', 'on it');
    expect(await ledger.load('acknowledgements', ['acknowledgement'])).toMatchObject([
      { key: alert.key, value: { at: now, by: 'ana', comment: 'on it' } },
    ]);
    expect(await run('alerts', 'show', 'abcdef')).toContain('2026-11-28T12:00:00Z by ana: on it');

    // What is long over the bridge removes.
    await ledger.prune({ expired: now + 6 * 24 * hour, parked: 0 });
    expect(await ledger.load('silences', ['silence'])).toEqual([]);
    expect(await ledger.load('acknowledgements', ['acknowledgement'])).toEqual([]);
  });
});

test('from a process of its own, as in the container of the bridge', async () => {
  const queue = `sqlite:${temporaryFolder()}`;
  const ledger = await bridgeOn(queue);
  const added = await heraldProcess([
    'silence',
    'add',
    'name=shop',
    '-c',
    'x',
    '--author',
    'ana',
    '--queue',
    queue,
  ]);
  expect(added).toMatchObject({ code: 0, stderr: '' });
  expect((await ledger.load('silences', ['silence'])).map(({ key }) => key)).toEqual([added.stdout.trim()]);
  const stdin = JSON.stringify([
    {
      matchers: [{ name: 'name', value: 'pay', isRegex: false }],
      startsAt: '2026-11-28T00:00:00Z',
      endsAt: '2126-11-28T00:00:00Z',
      createdBy: 'ana',
      comment: '',
    },
  ]);
  expect(await heraldProcess(['silence', 'import', '--queue', queue], { stdin })).toMatchObject({ code: 0 });
  expect(await ledger.load('silences', ['silence'])).toHaveLength(2);
});
