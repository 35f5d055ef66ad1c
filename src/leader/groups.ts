import { messageId } from '../alerts/keys.ts';
import { deliveryOfMessage } from '../alerts/message.ts';
import { type Flush, flush, type NoticePolicy } from '../alerts/notice.ts';
import { overflowPlace } from '../alerts/routing.ts';
import type { Clock } from '../clock.ts';
import type { Alert, OngoingNotice, ScopedRow } from '../ledger/rows.ts';
import type { JsonObject } from '../model.ts';
import type { AlertReport } from './alert-report.ts';
import {
  accounted,
  createGroup,
  type Group,
  idOf,
  isNews,
  isTold,
  isUnaccounted,
  type Membership,
  muteIn,
  noticeOf,
  opensAt,
  partOf,
  pauseOf,
  policyOf,
  restoreGroup,
  ruleOf,
} from './group.ts';
import { createGroupIndex, type GroupIndex } from './group-index.ts';
import { createGroupLimits } from './group-limits.ts';
import type { Holding } from './holding.ts';
import { isUnchanged } from './life-parts.ts';
import type { LedgerWriter } from './writer.ts';

/**
 * What is told together. A group tells only of what its Applications have made durable, and an alert that is over goes
 * only once it is durable that its end is told: so whatever a crash comes between, a restart comes to the same.
 */
export interface Groups {
  /** What the ledger holds when a term begins: the notices of groups, and alerts by key. */
  begin(notices: readonly ScopedRow<'ongoing'>[], alerts: ReadonlyMap<string, Alert>): void;
  /** Every Application has been evaluated once: until then half a group would be told. */
  complete(): void;
  /** Applications of alerts of which it is not known yet what has become of them: their groups wait. */
  unaccounted(): string[];
  /** Nothing more will be known of it than what the ledger knows, `record`, if that. */
  account(uid: string, record: JsonObject | undefined): void;
  isComplete(): boolean;
  /** The groups that have told of an alert, hold it back, or are about to have its end told. */
  holders: GroupIndex['holders'];
  /** When an alert that comes to the group of this key may be told of. */
  opensAt(key: string, rule: NoticePolicy, alert: Alert): number;
  /** Its alerts are about to be replaced, once that is durable: nothing new is told of them until then. */
  suspend(uid: string): void;
  /** Replaces the alerts of an Application. */
  set(uid: string, members: readonly Membership[]): void;
  /** Decides what a group says now; false where there is none of this key. */
  look(key: string): boolean;
}

interface Deps {
  holding: Pick<Holding, 'mute' | 'nextMute' | 'book'>;
  writer: Pick<LedgerWriter, 'write'>;
  /** When to look at the group next; undefined: not before something happens. */
  schedule(key: string, at: number | undefined): void;
  /** What was told of an Application's alerts is durable. */
  look(uid: string): void;
  report: AlertReport;
  clock: Pick<Clock, 'now'>;
}

