/** Matches that were told once, taken over as alerts with an end, where a lifecycle or a rule is added. Pure. */
import type { Alert, Notice, NoticedAlert, OngoingNotice } from '../ledger/rows.ts';
import type { Destination } from '../model.ts';
import type { OpenNotices } from './decide.ts';
import { deliveryId, noticeKey, occurrenceKey, ownNoticeKey, slotOf, toldKey } from './keys.ts';
import type { ConditionNow } from './lives.ts';
import { isValueless, oncePerValue } from './once-per.ts';

export interface Adopted {
  alerts: Alert[];
  /** What its destinations have been told, by key. */
  notices: Map<string, OngoingNotice>;
  /** Slots of the notices that go. */
  slots: string[];
}

/**
 * Of a condition whose matches are alerts with an end now, and which has none yet: what is told to fire stays told, and
 * nothing is sent again. `imported`: when oncePer values were told by argocd-notifications, by the keys of their rows.
 */
export function adopt(
  application: Alert['application'],
  condition: ConditionNow,
  destinations: readonly Destination[],
  open: OpenNotices,
  imported: ReadonlyMap<string, number>,
  now: number,
): Adopted {
  const adopted: Adopted = { alerts: [], notices: new Map(), slots: [] };
  const { result, configNamespace, trigger, severity, labels } = condition;
  if (result.status === 'failed') return adopted;
  const value = result.status === 'matched' ? oncePerValue(result) : undefined;
  const { uid } = application;
  const found: { destination: Destination; slot: string; noticed: NoticedAlert }[] = [];
  for (const destination of destinations) {
    const slot = slotOf({ ...condition, destination });
    const notice = open.get(slot);
    if (notice) adopted.slots.push(slot);
    const noticed = (notice && stillOpen(notice, value)) ?? importedOf(slot, value, uid, imported);
    if (noticed) found.push({ destination, slot, noticed });
  }
  const [first] = found.toSorted((a, b) => a.noticed.since - b.noticed.since);
  if (!first) return adopted;
  const since = Math.min(first.noticed.since, now);
  const oncePer = value !== undefined && !isValueless(value) ? value : first.noticed.oncePer;
  const identity = { configNamespace, trigger, condition: condition.condition, oncePer };
  const key = occurrenceKey(uid, identity, since);
  const alert: Alert = {
    ...identity,
    application,
    key,
    severity,
    labels,
    state: 'firing',
    since,
    firedAt: since,
    changes: [],
  };
  adopted.alerts.push(alert);
  for (const { destination, slot, noticed } of found) {
    const delivery = noticed.delivery ?? deliveryId(noticeKey(uid, slot), noticed.key, noticed.since);
    const firing = { [key]: severity };
    adopted.notices.set(ownNoticeKey(configNamespace, destination, key), {
      configNamespace,
      destination,
      createdAt: since,
      told: { at: noticed.since, root: delivery, delivery, firing, acknowledged: [] },
    });
  }
  return adopted;
}

/** What the notice has told that is not over; `value`: of the match now, undefined where it does not match. */
function stillOpen({ alerts }: Notice, value: string | undefined): NoticedAlert | undefined {
  const last = alerts.at(-1);
  const unnamed = alerts.find((alert) => alert.unnamed);
  // Of one that has a value all along the row may stand although it is over.
  if (value === undefined) return unnamed && last;
  if (last?.oncePer === value) return last;
  if (unnamed && (isValueless(value) || unnamed === last)) return last;
  return undefined;
}

function importedOf(
  slot: string,
  value: string | undefined,
  uid: string,
  imported: ReadonlyMap<string, number>,
): NoticedAlert | undefined {
  if (value === undefined || value === '') return undefined;
  const notice = noticeKey(uid, slot);
  const since = imported.get(toldKey(notice, value));
  return since === undefined ? undefined : { key: notice, oncePer: value, since };
}
