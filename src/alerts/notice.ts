/**
 * A notice: what one recipient is told of one group of alerts, over time. An alert without a group is a notice of one.
 * `flush` decides whether something is to be said now, why, and when to look again. Pure. Times in Unix milliseconds.
 */
import { type Alert, type HeldBy, mostSaid, type OngoingNotice, type Told } from '../ledger/rows.ts';
import type { NoticeReason } from '../model.ts';
import { severities } from '../severities.ts';
import type { Mute } from './mutes.ts';

export interface NoticePolicy {
  /** Milliseconds for which what comes is gathered before it is told; 0 for a notice of one. */
  readonly groupWait: number;
  /** Milliseconds between messages. */
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
  /** Nothing that was told fires any more: what is told next begins anew. */
  readonly isEnd: boolean;
}

export interface Flush {
  /** Undefined: it is over. */
  readonly notice: OngoingNotice | undefined;
  /** What is to be said now; the notice is then as if it had been. */
  readonly message?: Message;
  /** Keys of ended alerts of which nothing is left to tell here. */
  readonly done: readonly string[];
  /** When time alone would change the answer. */
  readonly due?: number;
}

/**
 * `mute` answers what holds an alert back now, with until when, if that is known. `delivery` is the id that the message
 * would have.
 */
export function flush(
  notice: OngoingNotice,
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
    const isEnd = isOver || message.reason === 'all resolved';
    const said = [...(notice.said ?? []), { at: now, reason: message.reason }].slice(-mostSaid);
    const next = { ...withoutState(notice), told, said, ...held(state) };
    const again = isOver ? undefined : nextRepeat(told, state);
    return {
      notice: isOver && state.muted.length === 0 ? undefined : next,
      message: { ...message, isEnd },
      done: [...message.resolved, ...state.forgotten],
      ...(again === undefined ? due : { due: Math.min(again, due.due ?? again) }),
    };
  }
  const told = notice.told && withoutForgotten(notice.told, state.forgotten);
  const isOver = state.tellable.length + state.muted.length + state.heldEnds.length + state.ends.length === 0;
  return {
    notice: isOver ? undefined : { ...withoutState(notice), ...(told ? { told } : {}), ...held(state) },
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
  heldEnds: { alert: Alert; mute: Mute }[];
  /** Ended, and never to be told of. */
  forgotten: string[];
  muteEnds: number[];
}

function sort(
  { told, held: before = {} }: OngoingNotice,
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
    // What has been held back and is only kept firing tells nobody anything: it does not hold any more.
    const isOver = alert.unmatchedAt !== undefined && !wasTold;
    const mute: Mute | undefined = muteOf(alert) ?? (isOver ? before[alert.key] : undefined);
    if (mute?.until !== undefined) state.muteEnds.push(mute.until);
    if (alert.state === 'resolved' && mute) state.heldEnds.push({ alert, mute });
    else if (alert.state === 'resolved') state.ends.push(alert);
    else if (mute) state.muted.push({ member, mute });
    else state.tellable.push(member);
  }
  return state;
}

interface Saying {
  message?: Omit<Message, 'isEnd'>;
  due?: number;
}

function sayFirst(
  notice: OngoingNotice,
  state: State,
  policy: NoticePolicy,
  released: HeldBy['by'] | undefined,
  now: number,
): Saying {
  const { tellable } = state;
  if (tellable.length === 0) return {};
  if (released) return { message: messageOf(state, endOf[released]) };
  // One that has fired for longer than the wait has waited already (check 10).
  const since = Math.min(notice.createdAt, ...tellable.map(({ alert }) => alert.ripeAt ?? alert.since));
  const due = since + policy.groupWait;
  return now >= due ? { message: messageOf(state, 'first') } : { due };
}

const endOf = {
  silence: 'silence ended',
  mute: 'mute ended',
  inhibit: 'inhibition ended',
} as const satisfies Record<HeldBy['by'], NoticeReason>;

