import type { Part } from '../ledger/pieces.ts';
import type { Notice, NoticedAlert, Row } from '../ledger/rows.ts';
import type { Application, ConditionResult, Delivery, Destination, WellState } from '../model.ts';
import { alertKey, deliveryId, laneOf, noticeKey, type Slot, slotOf, toldKey } from './keys.ts';
import { isValueless, nil, oncePerValue } from './once-per.ts';

/** One condition's result for one Application and one destination: what `decide` works on. */
export interface Evaluation {
  /** Namespace of the ConfigMap that holds the trigger. */
  configNamespace: string;
  trigger: string;
  /** `Condition.id`. */
  condition: string;
  /** Source text of the condition's oncePer. */
  oncePer?: string;
  /** Names of templates. */
  send: string[];
  destination: Destination;
  result: ConditionResult;
}

/** The notices of one Application, by slot: what its rows in the ledger say. */
export type OpenNotices = ReadonlyMap<string, Notice>;

/** What the results mean for one notice. */
export interface DecidedPart extends Part {
  /** A oncePer value is told once: these are left out of `add` where the ledger has this row. */
  once?: { told: Row<'told'>; delivery: Delivery };
}

export interface Decision {
  /** What to write; empty when nothing changed, so that an event without news costs no I/O. */
  parts: DecidedPart[];
  open: OpenNotices;
  /** Whose alert without oncePer is over. */
  ended: Evaluation[];
  /** What would have been sent of oncePer values that only name an alert which is told already. */
  named: Delivery[];
}

/** Milliseconds for which it is remembered that a oncePer value was told, after it was last seen to match. */
const retention = 90 * 24 * 3_600_000;

/**
 * Decides what the results of an evaluation mean for the notices of an Application. Pure.
 *
 * - matched: a notice of one alert, told at once, unless it is open already. With oncePer each value is an alert of its
 *   own, which a destination is told of once, ever. Where the match began without a value (a sync whose revision is not
 *   known yet), the first value only names it: it counts as told, and nothing is sent.
 * - unmatched: the alert is over, so that the next match is told; what was told of oncePer values stays in the ledger.
 * - failed: changes nothing. Here argocd-notifications forgets its state and sends again (state.json, README a).
 *
 * `told` are keys of rows that are written together with this: imported, see notified-annotation.ts.
 *
 * Evaluations that are missing (a subscription removed, a selector that no longer matches) change nothing either,
 * as in argocd-notifications (state.json `label-selector`, `subscription-added-later`).
 */
export function decide(
  application: Application,
  evaluations: readonly Evaluation[],
  open: OpenNotices,
  at: { now: number; observedAt: number; lastWell?: WellState | undefined },
  told: ReadonlySet<string> = new Set(),
): Decision {
  const decision = {
    parts: [] as DecidedPart[],
    open: new Map(open),
    ended: [] as Evaluation[],
    named: [] as Delivery[],
  };
  for (const evaluation of evaluations) {
    if (evaluation.result.status === 'unmatched') end(evaluation);
    else if (evaluation.result.status === 'matched') match(evaluation, evaluation.result);
  }
  return decision;

  function end(evaluation: Evaluation): void {
    const slot = slotOf(evaluation);
    const notice = decision.open.get(slot);
    if (!notice || notice.alerts.length === 0) return;
    const over = noticeOf(evaluation, [], notice.valued);
    if (notice.valued) decision.open.set(slot, over);
    else decision.open.delete(slot);
    // Of one that has a value all along the row may stay as it is: its next value is another, or told.
    if (!notice.alerts[0]?.unnamed) return;
    decision.ended.push(evaluation);
    const key = noticeKey(application.uid, slot);
    if (notice.valued) decision.parts.push({ put: [{ kind: 'notice', key, value: over }] });
    else decision.parts.push({ remove: [{ kind: 'notice', key }] });
  }

  function match(evaluation: Evaluation, result: Extract<ConditionResult, { status: 'matched' }>): void {
    const slot = slotOf(evaluation);
    const before = decision.open.get(slot);
    const last = before?.alerts.at(-1);
    const unnamed = before?.alerts.find((alert) => alert.unnamed);
    const oncePer = oncePerValue(result);
    if (last?.oncePer === oncePer) return;
    // It was told without a value: that it has none any more is no news.
    if (unnamed && isValueless(oncePer)) return;
    const isNamed = unnamed !== undefined && unnamed === last;
    // A nil is told once and stays told: a later one is an alert that nobody was told of.
    const beginsUnnamed = oncePer === '' || (oncePer === nil && !before?.valued);
    const key = noticeKey(application.uid, slot);
    const alert = {
      ...alertOf(application.uid, key, evaluation, oncePer, isNamed ? last.since : at.now),
      ...(beginsUnnamed ? { unnamed: true as const } : {}),
    };
    const valued = before?.valued ?? (oncePer === '' ? undefined : true);
    const notice = noticeOf(evaluation, unnamed ? [unnamed, alert] : [alert], valued);
    decision.open.set(slot, notice);
    const put: Row[] = [{ kind: 'notice', key, value: notice }];
    const delivery = deliveryOf(application, evaluation, key, alert, at);
    const row = toldRow(key, alert, at.now);
    if (isNamed) {
      decision.parts.push({ put: [...put, row] });
      decision.named.push(delivery);
    } else if (oncePer === '') decision.parts.push({ put, add: [delivery] });
    else if (told.has(row.key)) decision.parts.push({ put });
    else decision.parts.push({ put, once: { told: row, delivery } });
  }
}

