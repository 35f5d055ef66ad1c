import type { Delivery, DeliveryFacts } from '../model.ts';
import type { SqliteStore } from '../store/store.ts';
import {
  type AttemptMark,
  type Begun,
  type Change,
  type Committed,
  type Ledger,
  type ParkedDelivery,
  type Settled,
  type Settlement,
  type Writer,
} from './ledger.ts';
import { assertBounded, chunks } from './pieces.ts';
import {
  begunOf,
  bytesOfValue,
  type DeliveryRows,
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
import type { Row, RowKind, ScopedRow } from './rows.ts';
import { createSnapshots } from './snapshots.ts';
import { sqliteStatements } from './sqlite-statements.ts';

/** Of what is read at a time: the event loop stands still meanwhile. */
const page = 50;

interface RowColumns {
  n: number;
  scope: string;
  kind: string;
  key: string;
  value: Uint8Array;
  expires_at: number | null;
}

interface DeliveryColumns {
  seq: number;
  id: string;
  lane: string;
  body: string;
  snapshots: string;
  attempt: string | null;
  settlement: string | null;
  settled_at: number | null;
}

/** The ledger in the embedded store; its tables are in migrations/sqlite.ts. */
export function createSqliteLedger(store: SqliteStore): Ledger {
  const memory = createSnapshots();
  const sql = sqliteStatements(store);

  const rowIn = ({ kind, key, value, expires_at: expiresAt }: RowColumns) =>
    rowOf(kind as RowKind, key, value, expiresAt ?? undefined) as Row<never>;

  const find = (id: string) => sql.find.get(id) as DeliveryColumns | undefined;

  const firstOf = (lane: string) => sql.firstOfLane.get(lane)?.['id'] as string | undefined;

  function isReady(id: string): boolean {
    const row = find(id);
    return row !== undefined && row.settlement === null && firstOf(row.lane) === id;
  }

  function deliveryIn({ body, snapshots }: DeliveryColumns): Delivery {
    const packed = (digest: string) => sql.snapshot.get(digest)?.['packed'] as Uint8Array | undefined;
    return deliveryOf(body, digestsIn(snapshots), packed, memory);
  }

  /** Takes the delivery away, and those of its snapshots that no other has. */
  function remove({ id, snapshots }: DeliveryColumns): void {
    sql.remove.run(id);
    for (const digest of digestsIn(snapshots)) {
      sql.release.run(digest);
      sql.removeSnapshot.run(digest);
    }
  }

  /** Pages of rows, each read when it is asked for. `read` answers what comes after a row, first for undefined. */
  async function* pages<Found, Answer>(
    read: (after: Found | undefined) => Found[],
    answerOf: (found: Found) => Answer,
  ): AsyncGenerator<Answer[]> {
    let last: Found | undefined;
    for (;;) {
      const after = last;
      const found = await store.read(() => read(after));
      if (found.length > 0) yield found.map(answerOf);
      if (found.length < page) return;
      last = found.at(-1);
      await store.clock.turn();
    }
  }

  function write(scope: string, { clear = false, remove: removed = [] }: Change, put: Put[]): void {
    if (clear) sql.clear.run(scope);
    for (const { kind, key } of removed) sql.removeRow.run(scope, kind, key);
    for (const { row, bytes } of put) sql.put.run(scope, row.kind, row.key, bytes, row.expiresAt ?? null);
  }

  function add({ deliveries, snapshots }: DeliveryRows): void {
    for (const { id, lane, service, body, snapshots: digests } of deliveries) {
      if (sql.add.run(id, lane, service, body, JSON.stringify(digests)).changes === 0) continue;
      for (const digest of digests) sql.hold.run(digest, snapshots.get(digest) ?? null);
    }
  }

  function isRepetition(scope: string, { term, number }: Writer): boolean {
    const last = sql.writer.get(scope) as { term: number; number: number } | undefined;
    return last?.term === term && last.number >= number;
  }

  async function commit(scope: string, by: Writer, change: Change): Promise<Committed> {
    const { remove: removed = [], put = [], add: added = [] } = change;
    assertBounded(removed.length + put.length + added.length);
    // Packing takes longer than writing, and is done before the transaction begins.
    const packed = put.map((row) => ({ row, bytes: bytesOfValue(row.value) }));
    const deliveries = rowsOfDeliveries(added, memory);
    return store.write(() => {
      if ((sql.term.get()?.['term'] as number) > by.term) return { fenced: true };
      if (!isRepetition(scope, by)) {
        write(scope, change, packed);
        add(deliveries);
        sql.note.run(scope, by.term, by.number);
      }
      return { fenced: false, ready: [...new Set(added.map(({ id }) => id))].filter(isReady) };
    });
  }

  async function begin(id: string, attempt: AttemptMark, replaces?: AttemptMark): Promise<Begun> {
    return store.write(() => {
      const row = find(id);
      if (row === undefined || row.settlement !== null) return { status: 'settled' };
      if (firstOf(row.lane) !== id) return { status: 'behind' };
      const isTaken =
        row.attempt !== null && (replaces === undefined || row.attempt !== textOfMark(replaces));
      if (!isTaken) sql.mark.run(textOfMark(attempt), id);
      return begunOf(isTaken ? (row.attempt as string) : 'begun', () => deliveryIn(row));
    });
  }

  function settle(id: string, settlement: Settlement): Settled {
    const row = find(id);
    if (row === undefined) return { settled: false };
    if (settlement.status === 'sent') remove(row);
    else sql.park.run(textOfSettlement(settlement), Math.trunc(settlement.at), id);
    const next = firstOf(row.lane);
    return { settled: row.settlement === null, ...(next === undefined ? {} : { next }) };
  }

  function unpark(ids: readonly string[]): string[] {
    for (const id of ids) if (find(id)?.settlement != null) sql.unpark.run(id);
    return ids.filter(isReady);
  }

  function discard(ids: readonly string[]): number {
    const found = ids.map(find).filter((row) => row?.settlement != null) as DeliveryColumns[];
    found.forEach(remove);
    return found.length;
  }

  /** In several transactions, so that none takes long. */
  async function removeInPages(step: () => number): Promise<number> {
    let removed = 0;
    for (;;) {
      const some = await store.write(step);
      removed += some;
      if (some < page) return removed;
    }
  }

  return {
    async *rows<Kind extends RowKind>(kind: Kind, isWanted: (scope: string) => boolean = () => true) {
      const read = (after: RowColumns | undefined) =>
        sql.ofKind.all(kind, after?.n ?? 0, page) as unknown as RowColumns[];
      const scoped = (row: RowColumns) => Object.assign(rowIn(row), { scope: row.scope }) as ScopedRow<Kind>;
      for await (const found of pages(read, (row) => row))
        yield found.filter(({ scope }) => isWanted(scope)).map(scoped);
    },
    async load(scope, kinds) {
      const found = await store.read(() => sql.ofScope.all(scope, JSON.stringify(kinds)));
      return (found as unknown as RowColumns[]).map(rowIn);
    },
    async read(scope, kind, keys) {
      assertBounded(keys.length);
      const found = await store.read(() => sql.ofKeys.all(scope, kind, JSON.stringify(keys)));
      return (found as unknown as RowColumns[]).map(rowIn);
    },
    commit,
    async put({ scope, ...row }) {
      const bytes = bytesOfValue(row.value);
      await store.write(() => write(scope, {}, [{ row, bytes }]));
    },
    async prune({ expired, parked }) {
      const rows = await removeInPages(() => Number(sql.expire.run(expired, page).changes));
      const deliveries = await removeInPages(() => {
        const old = sql.parkedBefore.all(parked, page) as unknown as DeliveryColumns[];
        old.forEach(remove);
        return old.length;
      });
      // What an earlier term wrote last nobody can repeat any more.
      await removeInPages(() => Number(sql.forgetWriters.run(page).changes));
      return rows + deliveries;
    },

    async *pending() {
      const read = (after: DeliveryColumns | undefined) =>
        sql.pending.all(after?.seq ?? 0, page) as unknown as DeliveryColumns[];
      yield* pages(read, ({ body }): DeliveryFacts => factsOfBody(body));
    },
    async *ready() {
      const read = (after: { lane: string; id: string } | undefined) => {
        const found: { lane: string; id: string }[] = [];
        let lane = after?.lane;
        while (found.length < page) {
          const first = lane === undefined ? sql.firstLane.get() : sql.nextLane.get(lane);
          if (first === undefined) break;
          lane = first['lane'] as string;
          found.push({ lane, id: first['id'] as string });
        }
        return found;
      };
      yield* pages(read, ({ id }) => id);
    },
    begin,
    async abandon(id, attempt) {
      await store.write(() => sql.unmark.run(id, textOfMark(attempt)));
    },
    settle: (id, settlement) => store.write(() => settle(id, settlement)),

    async *parked() {
      const newest = Number.MAX_SAFE_INTEGER;
      const read = (after: DeliveryColumns | undefined) =>
        sql.parked.all(after?.settled_at ?? newest, after?.id ?? '', page) as unknown as DeliveryColumns[];
      yield* pages(read, ({ body, settlement }): ParkedDelivery => parkedOf(body, settlement ?? ''));
    },
    async parkedAmong(ids) {
      assertBounded(ids.length);
      const found = await store.read(() => sql.parkedAmong.all(JSON.stringify(ids)));
      return found.map(({ id, settlement }) => ({
        id: id as string,
        mayHaveArrived: mayHaveArrived(settlement as string),
      }));
    },
    async countParked() {
      const counts = await store.read(() => sql.countParked.all());
      return parkedCounts(counts.map(({ service, count }) => [service as string, count as number] as const));
    },
    async unpark(ids) {
      const ready: string[] = [];
      for (const some of chunks([...new Set(ids)], page))
        ready.push(...(await store.write(() => unpark(some))));
      return ready;
    },
    async discard(ids) {
      let discarded = 0;
      for (const some of chunks([...new Set(ids)], page)) discarded += await store.write(() => discard(some));
      return discarded;
    },
  };
}

interface Put {
  row: Row;
  bytes: Buffer;
}

function digestsIn(snapshots: string): string[] {
  return JSON.parse(snapshots) as string[];
}
