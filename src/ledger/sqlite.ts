import type { Delivery, DeliveryFacts } from '../model.ts';
import type { SqliteStore } from '../store/store.ts';
import {
  type AttemptMark,
  type Begun,
  type Change,
  type Committed,
  type Ledger,
  mostItems,
  type ParkedDelivery,
  type Settled,
  type Settlement,
  type Writer,
} from './ledger.ts';
import {
  begunOf,
  bytesOfValue,
  type DeliveryRows,
  deliveryOf,
  factsOfBody,
  parkedOf,
  type Row,
  type RowKind,
  rowOf,
  rowsOfDeliveries,
  textOfMark,
  textOfSettlement,
} from './rows.ts';

/** Of what is read at a time: the event loop stands still meanwhile. */
const page = 200;

interface Entry {
  n: number;
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
  mark: string | null;
  settlement: string | null;
  settled_at: number | null;
}

/** The ledger in the embedded store; its tables are in store/sqlite-migrations.ts. */
export function createSqliteLedger(store: SqliteStore): Ledger {
  const sql = statements(store);

  const entryOf = ({ kind, key, value, expires_at: expiresAt }: Entry) =>
    rowOf(kind as RowKind, key, value, expiresAt ?? undefined) as Row<never>;

  const find = (id: string) => sql.find.get(id) as DeliveryColumns | undefined;

  const firstOf = (lane: string) => sql.firstOfLane.get(lane)?.['id'] as string | undefined;

  function isReady(id: string): boolean {
    const row = find(id);
    return row !== undefined && row.settlement === null && firstOf(row.lane) === id;
  }

  function deliveryIn({ id, body }: DeliveryColumns): Delivery {
    return deliveryOf(
      body,
      sql.snapshots.all(id).map(({ packed }) => packed as Uint8Array),
    );
  }

  /** Takes the delivery away, and those of its snapshots that no other has. */
  function remove(id: string): void {
    const digests = sql.digests.all(id);
    sql.remove.run(id);
    sql.removeDigests.run(id);
    for (const { digest } of digests) sql.removeSnapshot.run(digest as string, digest as string);
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
      await nextTurn();
    }
  }

  function writeChange(scope: string, { clear = false, remove: removed = [] }: Change, put: Put[]): void {
    if (clear) sql.clear.run(scope);
    for (const { kind, key } of removed) sql.removeEntry.run(scope, kind, key);
    for (const { row, bytes } of put) sql.put.run(scope, row.kind, row.key, bytes, row.expiresAt ?? null);
  }

  function add({ deliveries, snapshots }: DeliveryRows): void {
    for (const { id, lane, service, body, snapshots: digests, observedAt } of deliveries) {
      if (sql.add.run(id, lane, service, body, observedAt).changes === 0) continue;
      for (const [position, digest] of digests.entries()) {
        sql.addSnapshot.run(digest, snapshots.get(digest) ?? null);
        sql.addDigest.run(id, position, digest);
      }
    }
  }

  function isRepetition(scope: string, { term, number }: Writer): boolean {
    const last = sql.written.get(scope) as { term: number; number: number } | undefined;
    return last?.term === term && last.number >= number;
  }

  async function commit(scope: string, by: Writer, change: Change): Promise<Committed> {
    const { remove: removed = [], put = [], add: added = [] } = change;
    const items = removed.length + put.length + added.length;
    if (items > mostItems) throw new Error(`A change of ${items} items is too large: ${mostItems} are allowed`);
    // Packing takes longer than writing, and is done before the transaction begins.
    const packed = put.map((row) => ({ row, bytes: bytesOfValue(row.value) }));
    const deliveries = rowsOfDeliveries(added);
    return store.write(() => {
      if ((sql.term.get()?.['term'] as number) > by.term) return { fenced: true };
      if (!isRepetition(scope, by)) {
        writeChange(scope, change, packed);
        add(deliveries);
        sql.write.run(scope, by.term, by.number);
      }
      return { fenced: false, ready: [...new Set(added.map(({ id }) => id))].filter(isReady) };
    });
  }

  async function begin(id: string, attempt: AttemptMark, replaces?: AttemptMark): Promise<Begun> {
    return store.write(() => {
      const row = find(id);
      if (row === undefined || row.settlement !== null) return { status: 'settled' };
      if (firstOf(row.lane) !== id) return { status: 'behind' };
      const isTaken = row.mark !== null && (replaces === undefined || row.mark !== textOfMark(replaces));
      if (!isTaken) sql.mark.run(textOfMark(attempt), id);
      return begunOf(isTaken ? (row.mark as string) : 'begun', () => deliveryIn(row));
    });
  }

  function settle(id: string, settlement: Settlement): Settled {
    const row = find(id);
    if (row === undefined) return { settled: false };
    if (settlement.status === 'sent') remove(id);
    else sql.park.run(textOfSettlement(settlement), Math.trunc(settlement.at), id);
    const next = firstOf(row.lane);
    return { settled: row.settlement === null, ...(next === undefined ? {} : { next }) };
  }

  function unpark(ids: readonly string[]): string[] {
    for (const { id } of sql.parkedOf.all(JSON.stringify(ids))) sql.unpark.run(id as string);
    return [...new Set(ids)].filter(isReady);
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
    async *rows<Kind extends RowKind>(kind: Kind) {
      const read = (after: Entry | undefined) => sql.ofKind.all(kind, after?.n ?? 0, page) as unknown as Entry[];
      yield* pages(read, entryOf as (entry: Entry) => Row<Kind>);
    },
    async load(scope, kinds) {
      const found = await store.read(() => sql.ofScope.all(scope, JSON.stringify(kinds)));
      return (found as unknown as Entry[]).map(entryOf);
    },
    async read(scope, kind, keys) {
      if (keys.length > mostItems) throw new Error(`${keys.length} keys are too many: ${mostItems} are allowed`);
      const found = await store.read(() => sql.ofKeys.all(scope, kind, JSON.stringify(keys)));
      return (found as unknown as Entry[]).map(entryOf);
    },
    commit,
    async prune({ expired, parked }) {
      const entries = await removeInPages(() => Number(sql.expire.run(expired, page).changes));
      const deliveries = await removeInPages(() => {
        const old = sql.parkedBefore.all(parked, page);
        for (const { id } of old) remove(id as string);
        return old.length;
      });
      // What an earlier term wrote last nobody can repeat any more.
      await removeInPages(() => Number(sql.forgetWritten.run(page).changes));
      return entries + deliveries;
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
        sql.parked.all(after?.settled_at ?? newest, after?.seq ?? newest, page) as unknown as DeliveryColumns[];
      yield* pages(read, ({ body, settlement }): ParkedDelivery => parkedOf(body, settlement ?? ''));
    },
    async countParked() {
      const counts = await store.read(() => sql.countParked.all());
      return new Map(counts.map(({ service, count }) => [service as string, count as number]));
    },
    unpark: (ids) => store.write(() => unpark(ids)),
    discard: (ids) =>
      store.write(() => {
        const found = sql.parkedOf.all(JSON.stringify(ids));
        for (const { id } of found) remove(id as string);
        return found.length;
      }),
  };
}

