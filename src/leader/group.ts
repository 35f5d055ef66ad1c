import { labelValues } from '../alerts/labels.ts';
import type { LabelValues } from '../alerts/matcher.ts';
import type { Mute, Silence } from '../alerts/mutes.ts';
import type { Member, NoticePolicy } from '../alerts/notice.ts';
import { type GroupPlace, overflowPlace } from '../alerts/routing.ts';
import type { GroupRule } from '../alerts/rules.ts';
import type { Part } from '../ledger/pieces.ts';
import type { Alert, OngoingNotice } from '../ledger/rows.ts';
import type { Delivery, Destination, JsonObject } from '../model.ts';
import type { Holding } from './holding.ts';
import { isUnchanged } from './life-parts.ts';

/** An alert of a group, as it is in the ledger. */
export interface Membership extends Member, GroupPlace {
  configNamespace: string;
  destination: Destination;
  /** That matches it now, and so says when and with what the group tells of it; absent: none does any more. */
  rule?: GroupRule;
  labels: LabelValues;
  /** Something follows for its Application from its being told. */
  isAwaited: boolean;
  /** That stand on its Application. */
  silences: readonly Silence[];
  /** Its Application. */
  object: JsonObject;
  /** As it was when the term began: what has become of its Application is not known yet. */
  isUnaccounted?: true;
}

export interface Group extends GroupPlace {
  configNamespace: string;
  destination: Destination;
  isOverflow?: true;
  notice?: OngoingNotice;
  /** By the alert's key. */
  members: Map<string, Membership>;
  /** Alerts whose end is told, but not durably yet. */
  settling: Set<string>;
  /** Alerts that it holds, as `holders` answers. */
  held: Set<string>;
  /** What held back each of its alerts when that was last asked. */
  mutes: Map<string, string>;
  lookedAt: number;
  /** When it is looked at next, unless something happens before. */
  dueAt: number | undefined;
  /** An alert was left out because its Application was suspended, or the group waits for one that is unaccounted. */
  isWaiting: boolean;
}

type Place = Pick<Group, 'key' | 'groupLabels' | 'configNamespace' | 'destination'>;

export function createGroup(place: Place): Group {
  return {
    ...place,
    members: new Map(),
    settling: new Set(),
    held: new Set(),
    mutes: new Map(),
    lookedAt: Number.NEGATIVE_INFINITY,
    dueAt: undefined,
    isWaiting: false,
  };
}

/** Keys of the alerts that stay in the group, whatever the rules: told, held back, or kept for when there is room. */
export function keysHeld({ notice, settling, isOverflow, members }: Group): Set<string> {
  const pinned = isOverflow ? members.keys() : [];
  return new Set([
    ...Object.keys(notice?.told?.firing ?? {}),
    ...Object.keys(notice?.held ?? {}),
    ...settling,
    ...pinned,
  ]);
}

export function ruleOf(group: Group): GroupRule | undefined {
  for (const { rule } of group.members.values()) if (rule) return rule;
  return undefined;
}

export function isTold({ notice }: Group, alert: string): boolean {
  return Object.hasOwn(notice?.told?.firing ?? {}, alert);
}

/** Whether the group may have something else to say. */
export function isNews(before: Membership, after: Membership): boolean {
  return (
    before.rule !== after.rule ||
    before.repeat !== after.repeat ||
    before.resolves !== after.resolves ||
    !isUnchanged(before.alert, after.alert)
  );
}

export function idOf({ key, alert }: Membership): string {
  return `${key} ${alert.key}`;
}

/** What a group has told of, until its Application is evaluated. */
function placeholder(alert: Alert, place: Place): Membership {
  const { namespace, name, uid, project } = alert.application;
  const object: JsonObject = { metadata: { namespace, name, uid }, spec: { project } };
  const { trigger, severity, labels, application } = alert;
  return {
    ...place,
    alert,
    resolves: alert.resolved !== undefined,
    labels: labelValues({ trigger, severity, labels, application, object, destination: place.destination }),
    isAwaited: false,
    silences: [],
    object,
    isUnaccounted: true,
  };
}

