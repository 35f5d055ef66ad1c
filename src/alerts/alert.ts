/**
 * One alert: one uninterrupted match of a condition for an Application, split by oncePer, from its first match until its
 * end has been told. `step` decides what a result or the passing of time makes of it. Pure. Times in Unix milliseconds.
 */
export interface Alert {
  /** Unique per occurrence: the same condition that matches again is another alert. */
  readonly key: string;
  readonly configNamespace: string;
  readonly trigger: string;
  /** `Condition.id`. */
  readonly condition: string;
  /** The printed oncePer value, '' for none. */
  readonly oncePer: string;
  readonly application: { uid: string; namespace: string; name: string; project: string };
  /** As of the last match. */
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
  /** Since when the condition matches: as the object says where it does, else when that was seen. */
  readonly since: number;
  readonly firedAt?: number;
  /** Since when it does not match, while it is kept firing. */
  readonly unmatchedAt?: number;
  readonly ended?: { readonly at: number; readonly why: AlertEnd };
  /** When it began to match again while it fired, the latest ones. */
  readonly changes: readonly number[];
  readonly acknowledged?: { readonly at: number; readonly by: string; readonly comment: string };
}

export type AlertState = 'pending' | 'firing' | 'resolved';

/** `superseded`: the condition matches with another oncePer value. */
export type AlertEnd =
  | 'recovered'
  | 'superseded'
  | 'application deleted'
  | 'unsubscribed'
  | 'trigger removed';

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
  | { readonly kind: 'unmatched' }
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

/** A first match. A time in the cluster that is ahead of ours counts as now (check 8). */
export function openAlert(
  identity: Pick<Alert, 'configNamespace' | 'trigger' | 'condition' | 'oncePer' | 'application'>,
  key: string,
  event: Extract<AlertEvent, { kind: 'matched' }>,
  policy: AlertPolicy,
  now: number,
): AlertStep {
  const { severity, labels } = event;
  const since = Math.min(event.since ?? now, now);
  return ripen({ ...identity, key, severity, labels, state: 'pending', since, changes: [] }, policy, now);
}

/**
 * The table of house rules: pending fires at `since + for` and is dropped without a word when it no longer matches;
 * firing resolves when it has not matched for `keepFiring`, and is not un-fired by a longer `for`; a failed evaluation
 * is no answer. Source: Prometheus rules/alerting.go (checks 1 to 8).
 */
export function step(alert: Alert, event: AlertEvent, policy: AlertPolicy, now: number): AlertStep {
  if (alert.state === 'resolved') return { alert };
  if (event.kind === 'over') return end(alert, event.why, now);
  if (alert.state === 'pending') return stepPending(alert, event, policy, now);
  return stepFiring(alert, event, policy, now);
}

function stepPending(alert: Alert, event: AlertEvent, policy: AlertPolicy, now: number): AlertStep {
  switch (event.kind) {
    case 'unmatched':
      return { alert: undefined };
    case 'matched': {
      const { severity, labels } = event;
      // A later time in the object: it has been otherwise in between.
      const since = Math.min(Math.max(alert.since, event.since ?? alert.since), now);
      return ripen({ ...alert, severity, labels, since }, policy, now);
    }
    default:
      return ripen(alert, policy, now);
  }
}

function stepFiring(alert: Alert, event: AlertEvent, policy: AlertPolicy, now: number): AlertStep {
  if (event.kind === 'matched') {
    const { severity, labels } = event;
    const { unmatchedAt, ...kept } = alert;
    const changes = unmatchedAt === undefined ? alert.changes : [...alert.changes, now].slice(-mostChanges);
    return { alert: { ...kept, severity, labels, changes } };
  }
  const unmatchedAt = alert.unmatchedAt ?? (event.kind === 'unmatched' ? now : undefined);
  if (unmatchedAt === undefined) return { alert };
  const due = unmatchedAt + policy.keepFiring;
  return now >= due ? end(alert, 'recovered', now) : { alert: { ...alert, unmatchedAt }, due };
}

function ripen(alert: Alert, policy: AlertPolicy, now: number): AlertStep {
  const due = alert.since + policy.for;
  return now >= due ? { alert: { ...alert, state: 'firing', firedAt: now } } : { alert, due };
}

function end({ unmatchedAt: _, ...alert }: Alert, why: AlertEnd, now: number): AlertStep {
  if (alert.state === 'pending') return { alert: undefined };
  return { alert: { ...alert, state: 'resolved', ended: { at: now, why } } };
}
