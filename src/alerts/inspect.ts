/** Rules that can be read and hardly be meant: silences that are over, mute times that never come, rules that do nothing. */
import { type Matcher, printMatcher } from './matcher.ts';
import type { AlertRules, GroupRule, InhibitRule, MuteRule, SilenceRule } from './rules.ts';
import { holdsOnce, isWithin, nextChange } from './times.ts';

interface Found {
  what: string;
  fix: string;
}

export interface InspectedRule extends Found {
  key: keyof AlertRules;
  /** Place of the rule in its key, from 1. */
  entry: number;
}

/** Values that a label can have, where all are known. */
export type KnownLabels = ReadonlyMap<string, ReadonlySet<string>>;

/** `now`: Unix milliseconds. */
export function inspectRules(rules: AlertRules, known: KnownLabels, now: number): InspectedRule[] {
  const about = <K extends keyof AlertRules>(
    key: K,
    inspect: (rule: AlertRules[K][number], index: number) => (Found | undefined)[],
  ): InspectedRule[] =>
    rules[key].flatMap((rule, index) =>
      [...inspect(rule, index), ...deadExpressions(rule, known)]
        .filter((found) => found !== undefined)
        .map((found) => ({ key, entry: rule.entry ?? index + 1, ...found })),
    );
  return [
    ...about('silences', (rule) => [overSilence(rule, now)]),
    ...about('muteTimes', (rule) => [neverMuted(rule, now), alwaysMuted(rule, now)]),
    ...about('inhibit', (rule) => [inhibitsNothing(rule)]),
    ...about('groups', (rule, index) => [shadowed(rule, rules.groups.slice(0, index), index)]),
  ];
}

function overSilence({ until }: SilenceRule, now: number): Found | undefined {
  if (until >= now) return undefined;
  return { what: `the silence is over since ${new Date(until).toISOString()}`, fix: 'Remove it.' };
}

function neverMuted({ intervals }: MuteRule, now: number): Found | undefined {
  const never = intervals.flatMap((interval, index) => (holdsOnce(interval, now) ? [] : [index + 1]));
  if (never.length === 0) return undefined;
  const which = intervals.length === never.length ? 'the times' : `number ${never.join(', ')} of the times`;
  return {
    what: `${which} will never come: no such day is left`,
    fix: 'Correct days, months and years, or remove it.',
  };
}

function alwaysMuted({ intervals }: MuteRule, now: number): Found | undefined {
  const ahead = nextChange(intervals, now) - now;
  if (!isWithin(intervals, now) || ahead < 365 * 24 * 3_600_000) return undefined;
  return {
    what: 'the times hold for all of the coming year, so that nobody is ever told',
    fix: 'Leave out what is not to be muted, or remove the subscription.',
  };
}

/** What matches both sides is not inhibited (Alertmanager's rule, too). */
function inhibitsNothing({ source, target }: InhibitRule): Found | undefined {
  if (!covers(source, target)) return undefined;
  return {
    what: 'whatever matches target matches source as well, so that nothing is inhibited',
    fix: 'Write what tells the source apart, such as source: {trigger: on-cluster-unreachable}.',
  };
}

function shadowed(rule: GroupRule, before: readonly GroupRule[], index: number): Found | undefined {
  const first = before.findIndex((earlier) => covers(earlier.matchers, rule.matchers));
  if (first < 0) return undefined;
  return {
    what: `rule ${before[first]?.entry ?? first + 1} takes all that rule ${rule.entry ?? index + 1} matches: the first one that matches counts`,
    fix: 'Put the narrower rule first, or remove it.',
  };
}

/** Destinations and repositories: one of several values may match what another is excluded by. */
const severalValues = ['destination', 'repository'];

/** Whether whatever matches `narrow` matches `wide`, as far as can be seen. */
function covers(wide: readonly Matcher[], narrow: readonly Matcher[]): boolean {
  return wide.every((matcher) =>
    narrow.some((other) => {
      if (other.label !== matcher.label) return false;
      if (printMatcher(other) === printMatcher(matcher)) return true;
      const isSafe = !matcher.operator.startsWith('!') || !severalValues.includes(matcher.label);
      return isSafe && other.operator === '=' && other.values.every((value) => matcher.matches([value]));
    }),
  );
}

/** Regular expressions that match none of the names that there are. */
function deadExpressions(rule: object, known: KnownLabels): Found[] {
  const sides = ['matchers', 'source', 'target'] as const;
  return sides
    .flatMap((side) => (rule as Partial<Record<typeof side, readonly Matcher[]>>)[side] ?? [])
    .flatMap((matcher) => {
      const names = matcher.operator === '=~' ? known.get(matcher.label) : undefined;
      if (!names || [...names].some((name) => matcher.matches([name]))) return [];
      return {
        what: `${printMatcher(matcher)} matches no ${matcher.label} that there is`,
        fix: `They are: ${[...names].slice(0, 10).join(', ') || 'none'}. It has to match the whole name.`,
      };
    });
}
