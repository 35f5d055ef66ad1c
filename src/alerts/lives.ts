/**
 * What the results of an Application's conditions mean for its alerts: which begin, go on, carry over to an edited
 * condition, and end. Pure. Times in Unix milliseconds.
 */
import type { Alert, AlertEnd, AlertIdentity } from '../ledger/rows.ts';
import type { ConditionResult, WellState } from '../model.ts';
import { type AlertEvent, type AlertPolicy, openAlert, step } from './alert.ts';
import { occurrenceKey } from './keys.ts';
import { isValueless, oncePerValue } from './once-per.ts';

/** Of a condition: what it says of its alerts' lives. Milliseconds. */
export interface LifePolicy extends AlertPolicy {
  readonly repeat?: number;
  /** Templates that tell of the end; absent: it is not told. */
  readonly resolved?: readonly string[];
}

/** A condition that the Application is subscribed to, and what it says now. */
export interface ConditionNow extends Omit<AlertIdentity, 'oncePer'> {
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: its matches are told once, unless a rule concerns them. */
  readonly lifecycle?: LifePolicy;
  /** Its matches are alerts with an end: by its lifecycle, or because a rule concerns them. */
  readonly isOngoing: boolean;
  readonly result: ConditionResult;
  /** Since when the object is as it is, where it says so. */
  readonly since?: number;
}

export interface Circumstances {
  readonly now: number;
  /** A time that no occurrence of an alert of this Application has begun at before: it tells them apart. */
  readonly occurrence: number;
  /** Nothing has happened to the Application: what it is decided by may have changed. */
  readonly isAgain?: boolean;
  /** Whether the trigger of the alert still has the condition. */
  exists(alert: AlertIdentity): boolean;
  /** What the Application was like when it was last well. */
  readonly lastWell?: WellState | undefined;
  /** Up to when alerts ripen, Unix milliseconds, where that is not now: what follows is known to have been otherwise. */
  readonly ripeUntil?: number;
  /** All of it is over, but for what `spares` answers. */
  readonly over?: { readonly why: Exclude<AlertEnd, 'recovered'>; spares(alert: Alert): boolean };
}

export interface Lives {
  /** By key: all that are open, and those that have just ended. */
  readonly alerts: ReadonlyMap<string, Alert>;
  /** Conditions whose matches are told once. */
  readonly plain: ReadonlySet<ConditionNow>;
  /** When time alone would change the answer. */
  readonly due?: number;
}

const atOnce: LifePolicy = { for: 0, keepFiring: 0 };

export function live(
  application: Alert['application'],
  before: ReadonlyMap<string, Alert>,
  conditions: readonly ConditionNow[],
  circumstances: Circumstances,
): Lives {
  const { now, over, ripeUntil } = circumstances;
  const alerts = new Map(before);
  const plain = new Set<ConditionNow>();
  const visited = new Set<string>();
  let due: number | undefined;
  const open = new Map<string, Alert>();
  for (const alert of before.values()) if (alert.state !== 'resolved') open.set(placeOf(alert), alert);
  const lost = lostAlerts(open, conditions, circumstances);

  function keep(key: string, { alert, due: at }: { alert: Alert | undefined; due?: number }): void {
    visited.add(key);
    if (alert) alerts.set(key, withDue(alert, at));
    else alerts.delete(key);
    if (alert && at !== undefined) due = Math.min(at, due ?? at);
  }

  for (const condition of conditions) {
    const policy = condition.lifecycle ?? atOnce;
    const { result } = condition;
    const found = open.get(placeOf(condition)) ?? carried(condition);
    if (found && isSame(found, result)) {
      const stepped = step(refreshed(found, condition), eventOf(condition), policy, now, ripeUntil);
      keep(found.key, stepped);
      if (stepped.alert?.state === 'resolved' && result.status === 'matched') begin(condition, policy);
      continue;
    }
    if (found) keep(found.key, step(found, { kind: 'over', why: 'superseded' }, policy, now));
    if (!condition.isOngoing) plain.add(condition);
    else if (result.status === 'matched') begin(condition, policy);
  }

  function begin(condition: ConditionNow, policy: LifePolicy): void {
    const event = eventOf(condition);
    if (event.kind !== 'matched') return;
    const { configNamespace, trigger, condition: id, result } = condition;
    const oncePer = result.status === 'matched' ? oncePerValue(result) : '';
    const identity = { configNamespace, trigger, condition: id, oncePer, application };
    const key = occurrenceKey(application.uid, identity, circumstances.occurrence);
    const { lastWell } = circumstances;
    const opened = openAlert(
      { ...identity, ...(lastWell ? { lastWell } : {}) },
      key,
      event,
      policy,
      now,
      ripeUntil,
    );
    keep(key, { ...opened, alert: opened.alert && withEnd(opened.alert, condition) });
  }

  /** The alert of a condition of the same trigger that was edited, and of which this one takes the place. */
  function carried(condition: ConditionNow): Alert | undefined {
    const { result } = condition;
    if (result.status !== 'matched') return undefined;
    const queue = lost.get(triggerOf(condition));
    const index = queue?.findIndex((alert) => isCarried(alert, oncePerValue(result))) ?? -1;
    return index < 0 ? undefined : queue?.splice(index, 1)[0];
  }

  const heirs = new Set<ConditionNow>();
  for (const alert of open.values()) {
    if (visited.has(alert.key)) continue;
    const heir = heirOf(alert);
    if (heir) {
      heirs.add(heir);
      keep(alert.key, step(refreshed(alert, heir), eventOf(heir), heir.lifecycle ?? atOnce, now));
      continue;
    }
    const event = leftOver(alert);
    if (event) keep(alert.key, step(alert, event, atOnce, now));
  }

  /**
   * The edited condition that does not match at the moment, but would keep the alert firing for a while; or, of one that
   * was pending when something happened that nobody saw, may tell that it had lasted long enough by then.
   */
  function heirOf(alert: Alert): ConditionNow | undefined {
    if (over || circumstances.exists(alert)) return undefined;
    const isPending = alert.state === 'pending';
    if (isPending && circumstances.isAgain) return undefined;
    return conditions.find(
      (condition) =>
        condition.result.status === 'unmatched' &&
        (isPending || (condition.lifecycle?.keepFiring ?? 0) > 0) &&
        triggerOf(condition) === triggerOf(alert) &&
        !open.has(placeOf(condition)) &&
        !heirs.has(condition),
    );
  }

  /** What becomes of one that has no result of its own any more; undefined: nothing yet. */
  function leftOver(alert: Alert): AlertEvent | undefined {
    if (over) return undefined;
    if (circumstances.exists(alert)) return { kind: 'over', why: 'unsubscribed' };
    // Which condition takes its place cannot be told yet.
    const isUnclear = conditions.some(
      (condition) => condition.result.status === 'failed' && triggerOf(condition) === triggerOf(alert),
    );
    return isUnclear ? undefined : { kind: 'over', why: 'trigger removed' };
  }

  if (over) {
    for (const alert of alerts.values()) {
      if (alert.state === 'resolved' || over.spares(alert)) continue;
      keep(alert.key, step(alert, { kind: 'over', why: over.why }, atOnce, now));
    }
  }
  return { alerts, plain, ...(due === undefined ? {} : { due }) };
}

