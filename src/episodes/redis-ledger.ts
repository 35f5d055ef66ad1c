import type { Delivery } from '../model.ts';
import { withDeadline } from '../store/deadline.ts';
import { unpack } from '../store/pack.ts';
import { createScript } from '../store/redis-script.ts';
import type { RedisStore } from '../store/store.ts';
import type { ApplicationRecord, GoneApplication, Ledger, LoadedApplication } from './ledger.ts';
import {
  begunOf,
  type ChangeRows,
  deliveryOfRow,
  type EpisodeRow,
  episodeOfRow,
  parkedOfRow,
  rowsOfChange,
  textOfMark,
  textOfSettlement,
} from './ledger-rows.ts';
import * as scripts from './redis-ledger-scripts.ts';

const pageSize = 200;
const pruneBatch = 500;

/** The ledger in Redis 7 or Valkey; its keys are listed in redis-ledger-scripts.ts. */
export function createRedisLedger(store: RedisStore, options: { deadline: number }): Ledger {
  const { client, prefix } = store;
  const apply = createScript(client, 'heraldApply', scripts.applyScript);
  const load = createScript(client, 'heraldLoad', scripts.loadScript);
  const forget = createScript(client, 'heraldForget', scripts.forgetScript);
  const setProgress = createScript(client, 'heraldSetProgress', scripts.setProgressScript);
  const enlist = createScript(client, 'heraldEnlist', scripts.enlistScript);
  const begin = createScript(client, 'heraldBegin', scripts.beginScript);
  const abandon = createScript(client, 'heraldAbandon', scripts.abandonScript);
  const settle = createScript(client, 'heraldSettle', scripts.settleScript);
  const deliveries = createScript(client, 'heraldDeliveries', scripts.deliveriesScript);
  const unpark = createScript(client, 'heraldUnpark', scripts.unparkScript);
  const pruneEpisodes = createScript(client, 'heraldPruneEpisodes', scripts.pruneEpisodesScript);
  const pruneParked = createScript(client, 'heraldPruneParked', scripts.pruneParkedScript);

  async function bounded<T>(what: string, promise: Promise<T>): Promise<T> {
    try {
      return await withDeadline(promise, options.deadline, what);
    } catch (error) {
      throw new Error(`${what} in the ledger failed: ${(error as Error).message}`, { cause: error });
    }
  }

  async function loadOne(uid: string): Promise<LoadedApplication | GoneApplication | undefined> {
    const [record, ...episodes] = (await load([prefix, uid])) as Buffer[];
    if (record === undefined || record.length === 0) {
      return episodes[0] && { goneAt: episodes[0].toString('utf8') };
    }
    return {
      record: unpack<ApplicationRecord>(record),
      episodes: episodes.map((each) => {
        const text = each.toString('utf8');
        const end = text.indexOf('\n');
        return episodeOfRow(text.slice(end + 1), Number(text.slice(0, end)));
      }),
    };
  }

  async function* uidPages(): AsyncIterable<string[]> {
    yield* chunks(await bounded('Reading', client.zrange(`${prefix}:uids`, '0', '-1')));
  }

  async function read(ids: string[]): Promise<{ delivery: Delivery; settlement: string }[]> {
    if (ids.length === 0) return [];
    const answer = (await bounded('Reading', deliveries([prefix, ...ids]))) as Buffer[];
    return Array.from({ length: answer.length / 4 }, (_, index) => {
      const [, body, packed, settlement] = answer.slice(index * 4, index * 4 + 4) as [
        Buffer,
        Buffer,
        Buffer,
        Buffer,
      ];
      return {
        delivery: deliveryOfRow(body.toString('utf8'), packed),
        settlement: settlement.toString('utf8'),
      };
    });
  }

  return {
    async *applications() {
      for await (const uids of uidPages()) {
        const keys = uids.map((uid) => `${prefix}:application:${uid}`);
        const records = await bounded('Reading', client.mgetBuffer(keys));
        yield records.filter((record) => record !== null).map((record) => unpack<ApplicationRecord>(record));
      }
    },
    load: (uid) => bounded('Loading', loadOne(uid)),
    async *loadAll() {
      for await (const uids of uidPages()) {
        const loaded = await bounded('Loading', Promise.all(uids.map(loadOne)));
        yield loaded.filter((each) => each !== undefined && 'record' in each);
      }
    },
    async apply(uid, change, term) {
      const rows = argumentsOf(rowsOfChange(change));
      const answer = await bounded('Writing', apply([prefix, `${term}`, uid, ...rows]));
      const [fenced, suppressed, due] = answer as [number, Buffer[], Buffer[]];
      return fenced === 1
        ? { fenced: true }
        : { fenced: false, suppressed: suppressed.map(String), ready: due.map(String) };
    },
    async forget(uid, revision, term) {
      const values = [prefix, `${term}`, uid, revision];
      return { fenced: (await bounded('Forgetting an Application', forget(values))) === 1 };
    },
    async progress() {
      return (await bounded('Reading', client.get(`${prefix}:progress`))) ?? undefined;
    },
    async setProgress(revision, term) {
      const answer = await bounded('Writing', setProgress([prefix, `${term}`, revision]));
      return { fenced: answer === 1 };
    },
    async *pending() {
      const ids = await bounded('Reading', client.zrange(`${prefix}:pending`, '0', '-1'));
      for (const page of chunks(ids)) {
        const found = await read(page);
        yield found.filter(({ settlement }) => settlement === '').map(({ delivery }) => delivery);
      }
    },
    async *ready() {
      for (const [first, last] of pages()) {
        const seen = await bounded('Writing', enlist([prefix, first, last]));
        if (Number(seen) < pageSize) break;
      }
      for (const [first, last] of pages()) {
        const ids = await bounded('Reading', client.zrange(`${prefix}:ready`, first, last));
        if (ids.length > 0) yield ids;
        if (ids.length < pageSize) return;
      }
    },
    async read(ids) {
      return (await read(ids)).filter(({ settlement }) => settlement === '').map(({ delivery }) => delivery);
    },
    async begin(id, attempt, replaces) {
      const values = [prefix, id, textOfMark(attempt), replaces ? textOfMark(replaces) : ''];
      return begunOf(String(await bounded('Writing', begin(values))));
    },
    async abandon(id, attempt) {
      await bounded('Writing', abandon([prefix, id, textOfMark(attempt)]));
    },
    async settle(id, settlement) {
      const sent = settlement.status === 'sent' ? '1' : '0';
      const text = textOfSettlement(settlement) ?? '';
      const values = [prefix, id, sent, `${Math.trunc(settlement.at)}`, text];
      const [settled, open, head] = (await bounded('Settling', settle(values))) as [number, number, Buffer?];
      const [next] = head ? await read([String(head)]) : [];
      return { settled: settled === 1, open: open === 1, ...(next ? { next: next.delivery } : {}) };
    },
    async parked(limit) {
      const ids = await bounded('Reading', client.zrange(`${prefix}:parked`, '0', `${limit - 1}`, 'REV'));
      const parked = [];
      for (const page of chunks(ids)) {
        for (const { delivery, settlement } of await read(page)) {
          if (settlement !== '') parked.push(parkedOfRow(delivery, settlement));
        }
      }
      return parked;
    },
    async unpark(ids) {
      const pending = ((await bounded('Unparking', unpark([prefix, ...new Set(ids)]))) as Buffer[]).map(
        String,
      );
      const found = (await read(pending)).map(({ delivery }) => delivery);
      return found.sort((a, b) => a.observedAt - b.observedAt || (a.id < b.id ? -1 : 1));
    },
    async prune(before) {
      const limit = `${Math.trunc(before)}`;
      let pruned = 0;
      for await (const uids of uidPages()) {
        const counts = await bounded(
          'Pruning',
          Promise.all(uids.map((uid) => pruneEpisodes([prefix, uid, limit]))),
        );
        pruned += counts.reduce<number>((sum, count) => sum + Number(count), 0);
      }
      for (;;) {
        const count = Number(await bounded('Pruning', pruneParked([prefix, limit, `${pruneBatch}`])));
        pruned += count;
        if (count < pruneBatch) return pruned;
      }
    },
  };
}

function argumentsOf({ record, end, imports, confirm, claims, snapshots }: ChangeRows): (string | Buffer)[] {
  const start = (row: EpisodeRow) => [row.key, row.once ? '1' : '0', row.slot, row.record];
  return [
    record ? '1' : '0',
    record ?? '',
    `${end.length}`,
    ...end,
    `${imports.length}`,
    ...imports.flatMap((row) => [...start(row), `${row.notifiedAt}`, `${row.openedAt}`]),
    `${Math.trunc(confirm.at)}`,
    `${confirm.keys.length}`,
    ...confirm.keys,
    `${claims.length}`,
    ...claims.flatMap((row) => [
      ...start(row),
      `${row.openedAt}`,
      row.id,
      row.body,
      row.lane,
      row.snapshot,
      `${row.observedAt}`,
    ]),
    `${snapshots.size}`,
    ...[...snapshots].flat(),
  ];
}

/** First and last index of each page there may be. */
function* pages(): Iterable<[string, string]> {
  for (let first = 0; ; first += pageSize) yield [`${first}`, `${first + pageSize - 1}`];
}

function* chunks<T>(items: T[]): Iterable<T[]> {
  for (let start = 0; start < items.length; start += pageSize) yield items.slice(start, start + pageSize);
}
