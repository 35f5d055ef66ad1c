/** What holds alerts back: silences, mute times and inhibition, behind one answer. Pure. */
import type { HeldBy } from '../ledger/rows.ts';
import { type LabelValues, type Matcher, matchesAll } from './matcher.ts';
import { createMatcherIndex } from './matcher-index.ts';
import type { InhibitRule, MuteRule } from './rules.ts';
import { isWithin, nextChange } from './times.ts';

/** Why nobody is told of an alert now. */
export interface Mute extends HeldBy {
  /** When to look again, Unix milliseconds; absent where only an event ends it. */
  readonly until?: number;
}

export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly from: number;
  /** Included (check 43). */
  readonly until: number;
}

export function silencedBy(silences: readonly Silence[], labels: LabelValues, now: number): Mute | undefined {
  const found = silences.find(
    ({ matchers, from, until }) => from <= now && now <= until && matchesAll(matchers, labels),
  );
  return found && { by: 'silence', id: found.id, until: found.until + 1 };
}

/** When the next silence of an alert begins, Unix milliseconds. */
export function nextSilence(
  silences: readonly Silence[],
  labels: LabelValues,
  now: number,
): number | undefined {
  let next: number | undefined;
  for (const { matchers, from } of silences)
    if (from > now && from < (next ?? Number.POSITIVE_INFINITY) && matchesAll(matchers, labels)) next = from;
  return next;
}

/** Whether the times of a rule hold, and until when that stays so, Unix milliseconds. */
export type MuteState = { isWithin: boolean; until: number };

/** Answers of the state of rules; each is worked out once for as long as it holds. */
export function createMuteStates(): (rule: MuteRule, now: number) => MuteState {
  const known = new WeakMap<MuteRule, MuteState & { from: number }>();
  return (rule, now) => {
    const found = known.get(rule);
    if (found && found.from <= now && now < found.until) return found;
    const { intervals } = rule;
    const state = { isWithin: isWithin(intervals, now), from: now, until: nextChange(intervals, now) };
    known.set(rule, state);
    return state;
  };
}

export function mutedBy(
  rules: readonly MuteRule[],
  labels: LabelValues,
  now: number,
  stateOf = createMuteStates(),
): Mute | undefined {
  for (const [index, rule] of rules.entries()) {
    const { entry = index + 1, matchers } = rule;
    if (!matchesAll(matchers, labels)) continue;
    const state = stateOf(rule, now);
    if (state.isWithin) return { by: 'mute', id: `muteTimes ${entry}`, until: state.until };
  }
  return undefined;
}

/** When the next mute time of an alert begins or ends, Unix milliseconds. */
export function nextMuteTime(
  rules: readonly MuteRule[],
  labels: LabelValues,
  now: number,
  stateOf: (rule: MuteRule, now: number) => MuteState,
): number | undefined {
  let next: number | undefined;
  for (const rule of rules)
    if (matchesAll(rule.matchers, labels)) next = Math.min(stateOf(rule, now).until, next ?? Infinity);
  return next;
}

/**
 * The alerts that fire and match the source of a rule, by the labels that have to be equal. A source may itself be
 * silenced (check 27); while one of several is left, its targets stay inhibited (check 30).
 */
export interface Inhibition {
  /**
   * The alert fires, with these labels; said again when they change. Answers the places, as `targets` names them, for
   * which that changes anything.
   */
  fires(key: string, labels: LabelValues): string[];
  /** It does not any more. */
  ended(key: string): string[];
  by(key: string, labels: LabelValues): Mute | undefined;
  /** Where sources could inhibit an alert with these labels: one that comes is waited for a moment (check 31). */
  targets(labels: LabelValues): string[];
}

interface Index {
  rule: InhibitRule;
  id: string;
  /** Keys of sources by their equal labels: those that match the target, too, and those that do not. */
  sources: Map<string, { plain: Set<string>; both: Set<string> }>;
}

interface Place {
  index: Index;
  equal: string;
  side: 'plain' | 'both';
}

export function createInhibition(rules: readonly InhibitRule[]): Inhibition {
  const indexes: Index[] = rules.map((rule, at) => ({
    rule,
    id: `inhibit ${rule.entry ?? at + 1}`,
    sources: new Map(),
  }));
  const bySource = createMatcherIndex(indexes, ({ rule }) => rule.source);
  const byTarget = createMatcherIndex(indexes, ({ rule }) => rule.target);
  /** Where a source stands, so that it is found again when its labels have changed. */
  const places = new Map<string, Place[]>();

  function leave(key: string): Place[] {
    const found = places.get(key) ?? [];
    for (const { index, equal, side } of found) {
      const sources = index.sources.get(equal);
      sources?.[side].delete(key);
      if (sources && sources.plain.size + sources.both.size === 0) index.sources.delete(equal);
    }
    places.delete(key);
    return found;
  }

  return {
    fires(key, labels) {
      const before = leave(key);
      const found = bySource.matching(labels).map((index): Place => {
        const equal = equalKey(index.rule, labels);
        const side = matchesAll(index.rule.target, labels) ? 'both' : 'plain';
        const sources = index.sources.get(equal) ?? { plain: new Set(), both: new Set() };
        sources[side].add(key);
        index.sources.set(equal, sources);
        return { index, equal, side };
      });
      if (found.length > 0) places.set(key, found);
      return [...differing(before, found), ...differing(found, before)].map(nameOf);
    },
    ended: (key) => leave(key).map(nameOf),
    by(key, labels) {
      for (const { rule, id, sources } of byTarget.matching(labels)) {
        const found = sources.get(equalKey(rule, labels));
        if (!found) continue;
        // What matches both sides inhibits no other such alert (check 29).
        const isSource = matchesAll(rule.source, labels);
        if (found.plain.size > 0 || (!isSource && found.both.size > (found.both.has(key) ? 1 : 0)))
          return { by: 'inhibit', id };
      }
      return undefined;
    },
    targets: (labels) =>
      byTarget
        .matching(labels)
        .filter(({ rule }) => !matchesAll(rule.source, labels))
        .map((index) => nameOf({ index, equal: equalKey(index.rule, labels) })),
  };
}

function differing(places: readonly Place[], others: readonly Place[]): Place[] {
  return places.filter(
    ({ index, equal, side }) =>
      !others.some((other) => other.index === index && other.equal === equal && other.side === side),
  );
}

function nameOf({ index, equal }: Pick<Place, 'index' | 'equal'>): string {
  return `${index.id} ${equal}`;
}

/** Labels that are missing are empty, and equal (check 28). */
function equalKey({ equal }: InhibitRule, labels: LabelValues): string {
  return JSON.stringify(equal.map((label) => labels(label).filter((value) => value !== '')));
}
