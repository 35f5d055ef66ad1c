import type { OpenNotices } from '../alerts/decide.ts';
import { slotOf } from '../alerts/keys.ts';
import type { ChangeHistory, WellStates } from '../ledger/rows.ts';
import type { AlertSeries } from '../metrics/application-series.ts';
import type { Application } from '../model.ts';
import type { ApplicationEvent } from './application-event.ts';
import type { AlertEvaluation } from './evaluate.ts';
import type { Life } from './life.ts';
import type { Hold } from './progress.ts';

/** What is known of an Application while it is watched. */
export interface Tracked {
  application: Application;
  open: OpenNotices;
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