interface Put {
  row: Row;
  bytes: Buffer;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function statements({ prepare }: SqliteStore) {
  const columns = 'seq, id, lane, body, mark, settlement, settled_at';
  const entries = 'SELECT n, kind, key, value, expires_at FROM entry';
  const pending = 'settlement IS NULL';
  const parked = 'settlement IS NOT NULL';
  return {
    term: prepare('SELECT term FROM lead'),
    written: prepare('SELECT term, number FROM written WHERE scope = ?'),
    write: prepare(
      `INSERT INTO written (scope, term, number) VALUES (?, ?, ?)
       ON CONFLICT (scope) DO UPDATE SET term = excluded.term, number = excluded.number`,
    ),
    forgetWritten: prepare(
      `DELETE FROM written WHERE scope IN
         (SELECT scope FROM written WHERE term < (SELECT term FROM lead) LIMIT ?)`,
    ),

    ofKind: prepare(`${entries} WHERE kind = ? AND n > ? ORDER BY n LIMIT ?`),
    ofScope: prepare(`${entries} WHERE scope = ? AND kind IN (SELECT value FROM json_each(?))`),
    ofKeys: prepare(`${entries} WHERE scope = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))`),
    put: prepare(
      `INSERT INTO entry (scope, kind, key, value, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (scope, kind, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
    ),
    removeEntry: prepare('DELETE FROM entry WHERE scope = ? AND kind = ? AND key = ?'),
    clear: prepare('DELETE FROM entry WHERE scope = ?'),
    expire: prepare(
      'DELETE FROM entry WHERE n IN (SELECT n FROM entry WHERE expires_at < ? ORDER BY expires_at LIMIT ?)',
    ),

    find: prepare(`SELECT ${columns} FROM delivery WHERE id = ?`),
    add: prepare(
      `INSERT INTO delivery (id, lane, service, body, observed_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    remove: prepare('DELETE FROM delivery WHERE id = ?'),
    pending: prepare(`SELECT ${columns} FROM delivery WHERE ${pending} AND seq > ? ORDER BY seq LIMIT ?`),
    firstOfLane: prepare(`SELECT id FROM delivery WHERE lane = ? AND ${pending} ORDER BY seq LIMIT 1`),
    firstLane: prepare(`SELECT lane, id FROM delivery WHERE ${pending} ORDER BY lane, seq LIMIT 1`),
    nextLane: prepare(`SELECT lane, id FROM delivery WHERE lane > ? AND ${pending} ORDER BY lane, seq LIMIT 1`),
    mark: prepare('UPDATE delivery SET mark = ? WHERE id = ?'),
    unmark: prepare('UPDATE delivery SET mark = NULL WHERE id = ? AND mark = ?'),
    park: prepare('UPDATE delivery SET settlement = ?, settled_at = ?, mark = NULL WHERE id = ?'),
    parked: prepare(
      `SELECT ${columns} FROM delivery WHERE ${parked} AND (settled_at, seq) < (?, ?)
       ORDER BY settled_at DESC, seq DESC LIMIT ?`,
    ),
    parkedOf: prepare(
      `SELECT id FROM delivery WHERE ${parked} AND id IN (SELECT value FROM json_each(?)) ORDER BY observed_at, seq`,
    ),
    parkedBefore: prepare(
      `SELECT id FROM delivery WHERE ${parked} AND settled_at < ? ORDER BY settled_at LIMIT ?`,
    ),
    countParked: prepare(`SELECT service, count(*) AS count FROM delivery WHERE ${parked} GROUP BY service`),
    unpark: prepare(
      `UPDATE delivery SET settlement = NULL, settled_at = NULL, mark = NULL,
              seq = (SELECT max(seq) + 1 FROM delivery)
       WHERE id = ?`,
    ),

    snapshots: prepare(
      'SELECT packed FROM delivery_snapshot JOIN snapshot USING (digest) WHERE delivery = ? ORDER BY position',
    ),
    digests: prepare('SELECT digest FROM delivery_snapshot WHERE delivery = ?'),
    addDigest: prepare('INSERT INTO delivery_snapshot (delivery, position, digest) VALUES (?, ?, ?)'),
    removeDigests: prepare('DELETE FROM delivery_snapshot WHERE delivery = ?'),
    addSnapshot: prepare('INSERT INTO snapshot (digest, packed) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING'),
    removeSnapshot: prepare(
      'DELETE FROM snapshot WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM delivery_snapshot WHERE digest = ?)',
    ),
  };
}
