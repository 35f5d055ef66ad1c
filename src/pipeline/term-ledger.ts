import type { Applied, Ledger, LedgerChange } from '../episodes/ledger.ts';

/** The ledger as one term of a leader writes it. */
export interface TermLedger {
  load: Ledger['load'];
  apply(uid: string, change: LedgerChange): Promise<Applied>;
  forget(uid: string, revision: string): Promise<{ fenced: boolean }>;
  setProgress(revision: string): Promise<{ fenced: boolean }>;
}

/** Both may be still to come: while the store cannot be opened Applications are watched all the same, and wait. */
export function createTermLedger(opening: Promise<{ ledger: Ledger; term: number }>): TermLedger {
  return {
    load: async (uid) => (await opening).ledger.load(uid),
    async apply(uid, change) {
      const { ledger, term } = await opening;
      return ledger.apply(uid, change, term);
    },
    async forget(uid, revision) {
      const { ledger, term } = await opening;
      return ledger.forget(uid, revision, term);
    },
    async setProgress(revision) {
      const { ledger, term } = await opening;
      return ledger.setProgress(revision, term);
    },
  };
}