function sayNext(
  told: Told,
  state: State,
  policy: NoticePolicy,
  released: HeldBy['by'] | undefined,
  now: number,
): Saying {
  const { tellable, ends } = state;
  const fresh = tellable.filter(({ alert }) => !Object.hasOwn(told.firing, alert.key));
  const open = Math.max(told.at + policy.groupInterval, 0);
  if (released) return { message: messageOf(state, endOf[released]) };
  if (tellable.some(({ alert }) => rises(told.firing[alert.key], alert.severity)))
    return { message: messageOf(state, 'severity raised') };
  if (fresh.length + ends.length > 0) {
    const firing = tellable.length + state.muted.length;
    const due = firing === 0 ? open : Math.max(open, firstChange(fresh, ends) + policy.groupWait);
    if (now < due) return { due };
    return { message: messageOf(state, reasonOf(fresh.length, firing)) };
  }
  const again = nextRepeat(told, state);
  if (again !== undefined && now >= again) return { message: messageOf(state, 'repeated') };
  if (tellable.some(({ alert }) => alert.acknowledged && !told.acknowledged.includes(alert.key)))
    return { message: messageOf(state, 'acknowledged', true) };
  if (tellable.some(({ alert }) => rises(alert.severity, told.firing[alert.key])))
    return { message: messageOf(state, 'severity lowered', true) };
  return again === undefined ? {} : { due: again };
}

/** What comes together is told together, also long after the last message; where nothing fires any more, all has come. */
function firstChange(fresh: readonly Member[], ends: readonly Alert[]): number {
  return [...fresh.map(({ alert }) => alert.firedAt ?? 0), ...ends.map(({ ended }) => ended?.at ?? 0)].reduce(
    (first, at) => Math.min(first, at),
  );
}

function reasonOf(fresh: number, firing: number): NoticeReason {
  if (fresh > 0) return 'new in group';
  return firing > 0 ? 'some resolved' : 'all resolved';
}

function messageOf(state: State, reason: NoticeReason, isSilent = false): Omit<Message, 'isEnd'> {
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

function tell(
  state: State,
  before: Told | undefined,
  { isSilent }: Pick<Message, 'isSilent'>,
  delivery: string,
  now: number,
): Told {
  const firing: Record<string, string> = {};
  // What is held back stays told: its end is still owed.
  for (const { key } of heldBack(state)) {
    const severity = before?.firing[key];
    if (severity !== undefined) firing[key] = severity;
  }
  for (const { alert } of state.tellable) firing[alert.key] = alert.severity;
  const acknowledged = state.tellable.filter(({ alert }) => alert.acknowledged).map(({ alert }) => alert.key);
  // A message that nobody is pinged by does not put off a repetition.
  const at = isSilent && before ? before.at : now;
  const root = before && Object.keys(before.firing).length > 0 ? before.root : delivery;
  return { at, root, delivery, firing, acknowledged };
}

function withoutState(notice: OngoingNotice): OngoingNotice {
  const { told: _told, held: _held, dueAt: _dueAt, ...kept } = notice;
  return kept;
}

function withoutForgotten(told: Told, forgotten: readonly string[]): Told {
  if (!forgotten.some((key) => Object.hasOwn(told.firing, key))) return told;
  const gone = new Set(forgotten);
  const kept = Object.entries(told.firing).filter(([key]) => !gone.has(key));
  return { ...told, firing: Object.fromEntries(kept) };
}

function held(state: State): { held?: Record<string, HeldBy> } {
  const found = heldBack(state);
  if (found.length === 0) return {};
  return { held: Object.fromEntries(found.map(({ key, mute: { by, id } }) => [key, { by, id }])) };
}

function heldBack({ muted, heldEnds }: State): { key: string; mute: Mute }[] {
  return [
    ...heldEnds.map(({ alert, mute }) => ({ key: alert.key, mute })),
    ...muted.map(({ member, mute }) => ({ key: member.alert.key, mute })),
  ];
}

/** What held back an alert that nobody has been told of, and does not any more: it is told at once (check 13). */
function released({ told, held = {} }: OngoingNotice, { tellable }: State): HeldBy['by'] | undefined {
  const found = tellable.find(
    ({ alert: { key } }) => Object.hasOwn(held, key) && !Object.hasOwn(told?.firing ?? {}, key),
  );
  return found && held[found.alert.key]?.by;
}
