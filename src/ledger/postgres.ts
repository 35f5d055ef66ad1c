import type { Delivery } from '../model.ts';
import { createBatcher } from '../store/batcher.ts';
import { withDeadline } from '../store/deadline.ts';
import { isDataError, isTransient } from '../store/postgres-errors.ts';
import type { PostgresStore } from '../store/store.ts';
import type { AttemptMark, Begun, Ledger, Settled, Settlement } from './ledger.ts';
import { assertBounded, chunks } from './pieces.ts';
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
const pruneBatch = 1_000;

interface StoredRow {
  scope: string;
  kind: RowKind;
  key: string;
  value: Buffer;
  expires_at: string | null;
}

interface BeginRow {
  answer: string | null;
  body: string | null;
  snapshots: string[] | null;
  snapshot: string | null;
  packed: Buffer | null;
}

/** The ledger in PostgreSQL; its tables and functions are in migrations/postgres.ts. */
export function createPostgresLedger(store: PostgresStore, options: { deadline: number }): Ledger {
  const memory = createSnapshots();
  const batching = { largest: 200, concurrency: 4, splits: isDataError };
  const loadOne = createBatcher(loadMany, batching);
  const beginOne = createBatcher(beginMany, batching);
  const settleOne = createBatcher(settleMany, batching);

  async function query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { rows } = await store.pool.query<Row>(text, values);
        return rows;
      } catch (error) {
        // Every statement here may be repeated.
        if (attempt === 3 || !isTransient(error)) throw error;
      }
    }
  }

  async function bounded<T>(what: string, promise: Promise<T>): Promise<T> {
    try {
      return await withDeadline(promise, options.deadline, what, store.clock);
    } catch (error) {
      throw new Error(`${what} in the ledger failed: ${(error as Error).message}`, { cause: error });
    }
  }

  async function loadMany(items: { scope: string; kinds: readonly RowKind[] }[]): Promise<Row[][]> {
    const kinds = new Set(items.flatMap((item) => item.kinds));
    const rows = await query<StoredRow>(
      'SELECT scope, kind, key, value, expires_at FROM herald.row WHERE kind = ANY ($1) AND scope = ANY ($2)',
      [[...kinds], [...new Set(items.map(({ scope }) => scope))]],
    );
    const byScope = Map.groupBy(rows, ({ scope }) => scope);
    return items.map(({ scope, kinds: wanted }) =>
      (byScope.get(scope) ?? []).filter(({ kind }) => wanted.includes(kind)).map((row) => decoded(row)),
    );
  }

  async function beginMany(
    items: { id: string; attempt: AttemptMark; replaces: AttemptMark | undefined }[],
  ): Promise<Begun[]> {
    const rows = await query<BeginRow>('SELECT * FROM herald.begin($1, $2, $3)', [
      items.map(({ id }) => id),
      items.map(({ attempt }) => textOfMark(attempt)),
      items.map(({ replaces }) => replaces && textOfMark(replaces)),
    ]);
    const packed = new Map(rows.map(({ snapshot, packed: bytes }) => [snapshot, bytes]));
    return rows.flatMap(({ answer, body, snapshots }) => {
      if (answer === null) return [];
      const delivery = (): Delivery =>
        deliveryOf(body ?? '', snapshots ?? [], (digest) => packed.get(digest) ?? undefined, memory);
      return [begunOf(answer, delivery)];
    });
  }

  async function settleMany(items: { id: string; settlement: Settlement }[]): Promise<Settled[]> {
    const rows = await query<{ settled: boolean; next: string | null }>(
      'SELECT settled, next FROM herald.settle($1, $2, $3)',
      [
        items.map(({ id }) => id),
        items.map(({ settlement }) => Math.trunc(settlement.at)),
        items.map(({ settlement }) => (settlement.status === 'sent' ? null : textOfSettlement(settlement))),
      ],
    );
    return rows.map(({ settled, next }) => ({ settled, ...(next === null ? {} : { next }) }));
  }

  async function* pages<Row extends object>(
    text: string,
    first: unknown[],
    next: (row: Row) => unknown[],
  ): AsyncIterable<Row[]> {
    for (let position = first; ; ) {
      const rows = await bounded('Reading', query<Row>(`${text} LIMIT ${pageSize}`, position));
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows;
      if (rows.length < pageSize) return;
      position = next(last);
    }
  }

  async function discard(ids: readonly string[]): Promise<number> {
    let discarded = 0;
    for (const some of chunks(ids, pageSize)) {
      const discarding = query<{ count: number }>('SELECT herald.discard($1) AS count', [some]);
      discarded += (await bounded('Discarding', discarding))[0]?.count ?? 0;
    }
    return discarded;
  }

  return {
    async *rows(kind, isWanted = () => true) {
      const text = `SELECT scope, kind, key, value, expires_at FROM herald.row
         WHERE kind = $1 AND (scope, key) > ($2, $3) ORDER BY scope, key`;
      const next = ({ scope, key }: StoredRow) => [kind, scope, key];
      for await (const rows of pages<StoredRow>(text, [kind, '', ''], next)) {
        const wanted = rows.filter(({ scope }) => isWanted(scope));
        yield wanted.map((row) => ({ ...decoded<typeof kind>(row), scope: row.scope }));
      }
    },
    async load<Kind extends RowKind>(scope: string, kinds: readonly Kind[]) {
      return (await bounded('Loading', loadOne({ scope, kinds }))) as Row<Kind>[];
    },
    async read(scope, kind, keys) {
      assertBounded(keys.length);
      if (keys.length === 0) return [];
      const reading = query<StoredRow>(
        `SELECT scope, kind, key, value, expires_at FROM herald.row
          WHERE kind = $1 AND scope = $2 AND key = ANY ($3)`,
        [kind, scope, keys],
      );
      return (await bounded('Reading', reading)).map((row) => decoded<typeof kind>(row));
    },
    async commit(scope, { term, number }, { clear = false, remove = [], put = [], add = [] }) {
      assertBounded(remove.length + put.length + add.length);
      const { deliveries, snapshots } = rowsOfDeliveries(add, memory);
      const writing = query<{ ready: string[] | null }>(commitStatement, [
        term,
        number,
        scope,
        clear ? rowKinds : [],
        remove.map(({ kind }) => kind),
        remove.map(({ key }) => key),
        put.map(({ kind }) => kind),
        put.map(({ key }) => key),
        put.map(({ value }) => bytesOfValue(value)),
        put.map(({ expiresAt }) => (expiresAt === undefined ? null : Math.trunc(expiresAt))),
        deliveries.map(({ id }) => id),
        deliveries.map(({ lane }) => lane),
        deliveries.map(({ service }) => service),
        deliveries.map(({ body }) => body),
        deliveries.map((row) => row.snapshots.join(' ')),
        [...snapshots.keys()],
        [...snapshots.values()],
      ]);
      const ready = (await bounded('Writing', writing))[0]?.ready ?? null;
      return ready === null ? { fenced: true } : { fenced: false, ready };
    },
    async put({ scope, kind, key, value, expiresAt }) {
      const text = `INSERT INTO herald.row (scope, kind, key, value, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (kind, scope, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`;
      const expiry = expiresAt === undefined ? null : Math.trunc(expiresAt);
      await bounded('Writing', query(text, [scope, kind, key, bytesOfValue(value), expiry]));
    },
    async prune({ expired, parked }) {
      let pruned = 0;
      for (;;) {
        const pruning = query<{ key: string }>(
          `DELETE FROM herald.row r USING (
             SELECT kind, scope, key FROM herald.row WHERE expires_at < $1 LIMIT ${pruneBatch} FOR UPDATE SKIP LOCKED
           ) AS old WHERE r.kind = old.kind AND r.scope = old.scope AND r.key = old.key RETURNING r.key`,
          [Math.trunc(expired)],
        );
        const { length } = await bounded('Pruning', pruning);
        pruned += length;
        if (length < pruneBatch) break;
      }
      await bounded('Pruning', query("DELETE FROM herald.writer WHERE at < now() - interval '1 day'", []));
      await bounded('Pruning', query('DELETE FROM herald.service_state WHERE expires_at < now()', []));
      for (;;) {
        const old = query<{ id: string }>(
          `SELECT id FROM herald.delivery WHERE settlement IS NOT NULL AND settled_at < $1 LIMIT ${pageSize}`,
          [Math.trunc(parked)],
        );
        const ids = (await bounded('Pruning', old)).map(({ id }) => id);
        pruned += await discard(ids);
        if (ids.length < pageSize) return pruned;
      }
    },
    async *pending() {
      const text = 'SELECT seq, body FROM herald.delivery WHERE settlement IS NULL AND seq > $1 ORDER BY seq';
      for await (const rows of pages<{ seq: string; body: string }>(text, [-1], ({ seq }) => [seq])) {
        yield rows.map(({ body }) => factsOfBody(body));
      }
    },
    async *ready() {
      const text = `SELECT d.id, d.seq FROM herald.delivery d
         WHERE d.settlement IS NULL AND d.seq > $1 AND NOT EXISTS (
           SELECT FROM herald.delivery b WHERE b.lane = d.lane AND b.settlement IS NULL AND b.seq < d.seq
         ) ORDER BY d.seq`;
      for await (const rows of pages<{ id: string; seq: string }>(text, [-1], ({ seq }) => [seq])) {
        yield rows.map(({ id }) => id);
      }
    },
    begin: (id, attempt, replaces) => bounded('Writing', beginOne({ id, attempt, replaces })),
    async abandon(id, attempt) {
      const text = 'UPDATE herald.delivery SET attempt = NULL WHERE id = $1 AND attempt = $2';
      await bounded('Writing', query(text, [id, textOfMark(attempt)]));
    },
    settle: (id, settlement) => bounded('Settling', settleOne({ id, settlement })),
    async *parked() {
      const text = `SELECT id, body, settlement, settled_at FROM herald.delivery
         WHERE settlement IS NOT NULL AND (settled_at, id) < ($1, $2) ORDER BY settled_at DESC, id DESC`;
      type Parked = { id: string; body: string; settlement: string; settled_at: string };
      const next = ({ id, settled_at }: Parked) => [settled_at, id];
      for await (const rows of pages<Parked>(text, [Number.MAX_SAFE_INTEGER, ''], next)) {
        yield rows.map(({ body, settlement }) => parkedOf(body, settlement));
      }
    },
    async parkedAmong(ids) {
      assertBounded(ids.length);
      const text =
        'SELECT id, settlement FROM herald.delivery WHERE settlement IS NOT NULL AND id = ANY ($1)';
      const found = await bounded('Reading', query<{ id: string; settlement: string }>(text, [ids]));
      return found.map(({ id, settlement }) => ({ id, mayHaveArrived: mayHaveArrived(settlement) }));
    },
    async countParked() {
      const counting = query<{ service: string; count: string }>(
        'SELECT service, count(*) FROM herald.delivery WHERE settlement IS NOT NULL GROUP BY service',
        [],
      );
      const rows = await bounded('Counting', counting);
      return parkedCounts(rows.map(({ service, count }) => [service, Number(count)] as const));
    },
    async unpark(ids) {
      const ready: string[] = [];
      for (const some of chunks(ids, pageSize)) {
        const unparking = query<{ ready: string[] }>('SELECT herald.unpark($1) AS ready', [some]);
        ready.push(...((await bounded('Unparking', unparking))[0]?.ready ?? []));
      }
      return ready;
    },
    discard,
  };
}

const parameterCount = 17;
const commitStatement = `SELECT herald.commit(${Array.from({ length: parameterCount }, (_, i) => `$${i + 1}`).join(', ')}) AS ready`;

function decoded<Kind extends RowKind>({ kind, key, value, expires_at }: StoredRow): Row<Kind> {
  return rowOf(kind as Kind, key, value, expires_at === null ? undefined : Number(expires_at));
}
