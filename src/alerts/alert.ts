/**
 * What results mean for alerts, and alerts for what people are told: decisions, rules that hold back and put together,
 * keys, argocd-notifications' annotation. Pure; it may import the ground alone.
 */
import type { Alert, AlertEnd } from '../ledger/rows.ts';

/** What a condition says of its alerts beyond matching. Milliseconds. */
export interface AlertPolicy {
  readonly for: number;
  readonly keepFiring: number;
}

/** What has happened: a result of the condition, the end of what it is about, or nothing but time. */
export type AlertEvent =
  | {
      readonly kind: 'matched';
      /** When the object came to be as it is, where it says so. */
      readonly since?: number;
      readonly severity: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'unmatched';
      /** When the object came to be as it is, where it says so. */
      readonly since?: number;
    }
  | { readonly kind: 'failed' }
  | { readonly kind: 'time' }
  | { readonly kind: 'over'; readonly why: Exclude<AlertEnd, 'recovered'> };

export interface AlertStep {
  /** Undefined: it is dropped, and nobody has been told of it. */
  readonly alert: Alert | undefined;
  /** When time alone would change the answer; absent where it would not. */
  readonly due?: number;
}

/** So many changes are remembered of one alert. */
const mostChanges = 100;

/**
 * A first match. A time in the cluster that is ahead of ours counts as now (check 8). `ripeUntil`: up to when it is known
 * to have lasted, where that is not now; Unix milliseconds.
 */
export function openAlert(
  identity: Pick<Alert, 'configNamespace' | 'trigger' | 'condition' | 'oncePer' | 'application' | 'lastWell'>,
  key: string,
  event: Extract<AlertEvent, { kind: 'matched' }>,
  policy: AlertPolicy,
  now: number,
  ripeUntil?: number,
): AlertStep {
  const { severity, labels } = event;
  const alert: Alert = { ...identity, key, severity, labels, state: 'pending', since: now, changes: [] };
  return ripen({ ...alert, ...sinceOf(event.since ?? now, now) }, policy, now, ripeUntil);
}

/**
 * The table of house rules: pending fires at `since + for` and is dropped without a word when it no longer matches;
 * firing resolves when it has not matched for `keepFiring`, and is not un-fired by a longer `for`; a failed evaluation
 * is no answer. A match may come to one that had ended: then another begins. Source: Prometheus rules/alerting.go
 * (checks 1 to 8).
 */
export function step(
  alert: Alert,
  event: AlertEvent,
  policy: AlertPolicy,
  now: number,
  ripeUntil?: number,
): AlertStep {
  if (alert.state === 'resolved') return { alert };
  if (event.kind === 'over') return end(alert, event.why, now);
  if (alert.state === 'pending') return stepPending(alert, event, policy, now, ripeUntil);
  return stepFiring(alert, event, policy, now, ripeUntil);
}

function stepPending(
  alert: Alert,
  event: AlertEvent,
  policy: AlertPolicy,
  now: number,
  ripeUntil: number | undefined,
): AlertStep {
  switch (event.kind) {
    case 'unmatched': {
      // It had lasted long enough before, and nobody looked: it fires, and has just stopped to match.
      if (!hasLasted(alert, event.since, policy, now)) return { alert: undefined };
      const due = now + policy.keepFiring;
      return { alert: { ...alert, state: 'firing', firedAt: now, unmatchedAt: now }, due };
    }
    case 'matched': {
      const { severity, labels } = event;
      const said = event.since ?? alert.since;
      // A later time in the object: it has been otherwise in between.
      const isLater = said > alert.since && said !== alert.ahead;
      const since = isLater
        ? sinceOf(said, now)
        : { ...aheadOf(said, now), since: Math.min(alert.since, now) };
      return ripen({ ...alert, severity, labels, ...since }, policy, now, ripeUntil);
    }
    default:
      return ripen(alert, policy, now, ripeUntil);
  }
}

/** Whether it had matched for as long as it has to when it stopped to, as the cluster's own times have it. */
function hasLasted(
  { since, ahead }: Alert,
  until: number | undefined,
  policy: AlertPolicy,
  now: number,
): boolean {
  if (until === undefined || policy.for === 0) return false;
  const lasted = ahead === undefined ? Math.min(until, now) - since : until - ahead;
  return lasted >= policy.for;
}

/** A time in the cluster that is ahead of ours counts as now, once. */
function sinceOf(said: number, now: number): Pick<Alert, 'since' | 'ahead'> {
  return { since: Math.min(said, now), ...aheadOf(said, now) };
}

function aheadOf(said: number, now: number): Pick<Alert, 'ahead'> {
  return said > now ? { ahead: said } : {};
}

function stepFiring(
  alert: Alert,
  event: AlertEvent,
  policy: AlertPolicy,
  now: number,
  ripeUntil: number | undefined,
): AlertStep {
  if (event.kind === 'matched') {
    const { severity, labels, since = 0 } = event;
    const { unmatchedAt, ...kept } = alert;
    // It had ended before that, and nobody looked.
    if (unmatchedAt !== undefined && Math.min(since, now) >= unmatchedAt + policy.keepFiring)
      return end(alert, 'recovered', now);
    const changes = unmatchedAt === undefined ? alert.changes : [...alert.changes, now].slice(-mostChanges);
    return { alert: { ...kept, severity, labels, changes } };
  }
  const unmatchedAt = alert.unmatchedAt ?? (event.kind === 'unmatched' ? now : undefined);
  if (unmatchedAt === undefined) return { alert };
  const due = unmatchedAt + policy.keepFiring;
  // It may match again in what is still to be replayed.
  if (alert.unmatchedAt !== undefined && ripeUntil !== undefined && ripeUntil < due) return { alert };
  return now >= due ? end(alert, 'recovered', now) : { alert: { ...alert, unmatchedAt }, due };
}

function ripen(alert: Alert, policy: AlertPolicy, now: number, ripeUntil?: number): AlertStep {
  const due = alert.since + policy.for;
  if (ripeUntil !== undefined && ripeUntil < due && policy.for > 0) return { alert };
  if (now < due) return { alert, due };
  return { alert: { ...alert, state: 'firing', firedAt: now, ...(policy.for > 0 ? { ripeAt: due } : {}) } };
}

function end(alert: Alert, why: AlertEnd, now: number): AlertStep {
  if (alert.state === 'pending') return { alert: undefined };
  const ended: Alert = { ...alert, state: 'resolved', ended: { at: now, why } };
  delete ended.unmatchedAt;
  return { alert: ended };
}
