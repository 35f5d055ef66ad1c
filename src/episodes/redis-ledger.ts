import type { Delivery } from '../model.ts';
import { withDeadline } from '../store/deadline.ts';
import { unpack } from '../store/pack.ts';
import { createScript } from '../store/redis-script.ts';
import type { RedisStore } from '../store/store.ts';
import type { ApplicationRecord, Ledger, LoadedApplication } from './ledger.ts';
import {
  type ChangeRows,
  deliveryOfRow,
  type EpisodeRow,
  episodeOfRow,
  parkedOfRow,
  rowsOfChange,
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

  async function loadOne(uid: string): Promise<LoadedApplication | undefined> {
    const [record, ...episodes] = (await load([prefix, uid])) as Buffer[];
    if (record === undefined) return undefined;
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
    yield* chunks(await bounded('Reading', client.zrange(`${prefix}:applications`, '0', '-1')));
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
        yield loaded.filter((each) => each !== undefined);
      }
    },
    async apply(uid, change) {
      const answer = await bounded('Writing', apply([prefix, uid, ...argumentsOf(rowsOfChange(change))]));
      return { suppressed: (answer as Buffer[]).map(String) };
    },
    async forget(uid) {
      await bounded('Forgetting an Application', forget([prefix, uid]));
    },
    async *pending() {
      const ids = await bounded('Reading', client.zrange(`${prefix}:pending`, '0', '-1'));
      for (const page of chunks(ids)) {
        const found = await read(page);
        yield found.filter(({ settlement }) => settlement === '').map(({ delivery }) => delivery);
      }
    },
    async isPending(id) {
      return (await bounded('Reading', client.zscore(`${prefix}:pending`, id))) !== null;
    },
    async settle(id, settlement) {
      const sent = settlement.status === 'sent' ? '1' : '0';
      const text = textOfSettlement(settlement) ?? '';
      await bounded('Settling', settle([prefix, id, sent, `${Math.trunc(settlement.at)}`, text]));
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
      row.snapshot,
      `${row.observedAt}`,
    ]),
    `${snapshots.size}`,
    ...[...snapshots].flat(),
  ];
}

function* chunks<T>(items: T[]): Iterable<T[]> {
  for (let start = 0; start < items.length; start += pageSize) yield items.slice(start, start + pageSize);
}
