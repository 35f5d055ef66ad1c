import type { Ledger } from '../src/ledger/ledger.ts';
import type { Row, RowKind, ScopedRow } from '../src/ledger/rows.ts';
import { createMemoryLedger } from '../src/testing/memory-ledger.ts';

/** As the ledger in memory, with rows found by their scope: what is measured is the leader, not the double. */
export function createStoreLedger(): Ledger {
  const scopes = new Map<string, Map<string, Row>>();
  let ready = 0;
  const rowsIn = (scope: string) => scopes.get(scope) ?? new Map<string, Row>();
  return {
    ...createMemoryLedger(),
    async *rows<Kind extends RowKind>(kind: Kind) {
      for (const [scope, rows] of scopes)
        yield [...rows.values()]
          .filter((row) => row.kind === kind)
          .map((row) => ({ ...row, scope })) as ScopedRow<Kind>[];
    },
    load: async <Kind extends RowKind>(scope: string, kinds: readonly Kind[]) =>
      [...rowsIn(scope).values()].filter(({ kind }) => kinds.includes(kind as Kind)) as Row<Kind>[],
    read: async <Kind extends RowKind>(scope: string, kind: Kind, keys: readonly string[]) =>
      [...rowsIn(scope).values()].filter((row) => row.kind === kind && keys.includes(row.key)) as Row<Kind>[],
    async commit(scope, _by, { clear, remove = [], put = [], add = [] }) {
      if (clear) scopes.delete(scope);
      const rows = rowsIn(scope);
      for (const { kind, key } of remove) rows.delete(`${kind} ${key}`);
      for (const row of put) rows.set(`${row.kind} ${row.key}`, row);
      scopes.set(scope, rows);
      ready += add.length;
      return { fenced: false, ready: add.map(({ id }) => `${id}${ready}`) };
    },
  };
}