/**
 * What is to be written of what was decided, once it is known which oncePer values were told before. Those are seen to
 * match again, and not told.
 */
export function partsToWrite(
  decided: readonly DecidedPart[],
  told: ReadonlySet<string>,
): { parts: Part[]; suppressed: Delivery[] } {
  const suppressed: Delivery[] = [];
  const parts = decided.map(({ once, ...part }): Part => {
    if (!once) return part;
    const put = [...(part.put ?? []), once.told];
    if (!told.has(once.told.key)) return { ...part, put, add: [once.delivery] };
    suppressed.push(once.delivery);
    return { ...part, put };
  });
  return { parts, suppressed };
}

/** The notices of an Application that are not grouped, as its rows say. */
export function openNotices(rows: readonly Row<'notice'>[]): OpenNotices {
  return new Map(rows.map(({ value }): [string, Notice] => [slotOf({ ...value, ...value.of }), value]));
}

/** Rows that say that the oncePer values which match now are told, for another while. */
export function toldRows(uid: string, open: OpenNotices, now: number): Row<'told'>[] {
  return [...open].flatMap(([slot, { alerts }]) => {
    const alert = alerts.at(-1);
    return alert && alert.oncePer !== '' ? [toldRow(noticeKey(uid, slot), alert, now)] : [];
  });
}

/** That a notice was told of an alert with a oncePer value. */
export function toldRow(
  notice: string,
  { oncePer, since }: Pick<NoticedAlert, 'oncePer' | 'since'>,
  now: number,
): Row<'told'> {
  return { kind: 'told', key: toldKey(notice, oncePer), value: { since }, expiresAt: now + retention };
}

export function noticeOf(
  { configNamespace, destination, trigger, condition }: Slot,
  alerts: NoticedAlert[],
  valued?: true,
): Notice {
  const of = { trigger, condition };
  return { configNamespace, destination, of, alerts, ...(valued ? { valued } : {}) };
}

function alertOf(
  uid: string,
  notice: string,
  slot: Slot,
  oncePer: string,
  since: number,
): NoticedAlert & { delivery: string } {
  const key = alertKey(uid, { ...slot, oncePer });
  return { key, oncePer, since, delivery: deliveryId(notice, key, since) };
}

function deliveryOf(
  application: Application,
  { destination, send, configNamespace, trigger, condition }: Evaluation,
  notice: string,
  { key, oncePer, delivery }: NoticedAlert & { delivery: string },
  { observedAt, lastWell }: { observedAt: number; lastWell?: WellState | undefined },
): Delivery {
  const { uid, namespace, name, project } = application;
  return {
    id: delivery,
    lane: laneOf(uid, configNamespace, destination),
    notice,
    reason: 'matched',
    alerts: [
      {
        key,
        trigger,
        condition,
        oncePer,
        application: { uid, namespace, name, project },
        ...(lastWell ? { lastWell } : {}),
      },
    ],
    destination,
    templates: send,
    configNamespace,
    observedAt,
    snapshots: [application.object],
  };
}
