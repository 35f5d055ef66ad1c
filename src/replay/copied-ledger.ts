import { type Ledger, mostItems } from '../ledger/ledger.ts';
import { chunks } from '../ledger/pieces.ts';
import { type RowKind, rowKinds, type ScopedRow } from '../ledger/rows.ts';

/** What is read of the ledger of a Herald that runs; nothing of it is changed. */
export interface KnownLedger {
  from: Pick<Ledger, 'rows' | 'parked'>;
  /** What of it counts: all, or silences alone, where the alerts are those of a recording. */
  holds: 'everything' | 'silences';
}

/** Progress is of a watch that the replay does not go on with. */
const copied: Readonly<Record<KnownLedger['holds'], readonly RowKind[]>> = {
  everything: rowKinds.filter((kind) => kind !== 'progress'),
  silences: ['silence'],
};

/**
 * Copies every row, and what was given up, since an alert whose first message was has told nobody. What is still to be
 * sent is not copied: it is sent whatever the configuration.
 */
export async function copyRows(
  { from, holds }: KnownLedger,
  to: Ledger,
  term: number,
): Promise<{ alerts: ScopedRow<'alert'>[]; ongoing: ScopedRow<'ongoing'>[] }> {
  const alerts: ScopedRow<'alert'>[] = [];
  const ongoing: ScopedRow<'ongoing'>[] = [];
  let number = 0;
  for (const kind of copied[holds]) {
    for await (const rows of from.rows(kind)) {
      for (const row of rows) {
        if (row.kind === 'alert') alerts.push(row);
        if (row.kind === 'ongoing') ongoing.push(row);
      }
      for (const [scope, own] of Map.groupBy(rows, (row) => row.scope))
        for (const put of chunks(own, mostItems))
          await to.commit(scope, { term, number: (number += 1) }, { put });
    }
  }
  if (holds === 'everything') await copyParked();
  return { alerts, ongoing };

  async function copyParked(): Promise<void> {
    for await (const parked of from.parked()) {
      for (const { delivery, ...settlement } of parked) {
        const add = [{ ...delivery, snapshots: [{}] as const }];
        await to.commit(delivery.lane, { term, number: (number += 1) }, { add });
        await to.settle(delivery.id, settlement);
      }
    }
  }
}
