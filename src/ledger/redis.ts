import { withDeadline } from '../store/deadline.ts';
import { createScript } from '../store/redis-script.ts';
import type { RedisStore } from '../store/store.ts';
import type { Ledger } from './ledger.ts';
import { assertBounded, chunks } from './pieces.ts';
import * as scripts from './redis-scripts.ts';
import {
  begunOf,
  bytesOfValue,
  deliveryOf,
  factsOfBody,
  mayHaveArrived,
  parkedCounts,
  parkedOf,
  rowOf,
  rowsOfDeliveries,
  textOfMark,
  textOfSettlement,
} from './row-bytes.ts';
import { type Row, type RowKind, rowKinds } from './rows.ts';
import { createSnapshots } from './snapshots.ts';

const pageSize = 200;

/** The ledger in Redis 7 or Valkey; its keys are listed in redis-scripts.ts. */
export function createRedisLedger(store: RedisStore, options: { deadline: number }): Ledger {
  const memory = createSnapshots();
  const { client, prefix } = store;
  const load = createScript(client, 'heraldLoad', scripts.loadScript);
  const commit = createScript(client, 'heraldCommit', scripts.commitScript);
  const put = createScript(client, 'heraldPut', scripts.putScript);
  const pruneRows = createScript(client, 'heraldPruneRows', scripts.pruneRowsScript);
  const begin = createScript(client, 'heraldBegin', scripts.beginScript);
  const abandon = createScript(client, 'heraldAbandon', scripts.abandonScript);
  const settle = createScript(client, 'heraldSettle', scripts.settleScript);
  const unpark = createScript(client, 'heraldUnpark', scripts.unparkScript);
  const discard = createScript(client, 'heraldDiscard', scripts.discardScript);
  const page = createScript(client, 'heraldPage', scripts.pageScript);

  async function bounded<T>(what: string, promise: Promise<T>): Promise<T> {
    try {
      return await withDeadline(promise, options.deadline, what, store.clock);
    } catch (error) {
      throw new Error(`${what} in the ledger failed: ${(error as Error).message}`, { cause: error });
    }
  }

  const hashOf = (kind: RowKind, scope: string) => `${prefix}:rows:${kind}:${scope}`;

  async function rowsIn<Kind extends RowKind>(scope: string, kinds: readonly Kind[]): Promise<Row<Kind>[]> {
    const answer = (await load([prefix, scope, ...kinds])) as Buffer[];
    return Array.from({ length: answer.length / 3 }, (_, index) => {
      const [kind, key, stored] = answer.slice(index * 3, index * 3 + 3) as [Buffer, Buffer, Buffer];
      return storedRow(String(kind) as Kind, String(key), stored);
    });
  }

  /** Deliveries of a sorted set from one end to the other; the score from which to go on, and how many had it. */
  async function* pagesOf(set: 'pending' | 'parked'): AsyncIterable<{ body: string; settlement: string }[]> {
    const isNewestFirst = set === 'parked';
    const end = isNewestFirst ? '-inf' : '+inf';
    const order = isNewestFirst ? 'REV' : '';
    for (let from = isNewestFirst ? '+inf' : '-inf', seen = 0; ; ) {
      const values = [prefix, set, from, end, order, `${seen}`, `${pageSize}`];
      const answer = ((await bounded('Reading', page(values))) as Buffer[]).map(String);
      const found = chunks(answer, 3).map(([score = '', body = '', settlement = '']) => ({
        score,
        body,
        settlement,
      }));
      yield found.filter(({ body }) => body !== '');
      const last = found.at(-1)?.score;
      if (last === undefined || found.length < pageSize) return;
      const alike = found.filter(({ score }) => score === last).length;
      seen = last === from ? seen + alike : alike;
      from = last;
    }
  }

  async function inPieces<T>(ids: readonly string[], run: (some: string[]) => Promise<T>): Promise<T[]> {
    const answers: T[] = [];
    for (const some of chunks([...new Set(ids)], pageSize)) answers.push(await run(some));
    return answers;
  }

  async function discardAll(ids: readonly string[]): Promise<number> {
    const counts = await inPieces(ids, (some) => bounded('Discarding', discard([prefix, ...some])));
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  }

  return {
    async *rows(kind, isWanted = () => true) {
      const scopes = `${prefix}:scopes:${kind}`;
      for (let from = '-'; ; ) {
        const some = await bounded(
          'Reading',
          client.zrange(scopes, from, '+', 'BYLEX', 'LIMIT', 0, pageSize),
        );
        const found = await bounded(
          'Reading',
          Promise.all(
            some
              .filter(isWanted)
              .map(async (scope) => (await rowsIn(scope, [kind])).map((row) => ({ ...row, scope }))),
          ),
        );
        yield found.flat();
        const last = some.at(-1);
        if (last === undefined || some.length < pageSize) return;
        from = `(${last}`;
      }
    },
    load: (scope, kinds) => bounded('Loading', rowsIn(scope, kinds)),
    async read(scope, kind, keys) {
      assertBounded(keys.length);
      if (keys.length === 0) return [];
      const found = await bounded('Reading', client.hmgetBuffer(hashOf(kind, scope), ...keys));
      return found.flatMap((stored, index) => (stored ? [storedRow(kind, keys[index] ?? '', stored)] : []));
    },
    async commit(scope, { term, number }, { clear = false, remove = [], put = [], add = [] }) {
      assertBounded(remove.length + put.length + add.length);
      const { deliveries, snapshots } = rowsOfDeliveries(add, memory);
      const cleared = clear ? rowKinds : [];
      const values = [
        prefix,
        `${term}`,
        `${number}`,
        scope,
        `${cleared.length}`,
        ...cleared,
        `${remove.length}`,
        ...remove.flatMap(({ kind, key }) => [kind, key]),
        `${put.length}`,
        ...put.flatMap((row) => [row.kind, row.key, expiryOf(row), bytesOfValue(row.value)]),
        `${deliveries.length}`,
        ...deliveries.flatMap((row) => [row.id, row.lane, row.service, row.body, row.snapshots.join(' ')]),
        `${snapshots.size}`,
        ...[...snapshots].flat(),
      ];
      const ready = (await bounded('Writing', commit(values))) as Buffer[] | null;
      return ready === null ? { fenced: true } : { fenced: false, ready: ready.map(String) };
    },
    async put({ scope, ...row }) {
      const values = [prefix, scope, row.kind, row.key, expiryOf(row), bytesOfValue(row.value)];
      await bounded('Writing', put(values));
    },
    async prune({ expired, parked }) {
      let pruned = 0;
      for (;;) {
        const values = [prefix, `${Math.trunc(expired)}`, `${pageSize}`];
        const [seen, removed] = (await bounded('Pruning', pruneRows(values))) as [number, number];
        pruned += removed;
        if (seen < pageSize) break;
      }
      for (;;) {
        const before = `(${Math.trunc(parked)}`;
        const ids = await bounded(
          'Pruning',
          client.zrange(`${prefix}:parked`, '-inf', before, 'BYSCORE', 'LIMIT', 0, pageSize),
        );
        pruned += await discardAll(ids);
        if (ids.length < pageSize) return pruned;
      }
    },
    async *pending() {
      for await (const some of pagesOf('pending')) yield some.map(({ body }) => factsOfBody(body));
    },
    async *ready() {
      for (let from = '-inf'; ; ) {
        const found = await bounded(
          'Reading',
          client.zrange(`${prefix}:ready`, from, '+inf', 'BYSCORE', 'LIMIT', 0, pageSize, 'WITHSCORES'),
        );
        if (found.length > 0) yield found.filter((_, index) => index % 2 === 0);
        if (found.length < 2 * pageSize) return;
        from = `(${found.at(-1)}`;
      }
    },
    async begin(id, attempt, replaces) {
      const values = [prefix, id, textOfMark(attempt), replaces ? textOfMark(replaces) : ''];
      const [answer, body, digests, ...packed] = (await bounded('Writing', begin(values))) as Buffer[];
      return begunOf(String(answer), () =>
        deliveryOf(String(body), String(digests).split(' '), (_, index) => packed[index], memory),
      );
    },
    async abandon(id, attempt) {
      await bounded('Writing', abandon([prefix, id, textOfMark(attempt)]));
    },
    async settle(id, settlement) {
      const text = settlement.status === 'sent' ? '' : textOfSettlement(settlement);
      const values = [prefix, id, `${Math.trunc(settlement.at)}`, text];
      const [settled, next] = (await bounded('Settling', settle(values))) as [number, Buffer?];
      return { settled: settled === 1, ...(next ? { next: String(next) } : {}) };
    },
    async *parked() {
      for await (const some of pagesOf('parked')) {
        yield some.flatMap(({ body, settlement }) => (settlement === '' ? [] : [parkedOf(body, settlement)]));
      }
    },
    async parkedAmong(ids) {
      assertBounded(ids.length);
      if (ids.length === 0) return [];
      const reading = ids.map((id) => client.hget(`${prefix}:delivery:${id}`, 'settlement'));
      const settlements = await bounded('Reading', Promise.all(reading));
      return ids.flatMap((id, index) => {
        const settlement = settlements[index] ?? '';
        return settlement === '' ? [] : [{ id, mayHaveArrived: mayHaveArrived(String(settlement)) }];
      });
    },
    async countParked() {
      const counts = await bounded('Counting', client.hgetall(`${prefix}:parked:services`));
      return parkedCounts(Object.entries(counts).map(([service, count]) => [service, Number(count)]));
    },
    async unpark(ids) {
      const ready = await inPieces(ids, (some) => bounded('Unparking', unpark([prefix, ...some])));
      return (ready as Buffer[][]).flat().map(String);
    },
    discard: discardAll,
  };
}

function expiryOf({ expiresAt }: Row): string {
  return expiresAt === undefined ? '' : `${Math.trunc(expiresAt)}`;
}

function storedRow<Kind extends RowKind>(kind: Kind, key: string, stored: Buffer): Row<Kind> {
  const end = stored.indexOf(0x0a);
  const expiresAt = end === 0 ? undefined : Number(stored.toString('latin1', 0, end));
  return rowOf(kind, key, stored.subarray(end + 1), expiresAt);
}
