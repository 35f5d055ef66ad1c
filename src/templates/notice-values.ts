/** What templates see of the alerts that a message tells of: `alert`, and of groups `alerts` and what counts them. */
import { subjectOf } from '../application-set.ts';
import { GoDuration, MILLISECOND } from '../go/duration.ts';
import { timeFromMillis } from '../go/time.ts';
import type { AlertEnd } from '../ledger/rows.ts';
import type { Delivery, DeliveryAlert, DeliveryReason, JsonObject } from '../model.ts';
import { factsOf, lastWellValues } from './last-well.ts';

/** What a message tells, see `Delivery`. */
export type NoticeInput = Pick<Delivery, 'reason' | 'ongoing' | 'alerts' | 'snapshots' | 'observedAt'>;

/** Of a template that is tried without an alert: one that has just begun to match. */
export function untoldNotice(app: JsonObject, now: number): NoticeInput {
  const application = { uid: '', namespace: '', name: '', project: '' };
  return {
    reason: 'matched',
    alerts: [{ key: '', trigger: '', condition: '', oncePer: '', application }],
    snapshots: [app],
    observedAt: now,
  };
}

/**
 * The variables `alert alerts firing resolved counts truncated reason groupLabels`, the same for every message: one of
 * a condition that has no end is of one alert that fires. What is not there is empty, so that a template may ask.
 * `author`: of what was deployed to the first Application.
 */
export function noticeValues(
  notice: NoticeInput,
  now: number,
  author: () => string = () => '',
): Record<string, unknown> {
  const { reason, ongoing, alerts, snapshots } = notice;
  const shown = alerts.map((alert, index) =>
    alertValues(alert, notice, snapshots[index] ?? snapshots[0], now, index === 0 ? author : () => ''),
  );
  const firing = shown.filter(({ state }) => state === 'firing');
  const resolved = shown.filter(({ state }) => state === 'resolved');
  const counts = {
    firing: ongoing?.firing ?? firing.length,
    resolved: ongoing?.resolved ?? resolved.length,
  };
  return {
    alert: shown[0],
    alerts: shown,
    firing,
    resolved,
    counts,
    truncated: Math.max(0, counts.firing + counts.resolved - shown.length),
    reason,
    groupLabels: ongoing?.groupLabels ?? {},
  };
}

function alertValues(
  { key, trigger, lifecycle, lastWell }: DeliveryAlert,
  { reason, ongoing, observedAt }: NoticeInput,
  app: JsonObject,
  now: number,
  author: () => string,
) {
  const {
    since = observedAt,
    firedAt = observedAt,
    endedAt,
    acknowledged,
    silencedBy = [],
  } = lifecycle ?? {};
  const seconds = Math.floor(Math.max(0, (endedAt ?? now) - since) / 1_000);
  return {
    key,
    trigger,
    state: lifecycle?.state ?? 'firing',
    reason,
    severity: lifecycle?.severity ?? '',
    labels: { ...lifecycle?.labels },
    since: timeFromMillis(since),
    firedAt: timeFromMillis(firedAt),
    endedAt: endedAt === undefined ? '' : timeFromMillis(endedAt),
    decidedAt: timeFromMillis(ongoing?.decidedAt ?? observedAt),
    duration: new GoDuration(BigInt(seconds) * 1_000n * MILLISECOND),
    changes: lifecycle?.changes.length ?? 0,
    why: lifecycle?.why ?? '',
    acknowledged: acknowledged ? { ...acknowledged, at: timeFromMillis(acknowledged.at) } : {},
    silencedBy: [...silencedBy],
    lastWell: lastWellValues(lastWell),
    get facts() {
      return factsOf(app, lastWell, author);
    },
    ...subjectOf(app),
  };
}

/** The variables that `noticeValues` makes. */
export const noticeNames = [
  'alert',
  'alerts',
  'firing',
  'resolved',
  'counts',
  'truncated',
  'reason',
  'groupLabels',
] as const;

/** What `reason` may be. */
export const reasons: readonly string[] = Object.keys({
  matched: true,
  first: true,
  'new in group': true,
  'some resolved': true,
  'all resolved': true,
  repeated: true,
  'severity raised': true,
  'severity lowered': true,
  acknowledged: true,
  'silence ended': true,
  'mute ended': true,
  'inhibition ended': true,
} satisfies Record<DeliveryReason, true>);

/** Why an alert ends, and how it is said. */
export const ends: Readonly<Record<AlertEnd, string>> = {
  recovered: 'recovered',
  superseded: 'another value has taken its place',
  'application deleted': 'it was deleted',
  unsubscribed: 'it is no longer subscribed to',
  'trigger removed': 'the trigger was removed',
};
