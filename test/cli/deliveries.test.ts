import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { all, committer, delivery } from '../contract/ledger-fixtures.ts';
import { silent, storesUnderTest } from '../contract/stores.ts';
import { herald, heraldProcess, temporaryFolder } from './support.ts';

const rejected = { status: 'rejected', reason: 'channel_not_found', error: 'no such channel' } as const;

/** What the bridge leaves behind: one delivery under way, two given up. */
async function fill(url: string): Promise<string[]> {
  const store = await openStore(url, { log: silent });
  try {
    const ledger = createLedger(store);
    const commit = committer(ledger);
    const uids = ['a', 'b', 'c'];
    for (const uid of uids) await commit(uid, { add: [delivery(uid)] });
    const ids = uids.map((uid) => delivery(uid).id);
    for (const id of ids.slice(1)) await ledger.settle(id, { ...rejected, at: 1_795_348_800_000 });
    return ids;
  } finally {
    await store.close(5_000);
  }
}

describe.each(storesUnderTest())('deliveries in $name', ({ skipped, prepare }) => {
  let prepared: Awaited<ReturnType<typeof prepare>>;
  beforeAll(async () => {
    if (!skipped) prepared = await prepare();
  });
  afterAll(() => prepared?.remove());

  test.skipIf(skipped)('are shown, and retried once', async () => {
    const [pending = '', first = '', second = ''] = await fill(prepared.url);
    const queue = ['--queue', prepared.url];

    const failed = await herald(['deliveries', '--failed', '-o', 'json', ...queue]);
    expect(failed).toMatchObject({ code: 0, stderr: '' });
    const shown = JSON.parse(failed.stdout) as { id: string; reason: string }[];
    expect(new Set(shown.map(({ id }) => id))).toEqual(new Set([first, second]));
    expect(shown[0]).toMatchObject({ status: 'rejected', reason: 'channel_not_found' });

    const retried = await herald(['deliveries', 'retry', first.slice(0, 12), ...queue]);
    expect(retried).toMatchObject({ code: 0, stderr: '' });
    expect(retried.stdout).toMatch(/^1 delivery is due again;/);

    const after = await herald(['deliveries', ...queue]);
    const rows = after.stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 2).join(' '));
    expect(new Set(rows.slice(1, 4))).toEqual(
      new Set([
        `${second.slice(0, 12)} rejected`,
        `${first.slice(0, 12)} pending`,
        `${pending.slice(0, 12)} pending`,
      ]),
    );

    const discarded = await herald(['deliveries', 'discard', '--all', ...queue]);
    expect(discarded).toMatchObject({ code: 0, stderr: '' });
    expect(discarded.stdout).toBe('1 delivery is discarded, and will not be sent.\n');
    expect((await herald(['deliveries', '--failed', ...queue])).stdout).toBe('No deliveries.\n');
  });
});

describe('the embedded store', () => {
  test('that a bridge runs on is looked into, and what is retried the bridge sees', async () => {
    const directory = temporaryFolder();
    const queue = `sqlite:${directory}`;
    const [, first = '', second = ''] = await fill(queue);
    const store = await openStore(queue, { log: silent });
    try {
      const shown = await heraldProcess(['deliveries', '--queue', queue]);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).toContain(`${first.slice(0, 12)}  rejected`);
      const retried = await heraldProcess(['deliveries', 'retry', first, '--queue', queue]);
      expect(retried).toMatchObject({ code: 0, stderr: '' });
      const parked = (await all(createLedger(store).parked())).map(({ delivery }) => delivery.id);
      expect(parked).toEqual([second]);
    } finally {
      await store.close(5_000);
    }
  });

  test('that was never made is not made by looking', async () => {
    const home = temporaryFolder();
    expect(await herald(['deliveries'], { home })).toEqual({
      code: 2,
      stdout: '',
      stderr: `herald deliveries: nothing is kept in ${home}/.local/state/herald: give --queue as the bridge has it\n`,
    });
  });
});
