/**
 * A notice: what one recipient is told of one group of alerts, over time. An alert without a group is a notice of one.
 * `flush` decides whether something is to be said now, why, and when to look again. Pure. Times in Unix milliseconds.
 */
import type { Alert } from './alert.ts';
import type { Mute } from './mutes.ts';

export interface Notice {
  /** Of the recipient and the labels of the group, so that editing a rule changes none (check 16). */
  readonly key: string;
  /** When its first alert came to fire. */
  readonly createdAt: number;
  /** What was said last; absent before the first message. */
  readonly told?: Told;
  /** The alerts that are held back, and by what. */
  readonly held?: Readonly<Record<string, Mute['by']>>;
}

export interface Told {
  readonly at: number;
  /** Delivery that said it. */
  readonly delivery: string;
  /** Alerts that were told to fire and whose end was not told, with the severity that was told. */
  readonly firing: Readonly<Record<string, string>>;
  /** Of those, the ones told as acknowledged. */
  readonly acknowledged: readonly string[];
}

export type NoticeReason =
  | 'first'
  | 'new in group'
  | 'some resolved'
  | 'all resolved'
  | 'repeated'
  | 'severity raised'
  | 'severity lowered'
  | 'acknowledged'
  | 'silence ended'
  | 'mute ended'
  | 'inhibition ended';

export interface NoticePolicy {
  /** Milliseconds before the first message, and between messages; 0 for a notice of one. */
  readonly groupWait: number;
  readonly groupInterval: number;
}

/** An alert of the notice, with what its condition says of telling. */
export interface Member {
  readonly alert: Alert;
  /** Whether its end is told. */
  readonly resolves: boolean;
  /** Milliseconds after which what still fires is told again; absent: never. */
  readonly repeat?: number;
}

export interface Message {
  readonly reason: NoticeReason;
  /** What fires and may be told of, in the order of firing; each alert of the notice is in one of the lists at most. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** Nobody needs to be pinged: a message that was sent is edited where the service can. */
  readonly isSilent: boolean;
}

export interface Flush {
  /** Undefined: it is over. */
  readonly notice: Notice | undefined;
  /** What is to be said now; the notice is then as if it had been. */
  readonly message?: Message;
  /** Keys of ended alerts of which nothing is left to tell here. */
  readonly done: readonly string[];
  /** When time alone would change the answer. */
  readonly due?: number;
}

/** From the least to the most; others have no rank, and rise over none. */
const severities = ['none', 'info', 'warning', 'error', 'critical'];

/**
 * `mute` answers what holds an alert back now, with until when, if that is known. `delivery` is the id that the message
 * would have.
 */
export function flush(
  notice: Notice,
  members: readonly Member[],
  policy: NoticePolicy,
  mute: (alert: Alert) => Mute | undefined,
  delivery: string,
  now: number,
): Flush {
  const state = sort(notice, members, mute);
  const saying = notice.told
    ? sayNext(notice.told, state, policy, released(notice, state), now)
    : sayFirst(notice, state, policy, released(notice, state), now);
  const dues = [...state.muteEnds, ...(saying.due === undefined ? [] : [saying.due])].filter(
    (at) => at > now,
  );
  const due = dues.length > 0 ? { due: Math.min(...dues) } : {};
  const { message } = saying;
  if (message) {
    const told = tell(state, notice.told, message, delivery, now);
    const isOver = Object.keys(told.firing).length === 0;
    const next = { key: notice.key, createdAt: notice.createdAt, told, ...held(state) };
    const again = isOver ? undefined : nextRepeat(told, state);
    return {
      notice: isOver && state.muted.length === 0 ? undefined : next,
      message,
      done: [...message.resolved, ...state.forgotten],
      ...(again === undefined ? due : { due: Math.min(again, due.due ?? again) }),
    };
  }
  const { key, createdAt } = notice;
  const told = notice.told && withoutForgotten(notice.told, state.forgotten);
  const isOver = state.tellable.length + state.muted.length + state.heldEnds.length + state.ends.length === 0;
  return {
    notice: isOver ? undefined : { key, createdAt, ...(told ? { told } : {}), ...held(state) },
    done: state.forgotten,
    ...due,
  };
}

interface State {
  /** Firing, and nothing holds them back. */
  tellable: Member[];
  /** Firing, and held back. */
  muted: { member: Member; mute: Mute }[];
  /** Told as firing and ended, to be told of. */
  ends: Alert[];
  /** As these, and held back. */
  heldEnds: Alert[];
  /** Ended, and never to be told of. */
  forgotten: string[];
  muteEnds: number[];
}

function sort(
  { told }: Notice,
  members: readonly Member[],
  muteOf: (alert: Alert) => Mute | undefined,
): State {
  const state: State = { tellable: [], muted: [], ends: [], heldEnds: [], forgotten: [], muteEnds: [] };
  const ordered = members.toSorted((a, b) => (a.alert.firedAt ?? 0) - (b.alert.firedAt ?? 0));
  for (const member of ordered) {
    const { alert } = member;
    if (alert.state === 'pending') continue;
    const wasTold = told !== undefined && Object.hasOwn(told.firing, alert.key);
    if (alert.state === 'resolved' && !(wasTold && member.resolves)) {
      state.forgotten.push(alert.key);
      continue;
    }
    const mute = muteOf(alert);
    if (mute?.until !== undefined) state.muteEnds.push(mute.until);
    if (alert.state === 'resolved') (mute ? state.heldEnds : state.ends).push(alert);
    else if (mute) state.muted.push({ member, mute });
    else state.tellable.push(member);
  }
  return state;
}

