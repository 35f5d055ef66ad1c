import type { Delivery } from '../model.ts';
import { createBatcher } from '../store/batcher.ts';
import { withDeadline } from '../store/deadline.ts';
import { unpack } from '../store/pack.ts';
import { isDataError, isTransient } from '../store/postgres-errors.ts';
import type { PostgresStore } from '../store/store.ts';
import type {
  ApplicationRecord,
  AttemptMark,
  Begun,
  EpisodeRecord,
  GoneApplication,
  Ledger,
  LoadedApplication,
  Settled,
  Settlement,
} from './ledger.ts';
import {
  begunOf,
  deliveryOfRow,
  type EpisodeRow,
  episodeOfRow,
  parkedOfRow,
  rowsOfChange,
  textOfMark,
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

/** The ledger in PostgreSQL; its tables and functions are in store/schema.ts. */
export function createPostgresLedger(store: PostgresStore, options: { deadline: number }): Ledger {
  const concurrency = 4;
  const batching = { largest: 200, concurrency, splits: isDataError };
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
      return await withDeadline(promise, options.deadline, what);
    } catch (error) {
      throw new Error(`${what} in the ledger failed: ${(error as Error).message}`, { cause: error });
    }
  }

  async function loadMany(uids: string[]): Promise<(LoadedApplication | GoneApplication | undefined)[]> {
    const rows = await query<{
      uid: string;
      packed: Buffer | null;
      record: string;
      notified_at: string | null;
      gone_at: string | null;
    }>(
      `SELECT uid, record AS packed, NULL AS record, NULL::bigint AS notified_at, NULL AS gone_at
         FROM herald.application WHERE uid = ANY ($1)
       UNION ALL
       SELECT uid, NULL, NULL, NULL, revision FROM herald.gone WHERE uid = ANY ($1)
       UNION ALL
       SELECT uid, NULL, record, notified_at, NULL FROM herald.episode WHERE uid = ANY ($1) AND NOT once
       UNION ALL
       (SELECT DISTINCT ON (uid, slot) uid, NULL, record, notified_at, NULL
          FROM herald.episode WHERE uid = ANY ($1) AND once
         ORDER BY uid, slot, confirmed_at DESC, key DESC)`,
      [uids],
    );
    const records = new Map<string, ApplicationRecord>();
    const episodes = new Map<string, EpisodeRecord[]>(uids.map((uid) => [uid, []]));
    const gone = new Map<string, GoneApplication>();
    for (const { uid, packed, record, notified_at, gone_at } of rows) {
      if (gone_at !== null) gone.set(uid, { goneAt: gone_at });
      else if (packed) records.set(uid, unpack<ApplicationRecord>(packed));
      else episodes.get(uid)?.push(episodeOfRow(record, Number(notified_at ?? 0)));
    }
    return uids.map((uid) => {
      const record = records.get(uid);
      return record ? { record, episodes: episodes.get(uid) ?? [] } : gone.get(uid);
    });
  }

  async function beginMany(
    items: { id: string; attempt: AttemptMark; replaces: AttemptMark | undefined }[],
  ): Promise<Begun[]> {
    const [row] = await query<{ answers: string[] }>('SELECT herald.begin_2($1, $2, $3) AS answers', [
      items.map(({ id }) => id),
      items.map(({ attempt }) => textOfMark(attempt)),
      items.map(({ replaces }) => replaces && textOfMark(replaces)),
    ]);
    return (row?.answers ?? []).map(begunOf);
  }

  async function settleMany(items: { id: string; settlement: Settlement }[]): Promise<Settled[]> {
    const rows = await query<{ settled: boolean; open: boolean; next: string | null }>(
      'SELECT settled, open, next FROM herald.settle_2($1, $2, $3, $4)',
      [
        items.map(({ id }) => id),
        items.map(({ settlement }) => settlement.status === 'sent'),
        items.map(({ settlement }) => Math.trunc(settlement.at)),
        items.map(({ settlement }) => textOfSettlement(settlement) ?? null),
      ],
    );
    const ids = rows.flatMap(({ next }) => next ?? []);
    const nexts = new Map(ids.length === 0 ? [] : (await readMany(ids)).map((each) => [each.id, each]));
    return rows.map(({ settled, open, next }) => {
      const delivery = next === null ? undefined : nexts.get(next);
      return { settled, open, ...(delivery ? { next: delivery } : {}) };
    });
  }

  async function readMany(ids: string[]): Promise<Delivery[]> {
    const text = `SELECT ${deliveryColumns} FROM ${deliveryTables}
       WHERE d.id = ANY ($1) AND d.settlement IS NULL ORDER BY d.observed_at, d.id`;
    return (await query<DeliveryRow>(text, [ids])).map(deliveryOf);
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
        yield loaded.filter((each) => each !== undefined && 'record' in each);
      }
    },
    async apply(uid, change, term) {
      const rows = rowsOfChange(change);
      const { claims, imports, confirm, snapshots } = rows;
      const [answer] = await bounded(
        'Writing',
        query<{ suppressed: string[] | null; ready: string[] }>(applyStatement, [
          term,
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
          claims.map(({ lane }) => lane),
          claims.map(({ snapshot }) => snapshot),
          claims.map(({ observedAt }) => observedAt),
          [...snapshots.keys()],
          [...snapshots.values()],
        ]),
      );
      return answer?.suppressed
        ? { fenced: false, suppressed: answer.suppressed, ready: answer.ready }
        : { fenced: true };
    },
    async forget(uid, revision, term) {
      const forgetting = query<{ done: boolean }>('SELECT herald.forget_2($1, $2, $3) AS done', [
        term,
        uid,
        revision,
      ]);
      return { fenced: (await bounded('Forgetting an Application', forgetting))[0]?.done !== true };
    },
    async progress() {
      const reading = query<{ progress: string | null }>('SELECT progress FROM herald.lead', []);
      return (await bounded('Reading', reading))[0]?.progress ?? undefined;
    },
    async setProgress(revision, term) {
      const writing = query<{ done: boolean }>('SELECT herald.set_progress_2($1, $2) AS done', [
        term,
        revision,
      ]);
      return { fenced: (await bounded('Writing', writing))[0]?.done !== true };
    },
    async *pending() {
      const text = `SELECT ${deliveryColumns} FROM ${deliveryTables}
         WHERE d.settlement IS NULL AND (d.observed_at, d.id) > ($1, $2) ORDER BY d.observed_at, d.id`;
      const first = [Number.MIN_SAFE_INTEGER, ''];
      for await (const rows of pages<DeliveryRow>(text, first, (row) => [row.observed_at, row.id])) {
        yield rows.map(deliveryOf);
      }
    },
    async *ready() {
      const text = `SELECT d.id, d.seq FROM herald.delivery d
         WHERE d.settlement IS NULL AND d.seq > $1 AND (d.lane = '' OR NOT EXISTS (
           SELECT FROM herald.delivery b WHERE b.lane = d.lane AND b.settlement IS NULL AND b.seq < d.seq
         )) ORDER BY d.seq`;
      for await (const rows of pages<{ id: string; seq: string }>(text, [-1], ({ seq }) => [seq])) {
        yield rows.map(({ id }) => id);
      }
    },
    read: (ids) => bounded('Reading', readMany(ids)),
    begin: (id, attempt, replaces) => bounded('Writing', beginOne({ id, attempt, replaces })),
    async abandon(id, attempt) {
      const text = 'UPDATE herald.delivery SET attempt = NULL WHERE id = $1 AND attempt = $2';
      await bounded('Writing', query(text, [id, textOfMark(attempt)]));
    },
    settle: (id, settlement) => bounded('Settling', settleOne({ id, settlement })),
    async parked(limit) {
      const text = `SELECT ${deliveryColumns} FROM ${deliveryTables}
         WHERE d.settlement IS NOT NULL ORDER BY d.settled_at DESC, d.id DESC LIMIT $1`;
      const rows = await bounded('Reading', query<DeliveryRow>(text, [limit]));
      return rows.map((row) => parkedOfRow(deliveryOf(row), row.settlement ?? '{}'));
    },
    async unpark(ids) {
      await bounded('Unparking', query('SELECT herald.unpark_2($1)', [ids]));
      const text = `SELECT ${deliveryColumns} FROM ${deliveryTables}
         WHERE d.id = ANY ($1) AND herald.is_ready_2(d.id) ORDER BY d.observed_at, d.id`;
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

const parameterCount = 24;
const applyStatement = `SELECT suppressed, ready FROM herald.apply_2(${Array.from({ length: parameterCount }, (_, i) => `$${i + 1}`).join(', ')})`;

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
