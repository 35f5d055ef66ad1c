import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import type { LedgerChange } from '../../src/episodes/ledger.ts';
import { rowsOfChange, textOfSettlement } from '../../src/episodes/ledger-rows.ts';
import { createLedger } from '../../src/episodes/store-ledger.ts';
import { migrations } from '../../src/store/schema.ts';
import { all, claim, loaded, record } from '../contract/ledger-fixtures.ts';
import { openForTest, type StoreUnderTest, storesUnderTest } from '../contract/stores.ts';

/*
 * What a process of release 0.1.0 has left in the store, before there were lanes, marks and terms: two deliveries of one
 * Application to one channel that are to be sent, and one that was parked.
 */
const [first, second, parked] = [
  claim('u', { openedAt: 1_000 }),
  claim('u', { trigger: 'on-health', openedAt: 2_000 }),
  claim('u', { trigger: 'on-created', openedAt: 500 }),
];
const change: LedgerChange = { record: record('u'), claim: [parked, first, second] };
const settlement = { status: 'rejected', at: 3_000, reason: 'not_in_channel', error: 'no' } as const;

const stores = storesUnderTest(14);
const named = (name: StoreUnderTest['name']) => {
  const found = stores.find((each) => each.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
};

/** Checks all that can be read, sends what is to be sent, and answers the ids in the order of sending. */
async function sendAll(url: string): Promise<string[]> {
  const store = await openForTest(url);
  const ledger = createLedger(store);
  const known = await loaded(ledger, 'u');
  expect(known?.record).toEqual(record('u'));
  expect(known?.episodes.map(({ key }) => key).toSorted()).toEqual(
    [first, second, parked].map(({ episode }) => episode.key).sort(),
  );
  expect(await all(ledger.pending())).toEqual([first.delivery, second.delivery]);
  expect(await ledger.parked(9)).toEqual([{ delivery: parked.delivery, ...settlement }]);
  expect(await ledger.progress()).toBeUndefined();

  // Everything that was to be sent is found, and can be, in its order.
  const queued: string[] = [];
  for (const delivery of await ledger.read(await all(ledger.ready()))) queued.push(delivery.id);
  const mark = { since: 1, until: 2, by: 'new' };
  for (const id of queued) {
    expect(await ledger.begin(id, mark)).toEqual({ status: 'begun' });
    const { next } = await ledger.settle(id, { status: 'sent', at: 4_000 });
    if (next) queued.push(next.id);
  }
  expect(await all(ledger.pending())).toEqual([]);
  expect(await ledger.unpark([parked.delivery.id])).toEqual([parked.delivery]);
  await store.close(5_000);
  return queued;
}

describe.skipIf(named('redis').skipped !== undefined)('Redis', () => {
  it('as 0.1.0 has left it is read, and nothing of it is lost', async () => {
    const { url, remove } = await named('redis').prepare();
    const store = await openForTest(url);
    const ledger = createLedger(store);
    await ledger.apply('u', change, 0);
    await ledger.settle(parked.delivery.id, settlement);
    await store.close(5_000);
    // What 0.1.0 did not write.
    const client = new Redis(url);
    const later = ['lane:*', 'lanes', 'ready', 'sequence', 'progress', 'lead', 'gone', 'members'];
    for (const pattern of later) {
      const keys = await client.keys(`herald:${pattern}`);
      if (keys.length > 0) await client.del(keys);
    }
    for (const key of await client.keys('herald:delivery:*')) await client.hdel(key, 'lane');
    await client.quit();
    expect(await sendAll(url)).toEqual([first.delivery.id, second.delivery.id]);
    await remove();
  });
});

describe.skipIf(named('postgres').skipped !== undefined)('PostgreSQL', () => {
  async function oldDatabase() {
    const { url, remove } = await named('postgres').prepare();
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE SCHEMA herald');
    await client.query(
      'CREATE TABLE herald.version (applied int PRIMARY KEY, oldest_reader int NOT NULL, at timestamptz NOT NULL DEFAULT now())',
    );
    await client.query(migrations[0]?.sql ?? '');
    await client.query('INSERT INTO herald.version (applied, oldest_reader) VALUES (1, 1)');
    return { url, remove, client };
  }

  /** As 0.1.0 called its functions. */
  async function apply(client: Client, uid: string, { claim: claims = [], record: of }: LedgerChange) {
    const rows = rowsOfChange({ claim: claims, ...(of ? { record: of } : {}) });
    const column = <K extends keyof (typeof rows.claims)[number]>(key: K) =>
      rows.claims.map((row) => row[key]);
    await client.query(
      `SELECT herald.apply_1($1, $2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 0,
        $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        uid,
        rows.record ?? null,
        column('key'),
        column('once'),
        column('slot'),
        column('record'),
        column('openedAt'),
        column('id'),
        column('body'),
        column('snapshot'),
        column('observedAt'),
        [...rows.snapshots.keys()],
        [...rows.snapshots.values()],
      ],
    );
  }
  const settle = (client: Client, id: string, how: Parameters<typeof textOfSettlement>[0]) =>
    client.query('SELECT * FROM herald.settle_1($1, $2, $3, $4)', [
      [id],
      [how.status === 'sent'],
      [how.at],
      [textOfSettlement(how) ?? null],
    ]);

  it('as 0.1.0 has left it is brought up to date, and nothing of it is lost', async () => {
    const { url, remove, client } = await oldDatabase();
    await apply(client, 'u', change);
    await settle(client, parked.delivery.id, settlement);
    await client.end();
    expect(await sendAll(url)).toEqual([first.delivery.id, second.delivery.id]);
    await remove();
  });

  it('lets a 0.1.0 that still runs settle what it has sent, and decide nothing', async () => {
    const { url, remove, client } = await oldDatabase();
    await apply(client, 'u', change);
    const store = await openForTest(url);
    const ledger = createLedger(store);
    await settle(client, first.delivery.id, { status: 'sent', at: 5_000 });
    await expect(apply(client, 'late', { claim: [claim('late')] })).rejects.toThrow(/a newer release/);
    await expect(client.query("SELECT herald.forget_1('u')")).rejects.toThrow(/a newer release/);
    await client.end();
    expect(await ledger.load('late')).toBeUndefined();
    expect((await all(ledger.pending())).map(({ id }) => id).toSorted()).toEqual(
      [second, parked].map(({ delivery }) => delivery.id).sort(),
    );
    const known = await loaded(ledger, 'u');
    expect(known?.episodes.find(({ key }) => key === first.episode.key)).toMatchObject({ notifiedAt: 5_000 });
    await store.close(5_000);
    await remove();
  });
});