export function createGroups(deps: Deps): Groups {
  const { holding, writer, report, clock } = deps;
  const groups = new Map<string, Group>();
  const byUid = new Map<string, readonly Membership[]>();
  const index = createGroupIndex();
  const suspended = new Set<string>();
  const limits = createGroupLimits();
  let isComplete = false;
  let occurrence = 0;

  function groupOf({ key, groupLabels, configNamespace, destination }: Membership): Group {
    const group = groups.get(key) ?? createGroup({ key, groupLabels, configNamespace, destination });
    groups.set(key, group);
    return group;
  }

  function touch(group: Group): void {
    if (!isComplete) return;
    const now = clock.now();
    const wait = pauseOf(group);
    deps.schedule(group.key, Math.max(now, Math.min(group.lookedAt + wait, now + wait)));
  }

  function discardIfEmpty(group: Group): void {
    if (group.members.size > 0 || group.notice || group.settling.size > 0) return;
    groups.delete(group.key);
    deps.schedule(group.key, undefined);
  }

  /** More than the rule allows in a minute: what is new is told by a group that waits until there is room. */
  function overflow(group: Group): void {
    const place = overflowPlace(group.configNamespace, group.destination);
    for (const member of group.members.values()) {
      const other = groupOf({ ...member, ...place });
      other.isOverflow = true;
      const moved = { ...member, ...place };
      other.members.set(member.alert.key, moved);
      replace(member, moved);
      index.update(other);
      touch(other);
    }
    group.members.clear();
    discardIfEmpty(group);
  }

  function replace(member: Membership, moved: Membership): void {
    const { uid } = member.alert.application;
    const members = byUid.get(uid) ?? [];
    byUid.set(
      uid,
      members.map((each) => (each === member ? moved : each)),
    );
  }

  function look(group: Group): void {
    const now = clock.now();
    group.lookedAt = now;
    occurrence = Math.max(now, occurrence + 1);
    const present = [...group.members.values()].filter(({ alert }) => !group.settling.has(alert.key));
    const members = present.filter(
      ({ alert }) => isTold(group, alert.key) || !suspended.has(alert.application.uid),
    );
    group.isWaiting = members.length < present.length;
    const rule = ruleOf(group);
    const { key, destination } = group;
    const before = noticeOf(group, members, now);
    const id = messageId(key, before.told?.delivery ?? '', occurrence);
    /** When something begins to hold back one of them. */
    let begins = Number.POSITIVE_INFINITY;
    const flushed = flush(
      before,
      members,
      policyOf(group, rule),
      ({ key: alert }) => {
        const { labels, silences } = group.members.get(alert) as Membership;
        begins = Math.min(begins, holding.nextMute(group, labels, silences, now) ?? begins);
        return muteIn(group, alert, holding, now);
      },
      id,
      now,
    );
    if (flushed.message && rule) {
      const free = limits.freeAt(rule, destination, now);
      if (free > now) {
        if (group.notice || group.isOverflow) deps.schedule(key, free);
        else overflow(group);
        return;
      }
      limits.count(rule, destination, now);
    }
    const due = flushed.notice ? Math.min(begins, flushed.due ?? begins) : Number.POSITIVE_INFINITY;
    apply(
      group,
      before,
      { ...flushed, ...(Number.isFinite(due) ? { due } : {}) },
      { id, templates: rule?.send ?? [], now },
    );
  }

  function apply(
    group: Group,
    before: OngoingNotice,
    { notice, message, done, due }: Flush,
    { id, templates, now }: { id: string; templates: readonly string[]; now: number },
  ): void {
    const { key } = group;
    const after = (notice?.told ?? notice?.held) ? notice : undefined;
    const isNew = group.notice === undefined;
    const delivery =
      message &&
      deliveryOfMessage({
        id,
        lane: key,
        key,
        notice: before,
        message,
        templates,
        observedAt: now,
        decidedAt: now,
        shown: (alert) => group.members.get(alert),
      });
    const isWritten = delivery !== undefined || !isUnchanged(group.notice, after);
    // What it holds back no more may be told on its own, where no rule makes the group any more.
    const released = Object.keys(before.held ?? {}).filter((alert) => !notice?.held?.[alert]);
    const awaited = delivery ? message.firing.filter((alert) => group.members.get(alert)?.isAwaited) : [];
    const named = [...awaited, ...released, ...done];
    const uids = new Set(named.flatMap((alert) => group.members.get(alert)?.alert.application.uid ?? []));
    if (after) group.notice = { ...after, ...(due === undefined ? {} : { dueAt: due }) };
    else delete group.notice;
    for (const alert of done) {
      if (isWritten) group.settling.add(alert);
      else group.members.delete(alert);
    }
    index.update(group);
    group.dueAt = due;
    deps.schedule(key, due);
    if (delivery) report.message(delivery);
    if (!isWritten) {
      discardIfEmpty(group);
      return;
    }
    const written = { share: () => written, release: () => settled(group, done, uids) };
    writer.write(key, { parts: [partOf(group, isNew, delivery)] }, written);
  }

  /** That their end is told is durable. */
  function settled(group: Group, done: readonly string[], uids: ReadonlySet<string>): void {
    for (const alert of done) {
      group.settling.delete(alert);
      group.members.delete(alert);
      group.mutes.delete(alert);
    }
    index.update(group);
    for (const uid of uids) deps.look(uid);
    if (group.members.size > 0) touch(group);
    discardIfEmpty(group);
  }

  return {
    begin(notices, alerts) {
      for (const { key, value } of notices) {
        if (!value.groupLabels) continue;
        const group = restoreGroup(key, value, alerts);
        groups.set(key, group);
        for (const member of group.members.values()) {
          const { uid } = member.alert.application;
          byUid.set(uid, [...(byUid.get(uid) ?? []), member]);
        }
        index.update(group);
      }
    },
    complete() {
      isComplete = true;
      for (const group of groups.values()) touch(group);
    },
    unaccounted: () =>
      [...byUid].flatMap(([uid, members]) => (members.some((each) => each.isUnaccounted) ? [uid] : [])),
    account(uid, record) {
      const members = (byUid.get(uid) ?? []).map((member) => {
        if (!member.isUnaccounted) return member;
        const known = accounted(member, record, holding.book(member.configNamespace).group);
        const group = groups.get(member.key);
        if (group?.members.get(member.alert.key) !== member) return known;
        group.members.set(member.alert.key, known);
        touch(group);
        return known;
      });
      if (members.length > 0) byUid.set(uid, members);
    },
    isComplete: () => isComplete,
    holders: index.holders,
    opensAt: (key, rule, alert) => opensAt(groups.get(key), rule, alert),
    suspend(uid) {
      if (byUid.has(uid)) suspended.add(uid);
    },
    set(uid, members) {
      suspended.delete(uid);
      const before = byUid.get(uid) ?? [];
      if (before.length + members.length === 0) return;
      const kept = new Set(members.map(idOf));
      for (const member of before) {
        if (kept.has(idOf(member))) continue;
        const group = groups.get(member.key);
        if (!group?.members.delete(member.alert.key)) continue;
        group.mutes.delete(member.alert.key);
        index.update(group);
        touch(group);
        discardIfEmpty(group);
      }
      for (const member of members) {
        const group = groupOf(member);
        const known = group.members.get(member.alert.key);
        group.members.set(member.alert.key, member);
        const mute = group.mutes.get(member.alert.key);
        muteIn(group, member.alert.key, holding, clock.now());
        if (group.isWaiting || !known || isNews(known, member) || mute !== group.mutes.get(member.alert.key))
          touch(group);
      }
      if (members.length > 0) byUid.set(uid, members);
      else byUid.delete(uid);
    },
    look(key) {
      const group = groups.get(key);
      if (!group) return false;
      if (isComplete && isUnaccounted(group)) group.isWaiting = true;
      else if (isComplete) look(group);
      return true;
    },
  };
}
