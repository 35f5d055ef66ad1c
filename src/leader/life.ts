import { toldRow } from '../alerts/decide.ts';
import { noticeKey, slotOf, toldKey } from '../alerts/keys.ts';
import { placeOf } from '../alerts/lives.ts';
import type { Silence } from '../alerts/mutes.ts';
import type { Alert, OngoingNotice, Row } from '../ledger/rows.ts';
import type { Destination } from '../model.ts';
import type { AlertEvaluation } from './evaluate.ts';
import type { Membership } from './group.ts';

/** What is known of those alerts of an Application that have an end. */
export interface Life {
  /** By key, until their end has been told to all who were told of them. */
  alerts: ReadonlyMap<string, Alert>;
  /** Of one alert each, by key. */
  notices: ReadonlyMap<string, OngoingNotice>;
  /** What the ledger says of oncePer values, by the keys of their rows: not yet, nobody was told, or they were. */
  asked: Map<string, 'asked' | 'new' | 'told'>;
  /** Keys of rows of oncePer values that are written. */
  remembered: Set<string>;
  /** Alerts that groups tell of, as they are in the ledger once nothing is left to write. */
  members: readonly Membership[];
  /** Keys of alerts of which some destination is still to be told, as far as is known here. */
  untold: ReadonlySet<string>;
  /** Something is told, or not, once every Application has been evaluated. */
  isWaiting: boolean;
  /** Changes that are not durable yet. */
  unwritten: { count: number };
  /** What the conditions said last, for a look when only time has passed. */
  evaluations: readonly AlertEvaluation[];
  /** Silences that stand on the Application and its AppProject. */
  silences: readonly Silence[];
}

export function createLife(rows: readonly Row<'alert' | 'ongoing'>[] = []): Life {
  const alerts = new Map(
    rows.flatMap((row) => (row.kind === 'alert' ? [[row.key, row.value] as const] : [])),
  );
  const notices = new Map(
    rows.flatMap((row) => (row.kind === 'ongoing' ? [[row.key, row.value] as const] : [])),
  );
  const told = new Set([...notices.values()].flatMap((notice) => Object.keys(notice.told?.firing ?? {})));
  return {
    alerts,
    notices,
    asked: new Map(),
    remembered: new Set(),
    members: [],
    untold: new Set([...alerts.keys()].filter((key) => !told.has(key))),
    isWaiting: false,
    unwritten: { count: 0 },
    evaluations: [],
    silences: [],
  };
}

/** Rows that say that the oncePer values of its alerts are told, for another while. */
export function toldRowsOfLife(uid: string, life: Life, now: number): Row<'told'>[] {
  return [...life.alerts.values()].flatMap((alert) =>
    life.evaluations
      .filter((evaluation) => alert.oncePer !== '' && placeOf(evaluation) === placeOf(alert))
      .map(({ destination }) => toldKeyOf(uid, alert, destination))
      .filter((key) => life.remembered.has(key))
      .map((key) => ({ ...toldRow('', alert, now), key })),
  );
}

/** Of the row that says that a destination was told of the alert's oncePer value. */
export function toldKeyOf(uid: string, alert: Alert, destination: Destination): string {
  return toldKey(noticeKey(uid, slotOf({ ...alert, destination })), alert.oncePer);
}
