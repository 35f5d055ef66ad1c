import { isDeepStrictEqual } from 'node:util';
import type { Part } from '../ledger/pieces.ts';
import type { Alert, OngoingNotice, Row } from '../ledger/rows.ts';
import type { Delivery } from '../model.ts';
import type { Life } from './life.ts';

interface Next {
  alerts: ReadonlyMap<string, Alert>;
  notices: ReadonlyMap<string, OngoingNotice>;
  /** By the notice that makes it. */
  deliveries: ReadonlyMap<string, Delivery>;
  told: readonly Row<'told'>[];
}

/**
 * What has changed of an Application's alerts, in such an order that a crash after each part leaves nothing untold and
 * nothing to be told twice: alerts before what is told of them, and those that are over after it.
 */
export function partsOfLife(before: Pick<Life, 'alerts' | 'notices'>, next: Next): Part[] {
  const parts: Part[] = [];
  for (const [key, value] of next.alerts)
    if (!isUnchanged(before.alerts.get(key), value)) parts.push({ put: [{ kind: 'alert', key, value }] });
  for (const key of new Set([...before.notices.keys(), ...next.notices.keys(), ...next.deliveries.keys()])) {
    const [earlier, value] = [before.notices.get(key), next.notices.get(key)];
    const delivery = next.deliveries.get(key);
    if (!delivery && isUnchanged(earlier, value)) continue;
    parts.push({
      ...(value ? { put: [{ kind: 'ongoing', key, value }] } : {}),
      ...(earlier && !value ? { remove: [{ kind: 'ongoing', key }] } : {}),
      ...(delivery ? { add: [delivery] } : {}),
    });
  }
  for (const row of next.told) parts.push({ put: [row] });
  for (const key of before.alerts.keys())
    if (!next.alerts.has(key)) parts.push({ remove: [{ kind: 'alert', key }] });
  return parts;
}

/** When it is looked at next is found out anew by whoever starts: that alone is not written. */
export function isUnchanged(
  before: { dueAt?: number } | undefined,
  after: { dueAt?: number } | undefined,
): boolean {
  if (before === after) return true;
  if (!before || !after) return false;
  const { dueAt: _before, ...one } = before;
  const { dueAt: _after, ...other } = after;
  return JSON.stringify(one) === JSON.stringify(other) || isDeepStrictEqual(one, other);
}
