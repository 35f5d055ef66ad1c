import { toldRow } from '../alerts/decide.ts';
import { laneOf, messageId, ownNoticeKey } from '../alerts/keys.ts';
import { placeOf } from '../alerts/lives.ts';
import { deliveryOfMessage } from '../alerts/message.ts';
import type { Mute, Silence } from '../alerts/mutes.ts';
import { type Flush, flush, type Member } from '../alerts/notice.ts';
import { placeInGroup } from '../alerts/routing.ts';
import type { Part } from '../ledger/pieces.ts';
import type { Alert, OngoingNotice, Row } from '../ledger/rows.ts';
import type { Application, Delivery, Destination } from '../model.ts';
import type { AlertReport } from './alert-report.ts';
import type { EvaluatedCondition } from './conditions.ts';
import type { Membership } from './group.ts';
import type { Groups } from './groups.ts';
import type { Holding } from './holding.ts';
import { type Life, toldKeyOf } from './life.ts';
import { partsOfLife } from './life-parts.ts';
import {
  isAmong,
  isEqual,
  isToldBy,
  keysByAlert,
  labelsOf,
  subscribedTo,
  type View,
  viewsOfAlert,
} from './views.ts';

/** What the destinations of an Application's alerts are told: at once, or by the groups that the alerts belong to. */
export interface Telling {
  tell(about: AboutTelling): { life: Omit<Life, 'evaluations'>; parts: Part[]; ask: string[]; due?: number };
}

interface AboutTelling {
  application: Application;
  /** As its rows are. */
  life: Life;
  /** As they are to be. */
  alerts: ReadonlyMap<string, Alert>;
  notices: ReadonlyMap<string, OngoingNotice>;
  /** By `placeOf`. */
  evaluated: ReadonlyMap<string, EvaluatedCondition>;
  /** That stand on the Application and its AppProject. */
  silences: readonly Silence[];
  /** The Application is gone: what is spared ends once it is told. */
  isOver: boolean;
  now: number;
  occurrence: number;
  observedAt: number;
}

interface Deps {
  holding: Holding;
  groups: Pick<Groups, 'holders' | 'isComplete' | 'opensAt'>;
  report: AlertReport;
}

/** Milliseconds for which an alert waits that a source of inhibition could hold back which is about to come. */
const inhibitWait = 30_000;

