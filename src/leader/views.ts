import { labelValues } from '../alerts/labels.ts';
import { placeOf } from '../alerts/lives.ts';
import type { LabelValues } from '../alerts/matcher.ts';
import type { Alert, AlertIdentity, OngoingNotice } from '../ledger/rows.ts';
import type { Application, Destination } from '../model.ts';
import type { EvaluatedCondition } from './conditions.ts';

/** What an alert is for one destination. */
export interface View {
  destination: Destination;
  /** Where nobody is subscribed any more it has ended. */
  alert: Alert;
  labels: LabelValues;
  isTold: boolean;
}

interface About {
  application: Application;
  subscribed: readonly Destination[];
  /** Notices of this alert alone. */
  own: readonly OngoingNotice[];
  /** Groups that it is in. */
  holders: readonly { destination: Destination; isTold: boolean }[];
  now: number;
}

/** Those who are to be told of an alert, and those who were. */
export function viewsOfAlert(alert: Alert, { application, subscribed, own, holders, now }: About): View[] {
  if (alert.state === 'pending') return [];
  const views = new Map<string, View>();
  const isEnded = alert.state === 'resolved';
  const why = 'unsubscribed' as const;

  function add(destination: Destination, isSubscribed: boolean, isTold: boolean): void {
    const id = JSON.stringify([destination.service, destination.recipient]);
    const known = views.get(id);
    if (known) {
      known.isTold ||= isTold;
      return;
    }
    const view: Alert =
      isEnded || isSubscribed ? alert : { ...alert, state: 'resolved', ended: { at: now, why } };
    views.set(id, { destination, alert: view, labels: labelsOf(application, alert, destination), isTold });
  }

  if (!isEnded) for (const destination of subscribed) add(destination, true, false);
  for (const notice of own) add(notice.destination, false, isToldBy(notice, alert));
  for (const { destination, isTold } of holders) add(destination, false, isTold);
  return [...views.values()];
}

/** Without a destination: those of a source of inhibition. */
export function labelsOf(application: Application, alert: Alert, destination?: Destination): LabelValues {
  const { trigger, severity, labels } = alert;
  const about = { trigger, severity, labels, application, object: application.object };
  return labelValues(destination ? { ...about, destination } : about);
}

/** All conditions of a trigger have the same destinations, also one that was edited away and may be carried over. */
export function subscribedTo(
  alert: Alert,
  evaluated: ReadonlyMap<string, EvaluatedCondition>,
): Destination[] {
  const own = evaluated.get(placeOf(alert));
  const found = own ?? [...evaluated.values()].find(({ condition }) => isOfSameTrigger(condition, alert));
  return found?.evaluations.map(({ destination }) => destination) ?? [];
}

function isOfSameTrigger(a: Omit<AlertIdentity, 'oncePer'>, b: Omit<AlertIdentity, 'oncePer'>): boolean {
  return a.trigger === b.trigger && a.configNamespace === b.configNamespace;
}

/** The notices of each alert. */
export function keysByAlert(notices: ReadonlyMap<string, OngoingNotice>): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const [key, { told, held }] of notices) {
    for (const alert of new Set([...Object.keys(told?.firing ?? {}), ...Object.keys(held ?? {})])) {
      const known = keys.get(alert);
      if (known) known.push(key);
      else keys.set(alert, [key]);
    }
  }
  return keys;
}

export function isToldBy({ told }: OngoingNotice, { key }: Alert): boolean {
  return told !== undefined && Object.hasOwn(told.firing, key);
}

export function isAmong(destination: Destination, others: readonly Destination[]): boolean {
  return others.some((other) => isEqual(destination, other));
}

export function isEqual(a: Destination, b: Destination): boolean {
  return a.service === b.service && a.recipient === b.recipient;
}
