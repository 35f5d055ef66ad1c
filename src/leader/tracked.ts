import { type OpenNotices, openNotices, toldRows } from '../alerts/decide.ts';
import { slotOf } from '../alerts/keys.ts';
import type { ApplicationRecord, ChangeHistory, Row, WellStates } from '../ledger/rows.ts';
import type { AlertSeries } from '../metrics/application-series.ts';
import type { Application } from '../model.ts';
import type { ApplicationEvent } from './application-event.ts';
import { recordFingerprint } from './application-record.ts';
import type { AlertEvaluation } from './evaluate.ts';
import { createLife, type Life, toldRowsOfLife } from './life.ts';
import type { LoadedRow } from './loading.ts';
import type { Hold } from './progress.ts';

/** What is known of an Application while it is watched. */
export interface Tracked {
  application: Application;
  open: OpenNotices;
  /** It is not as it is known here any more: what has become of it is about to be replayed. */
  isPast?: boolean;
  /** Of its alerts that have an end; absent: it has had none. */
  life?: Life;
  /** Its deletion is written, and something of its alerts is still to be told. */
  isGone?: boolean;
  /**
   * When something was last decided, Unix milliseconds. A later decision gets a later time, because it is what tells
   * two occurrences of an alert apart; a watch that catches up shows both in one millisecond.
   */
  decidedAt: number;
  /** Events that arrived while the ledger was asked; undefined once it has answered. */
  waiting?: { event: ApplicationEvent; hold: Hold }[];
  /** Of the record in the ledger; undefined before there is one. */
  fingerprint?: string;
  /** The revision up to which an earlier process has decided; undefined where there was none. */
  decidedUpTo?: string | undefined;
  /** For conditions that ask how often a value has changed; stands in the record, too. */
  history: ChangeHistory;
  /** For messages that say what has changed; stands in the record, too. */
  well?: WellStates | undefined;
  /** Milliseconds into each minute at which its conditions that read the clock are evaluated. */
  phase: number;
  /** `startedAt` of an operation that has no end, once that is logged. */
  stuck?: string;
  /** Failures logged already, so that each is logged when it changes and not with every event. */
  failures: string;
}

/** An alert is active while its condition holds; a failed evaluation is no answer, so it leaves the alert as it was. */
export function activeAlerts(
  { open, life }: Pick<Tracked, 'open' | 'life'>,
  evaluations: readonly AlertEvaluation[],
): AlertSeries[] {
  const alerts = new Map<string, AlertSeries>();
  for (const evaluation of evaluations) {
    if (evaluation.result.status === 'unmatched') continue;
    const alert = open.get(slotOf(evaluation))?.alerts.at(-1);
    if (!alert) continue;
    const { trigger, severity } = evaluation;
    const key = `${trigger}\n${severity}`;
    const since = Math.min(alert.since, alerts.get(key)?.since ?? Number.POSITIVE_INFINITY);
    alerts.set(key, { trigger, severity, since });
  }
  for (const { trigger, severity, state, unmatchedAt, since } of life?.alerts.values() ?? []) {
    if (state === 'resolved' || unmatchedAt !== undefined) continue;
    const key = `${trigger}\n${severity}`;
    alerts.set(key, { trigger, severity, since: Math.min(since, alerts.get(key)?.since ?? since) });
  }
  return [...alerts.values()];
}

/** Nothing is known of it but what the watch shows. */
export function createTracked(
  application: Application,
  { decidedAt, phase }: Pick<Tracked, 'decidedAt' | 'phase'>,
): Tracked {
  return { application, open: new Map(), decidedAt, history: {}, phase, failures: '' };
}

/** Takes on what the ledger holds of it; answers its record, if there is one. */
export function restore(entry: Tracked, rows: readonly LoadedRow[]): ApplicationRecord | undefined {
  // They are there before the record is, which comes last.
  if (rows.some(({ kind }) => kind === 'alert'))
    entry.life = createLife(rows.filter((row) => row.kind === 'alert' || row.kind === 'ongoing'));
  const record = rows.find((row) => row.kind === 'application')?.value;
  if (!record) return undefined;
  entry.open = openNotices(rows.filter((row) => row.kind === 'notice'));
  entry.fingerprint = recordFingerprint(record);
  entry.history = record.history ?? {};
  entry.well = record.well;
  entry.decidedUpTo = record.revision;
  entry.isGone = rows.some(({ kind }) => kind === 'gone');
  return record;
}

/** Rows that say that the oncePer values which match now are told, for another while. */
export function toldRowsOf({ application, open, life }: Tracked, now: number): Row<'told'>[] {
  return [
    ...toldRows(application.uid, open, now),
    ...(life ? toldRowsOfLife(application.uid, life, now) : []),
  ];
}