export function createTelling({ holding, groups, report }: Deps): Telling {
  return {
    tell(about) {
      const { application, life, evaluated, silences, now } = about;
      const { uid, object } = application;
      const alerts = new Map<string, Alert>();
      const notices = new Map(about.notices);
      const deliveries = new Map<string, Delivery>();
      const members: Membership[] = [];
      const untold = new Set<string>();
      const told = new Map<string, Row<'told'>>();
      const ask: string[] = [];
      /** Of alerts that wait for their group, or for what may inhibit them: when that is over. */
      const waits = new Map<string, number>();
      let isWaiting = false;
      let due: number | undefined;
      const ownKeys = keysByAlert(notices);
      const alertOf = new Map(
        [...ownKeys].flatMap(([alert, keys]) => keys.map((key) => [key, alert] as const)),
      );
      const viewsOf = (alert: Alert): View[] =>
        viewsOfAlert(alert, {
          application,
          subscribed: subscribedTo(alert, evaluated),
          own: (ownKeys.get(alert.key) ?? []).flatMap((key) => notices.get(key) ?? []),
          holders: groups.holders(alert.key),
          now,
        });

      function track(views: ReadonlyMap<string, readonly View[]>): void {
        holding.track(
          uid,
          [...about.alerts.values()].map((alert) => ({
            key: alert.key,
            configNamespace: alert.configNamespace,
            isSource: alert.state === 'firing',
            source: labelsOf(application, alert),
            destinations: (views.get(alert.key) ?? []).map(({ labels }) => labels),
          })),
        );
      }

      /** Whether it is news to the destination; if nobody knows yet, the ledger is asked. */
      function newsOf(alert: Alert, destination: Destination): 'new' | 'told' | 'asked' {
        if (alert.oncePer === '') return 'new';
        const key = toldKeyOf(uid, alert, destination);
        const answer = life.remembered.has(key) ? 'told' : life.asked.get(key);
        if (answer === undefined) {
          life.asked.set(key, 'asked');
          ask.push(key);
          return 'asked';
        }
        if (answer === 'told') {
          life.asked.delete(key);
          noteToldBefore(alert.key, destination);
        }
        return answer;
      }

      function noteToldBefore(key: string, destination: Destination): void {
        const alert = alerts.get(key);
        if (alert) alerts.set(key, { ...alert, toldBefore: [...(alert.toldBefore ?? []), destination] });
      }

      function remember(alert: Alert, destination: Destination): void {
        if (alert.oncePer === '') return;
        const key = toldKeyOf(uid, alert, destination);
        if (life.remembered.has(key)) return;
        told.set(key, { ...toldRow('', alert, now), key });
      }

      function tellOf(view: View, evaluation: EvaluatedCondition | undefined): 'done' | 'owed' {
        const { alert, destination, labels, isTold } = view;
        const { configNamespace } = alert;
        const key = ownNoticeKey(configNamespace, destination, alert.key);
        if (alert.state === 'resolved' && !isTold) {
          notices.delete(key);
          return 'done';
        }
        const own = notices.get(key);
        const holder = own
          ? undefined
          : groups.holders(alert.key).find((each) => isEqual(each.destination, destination));
        if (isTold) remember(alert, destination);
        else {
          if (isAmong(destination, alert.toldBefore ?? [])) return 'done';
          const news = newsOf(alert, destination);
          if (news === 'told') return 'done';
          untold.add(alert.key);
          // What a group holds back was news when it came to it, and stays there while the ledger is asked again.
          if (news === 'asked' && !holder) return 'owed';
        }
        const repeat = evaluation?.condition.lifecycle?.repeat;
        const member: Member = {
          alert,
          resolves: alert.resolved !== undefined,
          ...(repeat === undefined ? {} : { repeat }),
        };
        const rule = own ? undefined : holding.book(configNamespace).group(labels);
        const place = rule && placeInGroup(rule, alert, destination, labels);
        const group = holder ?? place;
        if (group) {
          if (rule && !isTold) waitUntil(alert, groups.opensAt(group.key, rule, alert));
          members.push({
            ...member,
            key: group.key,
            groupLabels: group.groupLabels,
            configNamespace,
            destination,
            ...(rule ? { rule } : {}),
            labels,
            isAwaited: about.isOver || alert.oncePer !== '',
            silences,
            object,
          });
          return 'owed';
        }
        return flushOwn(view, member, key, own, evaluation);
      }

      function flushOwn(
        { alert, destination, labels, isTold }: View,
        member: Member,
        key: string,
        own: OngoingNotice | undefined,
        evaluation: EvaluatedCondition | undefined,
      ): 'done' | 'owed' {
        const { configNamespace } = alert;
        alertOf.set(key, alert.key);
        const isTarget = !(isTold && groups.isComplete()) && holding.isTarget(configNamespace, labels);
        // Which sources fire is known once everything has been evaluated.
        if (isTarget && !groups.isComplete()) {
          isWaiting = true;
          return 'owed';
        }
        const notice = own ?? { configNamespace, destination, createdAt: alert.firedAt ?? now };
        const id = messageId(key, notice.told?.delivery ?? '', about.occurrence);
        const flushed = flush(
          notice,
          [member],
          { groupWait: isTarget && !isTold ? inhibitWait : 0, groupInterval: 0 },
          () => {
            // Also of an end that is owed to somebody who is not subscribed any more.
            lookAt(holding.nextMute(alert, labels, silences, now));
            return holding.mute(alert, labels, silences, now);
          },
          id,
          now,
        );
        lookAt(flushed.due);
        if (flushed.due !== undefined && !flushed.notice?.told) waitUntil(alert, flushed.due);
        if (flushed.message) {
          const templates =
            flushed.message.firing.length > 0
              ? (evaluation?.evaluations[0]?.send ?? [])
              : (alert.resolved ?? []);
          deliveries.set(
            key,
            deliveryOfMessage({
              id,
              lane: laneOf(uid, configNamespace, destination),
              key,
              notice,
              message: flushed.message,
              templates,
              observedAt: about.observedAt,
              decidedAt: now,
              shown: () => ({ alert, object }),
            }),
          );
        }
        return keepNotice(key, alert, destination, flushed);
      }

      function waitUntil({ key, state }: Alert, at: number): void {
        if (state === 'firing' && at > now) waits.set(key, Math.min(at, waits.get(key) ?? at));
      }

      function keepNotice(
        key: string,
        alert: Alert,
        destination: Destination,
        { notice, due: dueAt }: Flush,
      ) {
        if (notice?.told ?? notice?.held)
          notices.set(key, { ...(notice as OngoingNotice), ...(dueAt === undefined ? {} : { dueAt }) });
        else notices.delete(key);
        if (notice?.told && isToldBy(notice, alert)) {
          untold.delete(alert.key);
          remember(alert, destination);
        }
        return notice ? ('owed' as const) : ('done' as const);
      }

      const views = new Map([...about.alerts].map(([key, alert]) => [key, viewsOf(alert)]));
      track(views);
      report.transitions(life.alerts, about.alerts);
      for (const alert of about.alerts.values()) {
        alerts.set(alert.key, alert);
        const evaluation = evaluated.get(placeOf(alert));
        const outcomes = (views.get(alert.key) ?? []).map((view) => tellOf(view, evaluation));
        const wait = waits.get(alert.key);
        const looked = alerts.get(alert.key);
        if (wait !== undefined && looked)
          alerts.set(alert.key, { ...looked, dueAt: Math.min(wait, looked.dueAt ?? wait) });
        const isOwed = outcomes.includes('owed') || groups.holders(alert.key).some((holder) => holder.isTold);
        if (alert.state === 'resolved' && !isOwed) alerts.delete(alert.key);
      }
      report.states(application, alerts.values(), (alert) => muteOf(alert));
      for (const delivery of deliveries.values()) report.message(delivery);
      const parts = partsOfLife(life, { alerts, notices, alertOf, deliveries, told: [...told.values()] });
      for (const key of told.keys()) life.remembered.add(key);
      return {
        life: { ...life, alerts, notices, members, untold, silences, isWaiting },
        parts,
        ask,
        ...(due === undefined ? {} : { due }),
      };

      /** Looks again when that changes, whoever tells of the alert. */
      function muteOf(alert: Alert): Mute | undefined {
        for (const destination of subscribedTo(alert, evaluated)) {
          const labels = labelsOf(application, alert, destination);
          const mute = holding.mute(alert, labels, silences, now);
          lookAt(mute?.until);
          lookAt(holding.nextMute(alert, labels, silences, now));
          if (mute) return mute;
        }
        return undefined;
      }

      function lookAt(at: number | undefined): void {
        if (at !== undefined && at > now) due = Math.min(at, due ?? at);
      }
    },
  };
}
