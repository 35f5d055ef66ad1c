import type { AttemptMark, Begun, Change, Ledger, Settled, Settlement } from '../ledger/ledger.ts';
import { assertBounded } from '../ledger/pieces.ts';
import type { Row, RowKind, ScopedRow } from '../ledger/rows.ts';
import type { Delivery, DeliveryFacts } from '../model.ts';

interface Entry {
  delivery: Delivery;
  order: number;
  settlement?: Exclude<Settlement, { status: 'sent' }>;
  mark?: AttemptMark;
}

/**
 * What the contract says, in memory and in the plainest way: every ledger answers as this does.
 * `lead.term`: of the leader, for what earlier ones still write.
 */
export function createMemoryLedger(lead: { term: number } = { term: 0 }): Ledger {
  const rows = new Map<string, ScopedRow>();
  const entries = new Map<string, Entry>();
  const writers = new Map<string, { term: number; number: number }>();
  let order = 0;

  const idOf = (scope: string, { kind, key }: { kind: RowKind; key: string }) =>
    JSON.stringify([kind, scope, key]);
  const rowsOf = <Kind extends RowKind>(kinds: readonly Kind[]) =>
    [...rows.values()].filter(({ kind }) => kinds.includes(kind as Kind)) as ScopedRow<Kind>[];
  const within = <Kind extends RowKind>(scope: string, kinds: readonly Kind[]) =>
    rowsOf(kinds)
      .filter((row) => row.scope === scope)
      .map(withoutScope<Kind>);
  const pending = () =>
    [...entries.values()].filter(({ settlement }) => !settlement).sort((a, b) => a.order - b.order);
  const parked = () =>
    [...entries.values()].flatMap(({ delivery, settlement }) =>
      settlement ? [{ delivery, settlement }] : [],
    );
  const headOf = (lane: string) => pending().find(({ delivery }) => delivery.lane === lane);
  const isReady = (id: string) => {
    const entry = entries.get(id);
    return entry !== undefined && headOf(entry.delivery.lane) === entry;
  };

  function write(scope: string, { clear, remove = [], put = [], add = [] }: Change): void {
    if (clear) for (const [id, row] of rows) if (row.scope === scope) rows.delete(id);
    for (const each of remove) rows.delete(idOf(scope, each));
    for (const row of put) rows.set(idOf(scope, row), { ...row, scope });
    for (const delivery of add) {
      if (!entries.has(delivery.id)) entries.set(delivery.id, { delivery, order: (order += 1) });
    }
  }

  function begin(id: string, attempt: AttemptMark, replaces?: AttemptMark): Begun {
    const entry = entries.get(id);
    if (!entry || entry.settlement) return { status: 'settled' };
    if (!isReady(id)) return { status: 'behind' };
    const { delivery, mark } = entry;
    if (mark && mark.by !== replaces?.by) return { status: 'unclear', delivery, earlier: mark };
    entry.mark = attempt;
    return { status: 'begun', delivery };
  }

  function settle(id: string, settlement: Settlement): Settled {
    const entry = entries.get(id);
    if (!entry) return { settled: false };
    const settled = !entry.settlement;
    delete entry.mark;
    if (settlement.status === 'sent') entries.delete(id);
    else entry.settlement = settlement;
    const next = headOf(entry.delivery.lane)?.delivery.id;
    return { settled, ...(next ? { next } : {}) };
  }

  function remove(ids: readonly string[]): number {
    return ids.filter((id) => entries.get(id)?.settlement && entries.delete(id)).length;
  }

  return {
    async *rows(kind, isWanted = () => true) {
      yield rowsOf([kind]).filter(({ scope }) => isWanted(scope));
    },
    load: async (scope, kinds) => within(scope, kinds),
    read: async (scope, kind, keys) => within(scope, [kind]).filter(({ key }) => keys.includes(key)),
    async commit(scope, by, change) {
      const { remove: removed = [], put = [], add = [] } = change;
      assertBounded(removed.length + put.length + add.length);
      if (by.term < lead.term) return { fenced: true };
      const last = writers.get(scope);
      if (!last || last.term < by.term || last.number < by.number) {
        writers.set(scope, by);
        write(scope, change);
      }
      return { fenced: false, ready: add.map(({ id }) => id).filter(isReady) };
    },
    async put({ scope, ...row }) {
      write(scope, { put: [row] });
    },
    async prune(before) {
      let pruned = 0;
      for (const [id, { expiresAt }] of rows) {
        if (expiresAt !== undefined && expiresAt < before.expired && rows.delete(id)) pruned += 1;
      }
      const old = parked().filter(({ settlement }) => settlement.at < before.parked);
      return pruned + remove(old.map(({ delivery }) => delivery.id));
    },
    async *pending() {
      yield pending().map(({ delivery }) => factsOf(delivery));
    },
    async *ready() {
      yield pending().flatMap(({ delivery: { id } }) => (isReady(id) ? [id] : []));
    },
    begin: async (id, attempt, replaces) => begin(id, attempt, replaces),
    async abandon(id, attempt) {
      const entry = entries.get(id);
      if (entry?.mark?.by === attempt.by) delete entry.mark;
    },
    settle: async (id, settlement) => settle(id, settlement),
    async *parked() {
      yield parked()
        .map(({ delivery, settlement }) => ({ delivery: factsOf(delivery), ...settlement }))
        .sort((a, b) => b.at - a.at || (a.delivery.id < b.delivery.id ? 1 : -1));
    },
    async parkedAmong(ids) {
      assertBounded(ids.length);
      return ids.flatMap((id) => {
        const settlement = entries.get(id)?.settlement;
        return settlement ? [{ id, mayHaveArrived: settlement.mayHaveArrived === true }] : [];
      });
    },
    async countParked() {
      const counts = new Map<string, number>();
      for (const { delivery } of parked()) {
        const { service } = delivery.destination;
        counts.set(service, (counts.get(service) ?? 0) + 1);
      }
      return counts;
    },
    async unpark(ids) {
      for (const id of ids) {
        const entry = entries.get(id);
        if (!entry?.settlement) continue;
        delete entry.settlement;
        entry.order = order += 1;
      }
      return ids.filter(isReady);
    },
    discard: async (ids) => remove(ids),
  };
}

function withoutScope<Kind extends RowKind>(scoped: ScopedRow<Kind>): Row<Kind> {
  const { scope: _, ...row } = scoped;
  return row as unknown as Row<Kind>;
}

export function factsOf(delivery: Delivery): DeliveryFacts {
  const { snapshots: _, ...facts } = delivery;
  return facts;
}
