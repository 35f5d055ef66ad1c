import type { Destination, JsonObject, NoticeReason, WellState } from '../model.ts';
import type { AskedRow } from './ledger.ts';

/** The kinds of rows, and what each holds. A store treats all alike: another kind needs no change there. */
export interface RowValues {
  /** Of an Application, under the key ''. */
  application: ApplicationRecord;
  /** That an Application was deleted, under the key '': what the watch replays from before then is no news. */
  gone: { revision: string };
  /** Up to which revision the watch is decided and durable, in the scope `watch` under the key ''. */
  progress: NotedProgress;
  /** By the alert's key, in the scope of its Application, until its end has been told to all who were told of it. */
  alert: Alert;
  /** By the notice's key, in the scope of its Application: of a condition whose matches are told once and have no end. */
  notice: Notice;
  /** By the notice's key. That of one alert stands in the scope of its Application, that of a group in its own. */
  ongoing: OngoingNotice;
  /** That a destination was told of a oncePer value, in the scope of the Application; kept when the alert is over. */
  told: { since: number };
  /** By its id, in the scope `silences`. */
  silence: Silence;
  /** By the alert's key, in the scope `acknowledgements`. */
  acknowledgement: Acknowledgement;
}

export type RowKind = keyof RowValues;

/** Every kind there is; `clear` removes rows of each. */
export const rowKinds = Object.keys({
  application: true,
  gone: true,
  progress: true,
  alert: true,
  notice: true,
  ongoing: true,
  told: true,
  silence: true,
  acknowledgement: true,
} satisfies Record<RowKind, true>) as readonly RowKind[];

export type Row<Kind extends RowKind = RowKind> = {
  [K in Kind]: {
    kind: K;
    key: string;
    value: RowValues[K];
    /** Unix milliseconds; it may be pruned from then on. Absent: it stays until it is removed. */
    expiresAt?: number;
  };
}[Kind];

export type ScopedRow<Kind extends RowKind = RowKind> = Row<Kind> & { scope: string };

export interface RowId {
  kind: RowKind;
  key: string;
}

/** Revisions of the watches of Applications and of ApplicationSets; the latter absent where there is none. */
export interface NotedProgress {
  revision: string;
  sets?: string;
}

export interface ApplicationRecord {
  uid: string;
  namespace: string;
  name: string;
  /** Enough of the object to tell of its deletion after a restart: metadata, spec and a summary of status. */
  object: JsonObject;
  /** resourceVersion of the Application when this was written. */
  revision: string;
  /** For conditions that ask how often a value has changed. */
  history?: ChangeHistory;
  /** For messages that say what has changed. */
  well?: WellStates;
}

/** When the Application was well last, and before that with other revisions or images. */
export type WellStates = { last: WellState; before?: WellState };

/**
 * Of each call of `changes` in a condition: the value as it was last seen, and when it changed, Unix milliseconds.
 * Of each value of `operationStartedAfter`: the operation that was there when the value changed, and the one seen last,
 * each by its `startedAt`. No clock decides, so a watch that catches up decides the same.
 */
export type ChangeHistory = {
  [call: string]: { value: string; at: number[]; operation?: string; latest?: string };
};

/** What makes an alert one: a condition that matches for an Application, with its oncePer value, '' for none. */
export interface AlertIdentity {
  /** Namespace of the ConfigMap that holds the trigger. */
  configNamespace: string;
  trigger: string;
  /** `Condition.id`. */
  condition: string;
  oncePer: string;
}

/**
 * One alert: one uninterrupted match of a condition for an Application, split by oncePer, from its first match until its
 * end has been told. Times in Unix milliseconds.
 */
export interface Alert extends AlertIdentity {
  /** Unique per occurrence: the same condition that matches again is another alert. */
  key: string;
  application: { uid: string; namespace: string; name: string; project: string };
  /** As of the last match. */
  severity: string;
  labels: Readonly<Record<string, string>>;
  state: AlertState;
  /** Since when the condition matches: as the object says where it does, else when that was seen. */
  since: number;
  /** What the object says of that, where it was ahead of our clock. */
  ahead?: number;
  firedAt?: number;
  /** When it had lasted as long as `for` says, which may be before anybody saw that; absent: it did not have to. */
  ripeAt?: number;
  /** Since when it does not match, while it is kept firing. */
  unmatchedAt?: number;
  ended?: { at: number; why: AlertEnd };
  /** When it began to match again while it fired, the latest ones. */
  changes: readonly number[];
  acknowledged?: { at: number; by: string; comment: string };
  /** Templates that tell of its end, as of the last result; empty: the default. Absent: its end is not told. */
  resolved?: readonly string[];
  /** Destinations that were told of its oncePer value before it began, and are not told again. */
  toldBefore?: readonly Destination[];
  /** What the Application was like when it was last well before the alert; absent: nobody has seen that. */
  lastWell?: WellState;
  /** When it is looked at next, as far as that was known when this was written. */
  dueAt?: number;
}

