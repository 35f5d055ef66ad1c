import { hash } from 'node:crypto';
import type { AlertIdentity } from '../ledger/rows.ts';
import type { Destination } from '../model.ts';

/** What a notice of one alert is about: a condition and a destination, whatever the oncePer value. */
export interface Slot extends Omit<AlertIdentity, 'oncePer'> {
  destination: Destination;
}

/** Tells the slots of one Application apart in memory, without the cost of a hash. */
export function slotOf({ configNamespace, trigger, condition, destination }: Slot): string {
  return JSON.stringify([configNamespace, trigger, condition, destination.service, destination.recipient]);
}

export function alertKey(uid: string, alert: AlertIdentity): string {
  const { configNamespace, trigger, condition, oncePer } = alert;
  return hashOf('alert', uid, configNamespace, trigger, condition, oncePer);
}

/** Of one occurrence of an alert; `began`: a time that no other occurrence has. */
export function occurrenceKey(uid: string, alert: AlertIdentity, began: number): string {
  return hashOf('occurrence', alertKey(uid, alert), `${began}`);
}

/** Of the ongoing notice of one alert; `alert` is its key. */
export function ownNoticeKey(
  configNamespace: string,
  { service, recipient }: Destination,
  alert: string,
): string {
  return hashOf('ongoing', configNamespace, service, recipient, alert);
}

/** Of the ongoing notice of a group. `parts` tell the groups of a destination apart. */
export function groupKey(
  configNamespace: string,
  { service, recipient }: Destination,
  parts: readonly string[],
): string {
  return hashOf('group', configNamespace, service, recipient, ...parts);
}

/** Of the message that an ongoing notice makes after `last`, '' for none, at a time. */
export function messageId(notice: string, last: string, at: number): string {
  return hashOf('message', notice, last, `${at}`);
}

/** Of the notice of one alert; `slot` as {@link slotOf} answers it. */
export function noticeKey(uid: string, slot: string): string {
  return hashOf('notice', uid, slot);
}

/** Of the row that says that a notice was told of a oncePer value. */
export function toldKey(notice: string, oncePer: string): string {
  return hashOf('told', notice, oncePer);
}

/** `since`: when the alert began, which tells one occurrence from another. */
export function deliveryId(notice: string, alert: string, since: number): string {
  return hashOf('delivery', notice, alert, `${since}`);
}

/** Of an Application and a destination: what keeps its order. */
export function laneOf(uid: string, configNamespace: string, { service, recipient }: Destination): string {
  return hashOf('lane', uid, configNamespace, service, recipient).slice(0, 24);
}

function hashOf(...parts: string[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 40);
}