/** Of each trigger the open alerts whose condition it does not have any more, in the order in which they began. */
function lostAlerts(
  open: ReadonlyMap<string, Alert>,
  conditions: readonly ConditionNow[],
  { exists }: Circumstances,
): Map<string, Alert[]> {
  if (open.size === 0) return new Map();
  const present = new Set(conditions.map(placeOf));
  const lost = [...open.values()].filter((alert) => !present.has(placeOf(alert)) && !exists(alert));
  return Map.groupBy(
    lost.toSorted((a, b) => a.since - b.since),
    triggerOf,
  );
}

function eventOf({ result, severity, labels, since }: ConditionNow): AlertEvent {
  const said = since === undefined ? {} : { since };
  if (result.status === 'failed') return { kind: 'failed' };
  return result.status === 'matched'
    ? { kind: 'matched', severity, labels, ...said }
    : { kind: 'unmatched', ...said };
}

/** Whether the result is of this alert: of its oncePer value, or of one that only names it, or of none. */
function isSame({ oncePer, toldBefore = [] }: Alert, result: ConditionResult): boolean {
  if (result.status !== 'matched') return true;
  const value = oncePerValue(result);
  if (value === oncePer || isValueless(value)) return true;
  return isValueless(oncePer) && toldBefore.length === 0;
}

function isCarried(alert: Alert, value: string): boolean {
  return alert.oncePer === value || isValueless(alert.oncePer) || isValueless(value);
}

/** With what its condition says now, whether or not it matches. */
function refreshed(alert: Alert, condition: ConditionNow): Alert {
  const { result } = condition;
  const value = result.status === 'matched' ? oncePerValue(result) : '';
  const oncePer = isValueless(value) ? alert.oncePer : value;
  return withEnd({ ...alert, condition: condition.condition, oncePer }, condition);
}

function withDue(alert: Alert, dueAt: number | undefined): Alert {
  if (alert.dueAt === dueAt) return alert;
  const { dueAt: _dueAt, ...kept } = alert;
  return dueAt === undefined ? kept : { ...kept, dueAt };
}

function withEnd(alert: Alert, { lifecycle }: ConditionNow): Alert {
  const { resolved: _resolved, ...kept } = alert;
  return lifecycle?.resolved ? { ...kept, resolved: lifecycle.resolved } : kept;
}

/** Tells the conditions of one Application apart. */
export function placeOf({ configNamespace, trigger, condition }: Omit<AlertIdentity, 'oncePer'>): string {
  return `${configNamespace}\n${trigger}\n${condition}`;
}

function triggerOf({ configNamespace, trigger }: Pick<AlertIdentity, 'configNamespace' | 'trigger'>): string {
  return `${configNamespace}\n${trigger}`;
}