/** As the ledger has its Application, of which nothing more will be known. */
export function accounted(
  { isUnaccounted: _unaccounted, ...member }: Membership,
  record: JsonObject | undefined,
  ruleFor: (labels: LabelValues) => GroupRule | undefined,
): Membership {
  const object = record ?? member.object;
  const labels = labelValues({ ...member.alert, object, destination: member.destination });
  const rule = ruleFor(labels);
  return { ...member, object, labels, ...(rule ? { rule } : {}) };
}

/** Whether it is not known yet what has become of some Application. */
export function isUnaccounted({ members }: Group): boolean {
  for (const member of members.values()) if (member.isUnaccounted) return true;
  return false;
}

/** As the ledger has it when a term begins; its alerts are as they were until their Applications are evaluated. */
export function restoreGroup(key: string, notice: OngoingNotice, alerts: ReadonlyMap<string, Alert>): Group {
  const { groupLabels = {}, configNamespace, destination } = notice;
  const place = { key, groupLabels, configNamespace, destination };
  const group = createGroup(place);
  group.notice = notice;
  if (key === overflowPlace(configNamespace, destination).key) group.isOverflow = true;
  for (const each of [...Object.keys(notice.told?.firing ?? {}), ...Object.keys(notice.held ?? {})]) {
    const alert = alerts.get(each);
    if (alert) group.members.set(each, placeholder(alert, place));
  }
  return group;
}

/** Of a group that no rule makes any more: Alertmanager's (check 9). */
const withoutRule = { groupWait: 30_000, groupInterval: 300_000 };

export function policyOf(group: Group, rule: GroupRule | undefined): NoticePolicy {
  if (group.isOverflow) return { groupWait: 0, groupInterval: rule?.groupInterval ?? 0 };
  return rule ?? withoutRule;
}

/** When an alert that comes to it may be told of; undefined group: it is the first. */
export function opensAt(
  group: Pick<Group, 'notice' | 'dueAt'> | undefined,
  { groupWait, groupInterval }: NoticePolicy,
  { since, firedAt = since, ripeAt = since }: Pick<Alert, 'since' | 'firedAt' | 'ripeAt'>,
): number {
  const told = group?.notice?.told;
  if (told) return Math.max(told.at + groupInterval, firedAt + groupWait);
  return Math.min(ripeAt + groupWait, group?.dueAt ?? Number.POSITIVE_INFINITY);
}

/** What holds back an alert of the group now, which is noted. */
export function muteIn(
  { members, mutes, configNamespace }: Group,
  key: string,
  holding: Pick<Holding, 'mute'>,
  now: number,
): Mute | undefined {
  const member = members.get(key);
  if (!member) return undefined;
  const mute = holding.mute({ key, configNamespace }, member.labels, member.silences, now);
  mutes.set(key, mute ? `${mute.by} ${mute.id}` : '');
  return mute;
}

/** What is written of it. `isNew`: nothing stands in the ledger yet. */
export function partOf({ key, notice }: Group, isNew: boolean, delivery: Delivery | undefined): Part {
  return {
    ...(notice ? { put: [{ kind: 'ongoing', key, value: notice }] } : {}),
    ...(!notice && !isNew ? { remove: [{ kind: 'ongoing', key }] } : {}),
    ...(delivery ? { add: [delivery] } : {}),
  };
}

/** Alerts of a group for which a look takes about a millisecond of the time between two. */
const perMillisecond = 10;

/** Milliseconds between two looks: the larger it is, the more changes one look is for. */
export function pauseOf({ members }: Group): number {
  return Math.floor(members.size / perMillisecond / 10);
}

/** What stands of it, or would with these. */
export function noticeOf(group: Group, members: readonly Membership[], now: number): OngoingNotice {
  const { notice, groupLabels, configNamespace, destination } = group;
  const createdAt = members.reduce((first, { alert }) => Math.min(first, alert.firedAt ?? now), now);
  return notice ?? { configNamespace, destination, groupLabels, createdAt };
}
