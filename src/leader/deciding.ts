import { type DecidedPart, decide, type Evaluation, openNotices } from '../alerts/decide.ts';
import { rowsOfImport } from '../alerts/imported-rows.ts';
import type { ImportedAlert } from '../alerts/notified-annotation.ts';
import type { Clock } from '../clock.ts';
import type { Part } from '../ledger/pieces.ts';
import type { ApplicationRecord, Row } from '../ledger/rows.ts';
import type { Metrics } from '../metrics.ts';
import type { Application, Delivery } from '../model.ts';
import { applicationRecord, recordFingerprint } from './application-record.ts';
import type { AlertEvaluation } from './evaluate.ts';
import type { Hold } from './progress.ts';
import { activeAlerts, type Tracked } from './tracked.ts';
import type { LedgerWriter } from './writer.ts';

/** What evaluations mean for an Application, handed to the writer. */
export interface Deciding {
  /** `isHistoryNew`: its counts of changes are to be written, too. */
  decide(
    entry: Tracked,
    evaluations: readonly AlertEvaluation[],
    about: { observedAt: number; isHistoryNew: boolean },
    hold: Hold,
  ): void;
  /** The Application was deleted. */
  forget(entry: Tracked, hold: Hold): void;
}

interface Deps {
  writer: Pick<LedgerWriter, 'write'>;
  /** What argocd-notifications has recorded on the Application itself. */
  importAlerts(application: Application, evaluations: readonly AlertEvaluation[]): ImportedAlert[];
  /** Told of alerts without oncePer that are over. */
  onEnded(application: Application, evaluations: readonly Evaluation[]): void;
  /** Told of oncePer values that count as told without a message. */
  onNamed(delivery: Delivery): void;
  metrics: Pick<Metrics, 'setAlerts'>;
  clock: Pick<Clock, 'now'>;
}

/**
 * Milliseconds for which it is remembered that an Application was deleted: longer than an API server remembers what
 * happened before, which is minutes.
 */
const goneFor = 7 * 24 * 3_600_000;

export function createDeciding({ writer, metrics, clock, ...deps }: Deps): Deciding {
  return {
    decide(entry, evaluations, { observedAt, isHistoryNew }, hold) {
      const { application } = entry;
      const now = Math.max(clock.now(), entry.decidedAt + 1);
      const firstSight = entry.fingerprint === undefined;
      const imported = rowsOfImport(
        application.uid,
        firstSight ? deps.importAlerts(application, evaluations) : [],
        now,
      );
      if (imported.rows.length > 0)
        entry.open = openNotices(imported.rows.filter((row) => row.kind === 'notice'));
      const decision = decide(application, evaluations, entry.open, { now, observedAt }, imported.told);
      entry.open = decision.open;
      if (decision.parts.length > 0) entry.decidedAt = now;
      metrics.setAlerts(application, activeAlerts(entry, evaluations));
      const isTold = entry.fingerprint !== undefined || evaluations.length > 0;
      const parts = [...partsOfImport(imported.rows, decision.parts), ...decision.parts];
      const record = isTold ? recordOf(entry, parts.length > 0 || isHistoryNew) : undefined;
      for (const delivery of decision.named) deps.onNamed(delivery);
      if (decision.ended.length > 0) deps.onEnded(application, decision.ended);
      if (record)
        writer.write(
          application.uid,
          { parts, last: { put: [{ kind: 'application', key: '', value: record }] } },
          hold.share(),
        );
    },
    forget({ application: { uid, resourceVersion }, fingerprint }, hold) {
      // Of one without a record there is nothing to forget.
      if (fingerprint === undefined) return;
      const gone: Row<'gone'> = {
        kind: 'gone',
        key: '',
        value: { revision: resourceVersion },
        expiresAt: clock.now() + goneFor,
      };
      writer.write(uid, { clear: true, last: { put: [gone] } }, hold.share());
    },
  };
}

/**
 * The record is written when the Application is first subscribed to something, with each change, and when what decides
 * about subscriptions differs.
 */
function recordOf(entry: Tracked, isChanged: boolean): ApplicationRecord | undefined {
  const record = { ...applicationRecord(entry.application), history: entry.history };
  const fingerprint = recordFingerprint(record);
  const isNew = fingerprint !== entry.fingerprint;
  entry.fingerprint = fingerprint;
  return isNew || isChanged ? record : undefined;
}

/** What was imported, but for notices that have changed since, of which there is one row. */
function partsOfImport(rows: readonly Row[], decided: readonly DecidedPart[]): Part[] {
  const changed = new Set(
    decided.flatMap(({ put = [], remove = [] }) => [...put, ...remove].map(({ key }) => key)),
  );
  return rows.filter(({ key }) => !changed.has(key)).map((row) => ({ put: [row] }));
}
