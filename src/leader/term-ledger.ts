import type { Change, Committed, Ledger } from '../ledger/ledger.ts';

/** The ledger as one term of a leader writes it. */
export interface TermLedger {
  load: Ledger['load'];
  read: Ledger['read'];
  rows: Ledger['rows'];
  /** `number`: of the write, in the order in which those of a scope are made. */
  commit(scope: string, number: number, change: Change): Promise<Committed>;
}

/** Both may be still to come: while the store cannot be opened Applications are watched all the same, and wait. */
export function createTermLedger(opening: Promise<{ ledger: Ledger; term: number }>): TermLedger {
  return {
    load: async (scope, kinds) => (await opening).ledger.load(scope, kinds),
    read: async (scope, kind, keys) => (await opening).ledger.read(scope, kind, keys),
    async *rows(kind, isWanted) {
      yield* (await opening).ledger.rows(kind, isWanted);
    },
    async commit(scope, number, change) {
      const { ledger, term } = await opening;
      return ledger.commit(scope, { term, number }, change);
    },
  };
}
