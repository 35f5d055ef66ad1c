import type { Delivery } from '../model.ts';
import { createBatcher } from '../store/batcher.ts';
import { withDeadline } from '../store/deadline.ts';
import { unpack } from '../store/pack.ts';
import { isDataError, isTransient } from '../store/postgres-errors.ts';
import type { PostgresStore } from '../store/store.ts';
import type { ApplicationRecord, EpisodeRecord, Ledger, LoadedApplication, Settlement } from './ledger.ts';
import {
  deliveryOfRow,
  type EpisodeRow,
  episodeOfRow,
  parkedOfRow,
  rowsOfChange,
  textOfSettlement,
} from './ledger-rows.ts';

const pageSize = 200;
const pruneBatch = 1_000;

interface DeliveryRow {
  id: string;
  record: string;
  packed: Buffer;
  observed_at: string;
  settlement: string | null;
}

const deliveryColumns = 'd.id, d.record, s.packed, d.observed_at, d.settlement';
const deliveryTables = 'herald.delivery d JOIN herald.snapshot s ON s.id = d.snapshot';

/** The ledger in PostgreSQL, embedded or not; its tables and functions are in store/schema.ts. */
export function createPostgresLedger(store: PostgresStore, options: { deadline: number }): Ledger {
  /** The embedded database has one session, which more statements at a time would only queue for. */
  const concurrency = store.embedded ? 1 : 4;
  const batching = { largest: 200, concurrency, splits: isDataError };
  const loadOne = createBatcher(loadMany, batching);
  const isPendingOne = createBatcher(arePending, batching);
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
      return await withDeadline(promise, options.deadline, what);
    } catch (error) {
      throw new Error(`${what} in the ledger failed: ${(error as Error).message}`, { cause: error });
    }
  }

  async function loadMany(uids: string[]): Promise<(LoadedApplication | undefined)[]> {
    const rows = await query<{
      uid: string;
      packed: Buffer | null;
      record: string;
      notified_at: string | null;
    }>(
      `SELECT uid, record AS packed, NULL AS record, NULL::bigint AS notified_at
         FROM herald.application WHERE uid = ANY ($1)
       UNION ALL
       SELECT uid, NULL, record, notified_at FROM herald.episode WHERE uid = ANY ($1) AND NOT once
       UNION ALL
       (SELECT DISTINCT ON (uid, slot) uid, NULL, record, notified_at
          FROM herald.episode WHERE uid = ANY ($1) AND once
         ORDER BY uid, slot, confirmed_at DESC, key DESC)`,
      [uids],
    );
    const records = new Map<string, ApplicationRecord>();
    const episodes = new Map<string, EpisodeRecord[]>(uids.map((uid) => [uid, []]));
    for (const { uid, packed, record, notified_at } of rows) {
      if (packed) records.set(uid, unpack<ApplicationRecord>(packed));
      else episodes.get(uid)?.push(episodeOfRow(record, Number(notified_at ?? 0)));
    }
    return uids.map((uid) => {
      const record = records.get(uid);
      return record && { record, episodes: episodes.get(uid) ?? [] };
    });
  }

  async function arePending(ids: string[]): Promise<boolean[]> {
    const rows = await query<{ id: string }>(
      'SELECT id FROM herald.delivery WHERE id = ANY ($1) AND settlement IS NULL',
      [ids],
    );
    const pending = new Set(rows.map(({ id }) => id));
    return ids.map((id) => pending.has(id));
  }

  async function settleMany(items: { id: string; settlement: Settlement }[]): Promise<undefined[]> {
    // Of two settlements of one delivery the later counts.
    const last = [...new Map(items.map((item) => [item.id, item])).values()];
    await query('SELECT herald.settle_1($1, $2, $3, $4)', [
      last.map(({ id }) => id),
      last.map(({ settlement }) => settlement.status === 'sent'),
      last.map(({ settlement }) => Math.trunc(settlement.at)),
      last.map(({ settlement }) => textOfSettlement(settlement) ?? null),
    ]);
    return items.map(() => undefined);
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

  function uidPages<Row extends { uid: string }>(columns: string): AsyncIterable<Row[]> {
    const text = `SELECT ${columns} FROM herald.application WHERE uid > $1 ORDER BY uid`;
    return pages<Row>(text, [''], ({ uid }) => [uid]);
  }

  return {
    async *applications() {
      for await (const rows of uidPages<{ uid: string; record: Buffer }>('uid, record')) {
        yield rows.map(({ record }) => unpack<ApplicationRecord>(record));
      }
    },
    load: (uid) => bounded('Loading', loadOne(uid)),
    async *loadAll() {
      for await (const rows of uidPages<{ uid: string }>('uid')) {
        const loaded = await bounded('Loading', loadMany(rows.map(({ uid }) => uid)));
        yield loaded.filter((each) => each !== undefined);
      }
    },
    async apply(uid, change) {
      const rows = rowsOfChange(change);
      const { claims, imports, confirm, snapshots } = rows;
      const [answer] = await bounded(
        'Writing',
        query<{ suppressed: string[] }>(applyStatement, [
          uid,
          rows.record ?? null,
          rows.end,
          ...episodeColumns(imports),
          imports.map(({ notifiedAt }) => notifiedAt),
          imports.map(({ openedAt }) => openedAt),
          confirm.keys,
          Math.trunc(confirm.at),
          ...episodeColumns(claims),
          claims.map(({ openedAt }) => openedAt),
          claims.map(({ id }) => id),
          claims.map(({ body }) => body),
          claims.map(({ snapshot }) => snapshot),
          claims.map(({ observedAt }) => observedAt),
          [...snapshots.keys()],
          [...snapshots.values()],
        ]),
      );
      return { suppressed: answer?.suppressed ?? [] };
    },
    async forget(uid) {
      await bounded('Forgetting an Application', query('SELECT herald.forget_1($1)', [uid]));
    },
    async *pending() {
      const text = `SELECT ${deliveryColumns} FROM ${deliveryTables}
         WHERE d.settlement IS NULL AND (d.observed_at, d.id) > ($1, $2) ORDER BY d.observed_at, d.id`;
      const first = [Number.MIN_SAFE_INTEGER, ''];
      for await (const rows of pages<DeliveryRow>(text, first, (row) => [row.observed_at, row.id])) {
        yield rows.map(deliveryOf);
      }
    },
    isPending: (id) => bounded('Reading', isPendingOne(id)),
    settle: (id, settlement) => bounded('Settling', settleOne({ id, settlement })),
    async parked(limit) {
      const text = `SELECT ${deliveryColumns} FROM ${deliveryTables}
         WHERE d.settlement IS NOT NULL ORDER BY d.settled_at DESC, d.id DESC LIMIT $1`;
      const rows = await bounded('Reading', query<DeliveryRow>(text, [limit]));
      return rows.map((row) => parkedOfRow(deliveryOf(row), row.settlement ?? '{}'));
    },
    async unpark(ids) {
      const text = `WITH unparked AS (
           UPDATE herald.delivery SET settlement = NULL, settled_at = NULL WHERE id = ANY ($1) RETURNING id, snapshot, record, observed_at
         )
         SELECT d.id, d.record, s.packed, d.observed_at, NULL AS settlement
           FROM unparked d JOIN herald.snapshot s ON s.id = d.snapshot ORDER BY d.observed_at, d.id`;
      return (await bounded('Unparking', query<DeliveryRow>(text, [ids]))).map(deliveryOf);
    },
    async prune(before) {
      for (let pruned = 0; ; ) {
        const statement = query<{ count: number }>('SELECT herald.prune_1($1, $2) AS count', [
          before,
          pruneBatch,
        ]);
        const count = (await bounded('Pruning', statement))[0]?.count ?? 0;
        pruned += count;
        if (count < pruneBatch) return pruned;
      }
    },
  };
}

const parameterCount = 22;
const applyStatement = `SELECT herald.apply_1(${Array.from({ length: parameterCount }, (_, i) => `$${i + 1}`).join(', ')}) AS suppressed`;

function episodeColumns(rows: EpisodeRow[]): unknown[] {
  return [
    rows.map(({ key }) => key),
    rows.map(({ once }) => once),
    rows.map(({ slot }) => slot),
    rows.map(({ record }) => record),
  ];
}

function deliveryOf({ record, packed }: DeliveryRow): Delivery {
  return deliveryOfRow(record, packed);
}