interface Saying {
  message?: Message;
  due?: number;
}

function sayFirst(
  notice: Notice,
  state: State,
  policy: NoticePolicy,
  released: Mute['by'] | undefined,
  now: number,
): Saying {
  const { tellable } = state;
  if (tellable.length === 0) return {};
  if (released) return { message: messageOf(state, endOf[released]) };
  // One that fires for longer than the wait has waited already (check 10).
  const since = Math.min(notice.createdAt, ...tellable.map(({ alert }) => alert.since));
  const due = since + policy.groupWait;
  return now >= due ? { message: messageOf(state, 'first') } : { due };
}

const endOf = {
  silence: 'silence ended',
  mute: 'mute ended',
  inhibit: 'inhibition ended',
} as const satisfies Record<Mute['by'], NoticeReason>;

function sayNext(
  told: Told,
  state: State,
  policy: NoticePolicy,
  released: Mute['by'] | undefined,
  now: number,
): Saying {
  const { tellable, ends } = state;
  const fresh = tellable.filter(({ alert }) => !Object.hasOwn(told.firing, alert.key));
  const open = Math.max(told.at + policy.groupInterval, 0);
  if (released) return { message: messageOf(state, endOf[released]) };
  if (tellable.some(({ alert }) => rises(told.firing[alert.key], alert.severity)))
    return { message: messageOf(state, 'severity raised') };
  if (fresh.length + ends.length > 0) {
    if (now < open) return { due: open };
    return { message: messageOf(state, reasonOf(fresh.length, tellable.length + state.muted.length)) };
  }
  const again = nextRepeat(told, state);
  if (again !== undefined && now >= again) return { message: messageOf(state, 'repeated') };
  if (tellable.some(({ alert }) => alert.acknowledged && !told.acknowledged.includes(alert.key)))
    return { message: messageOf(state, 'acknowledged', true) };
  if (tellable.some(({ alert }) => rises(alert.severity, told.firing[alert.key])))
    return { message: messageOf(state, 'severity lowered', true) };
  return again === undefined ? {} : { due: again };
}

function reasonOf(fresh: number, firing: number): NoticeReason {
  if (fresh > 0) return 'new in group';
  return firing > 0 ? 'some resolved' : 'all resolved';
}

function messageOf(state: State, reason: NoticeReason, isSilent = false): Message {
  return {
    reason,
    firing: state.tellable.map(({ alert }) => alert.key),
    resolved: state.ends.map(({ key }) => key),
    isSilent,
  };
}

function rises(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined) return false;
  const [before, after] = [severities.indexOf(from), severities.indexOf(to)];
  return before >= 0 && after > before;
}

/** An acknowledgement stops repeats until the alert ends. */
function nextRepeat({ at }: Told, { tellable }: State): number | undefined {
  const repeats = tellable
    .filter(({ alert }) => !alert.acknowledged)
    .flatMap(({ repeat }) => (repeat === undefined ? [] : [repeat]));
  return repeats.length === 0 ? undefined : at + Math.min(...repeats);
}

function tell(state: State, before: Told | undefined, message: Message, delivery: string, now: number): Told {
  const firing: Record<string, string> = {};
  // What is held back stays told: its end is still owed.
  for (const { key } of [...state.heldEnds, ...state.muted.map(({ member }) => member.alert)]) {
    const severity = before?.firing[key];
    if (severity !== undefined) firing[key] = severity;
  }
  for (const { alert } of state.tellable) firing[alert.key] = alert.severity;
  const acknowledged = state.tellable.filter(({ alert }) => alert.acknowledged).map(({ alert }) => alert.key);
  // A message that nobody is pinged by does not put off a repetition.
  const at = message.isSilent && before ? before.at : now;
  return { at, delivery, firing, acknowledged };
}

function withoutForgotten(told: Told, forgotten: readonly string[]): Told {
  if (!forgotten.some((key) => Object.hasOwn(told.firing, key))) return told;
  const gone = new Set(forgotten);
  const kept = Object.entries(told.firing).filter(([key]) => !gone.has(key));
  return { ...told, firing: Object.fromEntries(kept) };
}

function held({ muted }: State): { held?: Record<string, Mute['by']> } {
  if (muted.length === 0) return {};
  return { held: Object.fromEntries(muted.map(({ member, mute }) => [member.alert.key, mute.by])) };
}

/** What held back an alert that nobody has been told of, and does not any more: it is told at once (check 13). */
function released({ told, held = {} }: Notice, { tellable }: State): Mute['by'] | undefined {
  const found = tellable.find(
    ({ alert: { key } }) => Object.hasOwn(held, key) && !Object.hasOwn(told?.firing ?? {}, key),
  );
  return found && held[found.alert.key];
}
