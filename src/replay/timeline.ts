import type { Change } from '../ledger/ledger.ts';
import type { Alert, OngoingNotice, ScopedRow } from '../ledger/rows.ts';
import type { Delivery, DeliveryReason, Notification } from '../model.ts';

/** A message as it would have been sent. Times in Unix milliseconds. */
export interface TimelineMessage {
  /** When it would have been sent, or was given up. */
  at: number;
  /** When it was decided. */
  decidedAt: number;
  /** Of the delivery. */
  id: string;
  service: string;
  recipient: string;
  reason: DeliveryReason;
  /** Absent: it is told once and has no end. */
  state?: 'firing' | 'resolved';
  /** Nobody is pinged. */
  isSilent?: true;
  /** Of a group. */
  groupLabels?: Readonly<Record<string, string>>;
  /** Alerts that it tells of. */
  firing: number;
  resolved: number;
  triggers: string[];
  /** `namespace/name`, of all alerts that it shows. */
  applications: string[];
  text: string;
  /** Why it would not have been sent. */
  error?: string;
  /** It tells of what held before the recording began. */
  isAtStart?: true;
  /** What this message is the first to tell its recipient. */
  news: News[];
}

/** That an alert fires, or has ended, or something else about one. */
export interface News {
  what: string;
  trigger: string;
  uid: string;
  /** When that came about, Unix milliseconds. */
  since: number;
}

type Decided = Omit<TimelineMessage, 'at' | 'text' | 'error'>;

/** Puts together what was decided and what was sent. */
export interface Timeline {
  /** Rows that are there from the start. */
  begin(rows: { alerts: readonly ScopedRow<'alert'>[]; ongoing: readonly ScopedRow<'ongoing'>[] }): void;
  /** A change that the ledger has taken. */
  committed(change: Change, now: number, isAtStart: boolean): void;
  sent(delivery: string, notification: Notification, now: number): void;
  givenUp(delivery: string, error: string, now: number): void;
  /** In the order of time. */
  messages(): TimelineMessage[];
}

export function createTimeline(): Timeline {
  const decided = new Map<string, Decided>();
  const messages: TimelineMessage[] = [];
  const alerts = new Map<string, Alert>();
  /** Of each ongoing notice the alerts that were told to fire. */
  const told = new Map<string, readonly string[]>();

  function newsOf(delivery: Delivery, before: readonly string[], after: readonly string[]): News[] {
    const { alerts: shown, observedAt, reason, ongoing } = delivery;
    if (!ongoing)
      return shown.map(({ trigger, application: { uid } }) => ({
        what: 'firing',
        trigger,
        uid,
        since: observedAt,
      }));
    const known = new Set(before);
    const still = new Set(after);
    const news = [
      ...after.filter((key) => !known.has(key)).flatMap((key) => firing(key)),
      ...before.filter((key) => !still.has(key)).flatMap((key) => ended(key, observedAt)),
    ];
    if (news.length > 0) return news;
    const [{ trigger, application }] = shown;
    return [{ what: reason, trigger, uid: application.uid, since: observedAt }];
  }

  function firing(key: string): News[] {
    const alert = alerts.get(key);
    return alert
      ? [{ what: 'firing', trigger: alert.trigger, uid: alert.application.uid, since: alert.since }]
      : [];
  }

  function ended(key: string, now: number): News[] {
    const alert = alerts.get(key);
    if (!alert) return [];
    const { trigger, application, ended: end } = alert;
    return [{ what: 'resolved', trigger, uid: application.uid, since: end?.at ?? now }];
  }

  function decide(delivery: Delivery, news: News[], now: number, isAtStart: boolean): void {
    const { id, destination, reason, ongoing, alerts: shown } = delivery;
    decided.set(id, {
      decidedAt: now,
      id,
      ...destination,
      reason,
      ...(ongoing ? { state: ongoing.state } : {}),
      ...(ongoing?.isSilent ? { isSilent: true } : {}),
      ...(ongoing?.groupLabels ? { groupLabels: ongoing.groupLabels } : {}),
      firing: ongoing ? ongoing.firing : shown.length,
      resolved: ongoing ? ongoing.resolved : 0,
      triggers: [...new Set(shown.map(({ trigger }) => trigger))],
      applications: [...new Set(shown.map(({ application: { namespace, name } }) => `${namespace}/${name}`))],
      ...(isAtStart ? { isAtStart: true } : {}),
      news,
    });
  }

  function settle(id: string, at: number, text: string, error?: string): void {
    const message = decided.get(id);
    if (!message) return;
    decided.delete(id);
    messages.push({ ...message, at, text, ...(error === undefined ? {} : { error }) });
  }

  return {
    begin(rows) {
      for (const { key, value } of rows.alerts) alerts.set(key, value);
      for (const { key, value } of rows.ongoing) told.set(key, firingIn(value));
    },
    committed({ put = [], remove = [], add = [] }, now, isAtStart) {
      const ongoing = new Map<string, readonly string[]>();
      for (const { kind, key } of remove) if (kind === 'ongoing') ongoing.set(key, []);
      for (const row of put) {
        if (row.kind === 'alert') alerts.set(row.key, row.value);
        if (row.kind === 'ongoing') ongoing.set(row.key, firingIn(row.value));
      }
      for (const delivery of add) {
        const before = told.get(delivery.notice) ?? [];
        decide(delivery, newsOf(delivery, before, ongoing.get(delivery.notice) ?? []), now, isAtStart);
      }
      for (const [key, firingNow] of ongoing) {
        if (firingNow.length > 0) told.set(key, firingNow);
        else told.delete(key);
      }
    },
    sent: (id, { message }, now) => settle(id, now, message),
    givenUp: (id, error, now) => settle(id, now, '', error),
    messages: () => messages.toSorted((a, b) => a.at - b.at),
  };
}

function firingIn({ told }: OngoingNotice): string[] {
  return Object.keys(told?.firing ?? {});
}