export type AlertState = 'pending' | 'firing' | 'resolved';

/** `superseded`: the condition matches with another oncePer value. */
export type AlertEnd =
  | 'recovered'
  | 'superseded'
  | 'application deleted'
  | 'unsubscribed'
  | 'trigger removed';

/** What one destination is told once, of a condition whose matches have no end. */
export interface Notice {
  configNamespace: string;
  destination: Destination;
  /** The condition whose alerts it tells of, one at a time. */
  of: { trigger: string; condition: string };
  /** The alerts that it tells of, the newest last; none once they are over. */
  alerts: NoticedAlert[];
  /** It has told of a oncePer value before. */
  valued?: true;
}

/** What one destination is told over time of alerts that have an end: of one alert, or of those of a group. */
export interface OngoingNotice {
  configNamespace: string;
  destination: Destination;
  /** Of a group: the labels by which it is one, with their values. Absent: it is of one alert. */
  groupLabels?: Readonly<Record<string, string>>;
  /** When its first alert came to fire, Unix milliseconds. */
  createdAt: number;
  /** What was said last; absent before the first message. */
  told?: Told;
  /** The alerts that are held back, by their keys, and by what. */
  held?: Readonly<Record<string, HeldBy>>;
  /** When and why something was said, the latest last; of many the latest {@link mostSaid}. */
  said?: readonly { at: number; reason: NoticeReason }[];
  /** When it is looked at next, as far as that was known when this was written. */
  dueAt?: number;
}

export const mostSaid = 20;

export interface Told {
  at: number;
  /** Delivery of the first message since nothing was told to fire: what services thread, deduplicate and resolve by. */
  root: string;
  /** Delivery of the last message. */
  delivery: string;
  /** Keys of alerts that were told to fire and whose end was not told, with the severity that was told. */
  firing: Readonly<Record<string, string>>;
  /** Of those, the ones told as acknowledged. */
  acknowledged: readonly string[];
}

/** What holds an alert back: the kind, and which one, for people. */
export interface HeldBy {
  by: 'silence' | 'mute' | 'inhibit';
  id: string;
}

export interface NoticedAlert {
  key: string;
  /** The printed oncePer value, '' for none. */
  oncePer: string;
  /** When it began to match, Unix milliseconds. */
  since: number;
  /** Id of the delivery that tells of it; absent where another program has told of it. */
  delivery?: string;
  /** It began without a oncePer value, and the first that it gets only names it. */
  unnamed?: true;
}

/** Times in Unix milliseconds. */
export interface Silence {
  /** Sets of matchers as Alertmanager writes them; it holds for what one set matches. */
  matchers: string[][];
  startsAt: number;
  endsAt: number;
  createdBy: string;
  comment: string;
  /** Words of people, as Alertmanager has them. */
  annotations?: Readonly<Record<string, string>>;
  updatedAt?: number;
}

/**
 * Somebody is at it: an alert is not repeated any more. The leader takes it over into the alert, where it stays when this
 * row has expired.
 */
export interface Acknowledgement {
  at: number;
  by: string;
  comment: string;
  /** Nobody is at it any more. */
  withdrawn?: true;
}

/** Milliseconds for which the store keeps what people have asked for and what is over. Source: Alertmanager's retention. */
const keptFor = 5 * 24 * 3_600_000;

export function silenceRow(key: string, value: Silence): AskedRow {
  return { scope: 'silences', kind: 'silence', key, value, expiresAt: value.endsAt + keptFor };
}

/** `key`: of the alert. */
export function acknowledgementRow(key: string, value: Acknowledgement): AskedRow {
  return { scope: 'acknowledgements', kind: 'acknowledgement', key, value, expiresAt: value.at + keptFor };
}
