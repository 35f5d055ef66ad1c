import { isDeepStrictEqual } from 'node:util';
import type { Part } from '../ledger/pieces.ts';
import type { Alert, OngoingNotice, Row } from '../ledger/rows.ts';
import type { Delivery } from '../model.ts';

interface Rows {
  alerts: ReadonlyMap<string, Alert>;
  notices: ReadonlyMap<string, OngoingNotice>;
}

interface Next extends Rows {
  /** The alert of each notice, before or after. */
  alertOf: ReadonlyMap<string, string>;
  /** By the notice that makes it. */
  deliveries: ReadonlyMap<string, Delivery>;
  told: readonly Row<'told'>[];
}

/** Rows and deliveries of one alert that are kept whole. */
const mostOfOne = 500;

/**
 * What has changed of an Application's alerts. An alert and what is told of it are one part, so that no crash comes
 * between. Of one with hundreds of destinations that cannot be: there it goes first where it begins, and last where it is
 * over, and what a crash leaves is told by the next leader.
 */
export function partsOfLife(before: Rows, next: Next): Part[] {
  const parts: Part[] = [];
  const byAlert = Map.groupBy(
    new Set([...before.notices.keys(), ...next.notices.keys(), ...next.deliveries.keys()]),
    (key) => next.alertOf.get(key) ?? '',
  );
  for (const key of new Set([...before.alerts.keys(), ...next.alerts.keys(), ...byAlert.keys()])) {
    const own: Part[] = [];
    const value = next.alerts.get(key);
    if (value && !isUnchanged(before.alerts.get(key), value))
      own.push({ put: [{ kind: 'alert', key, value }] });
    for (const notice of byAlert.get(key) ?? []) own.push(...partsOfNotice(notice));
    if (!value && before.alerts.has(key)) own.push({ remove: [{ kind: 'alert', key }] });
    if (own.length > mostOfOne) parts.push(...own);
    else if (own.length > 0) parts.push(whole(own));
  }
  for (const row of next.told) parts.push({ put: [row] });
  return parts;

  function partsOfNotice(key: string): Part[] {
    const [earlier, value] = [before.notices.get(key), next.notices.get(key)];
    const delivery = next.deliveries.get(key);
    if (!delivery && isUnchanged(earlier, value)) return [];
    return [
      {
        ...(value ? { put: [{ kind: 'ongoing', key, value }] } : {}),
        ...(earlier && !value ? { remove: [{ kind: 'ongoing', key }] } : {}),
        ...(delivery ? { add: [delivery] } : {}),
      },
    ];
  }
}

function whole(parts: readonly Part[]): Part {
  return {
    remove: parts.flatMap(({ remove = [] }) => remove),
    put: parts.flatMap(({ put = [] }) => put),
    add: parts.flatMap(({ add = [] }) => add),
  };
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
