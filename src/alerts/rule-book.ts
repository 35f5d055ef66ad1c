/** The rules of one ConfigMap, as they are asked for an alert. Pure. */
import type { LabelValues } from './matcher.ts';
import { createMatcherIndex } from './matcher-index.ts';
import type { Silence } from './mutes.ts';
import type { AlertRules, GroupRule, InhibitRule, MuteRule } from './rules.ts';

export interface RuleBook {
  readonly inhibit: readonly InhibitRule[];
  readonly muteTimes: readonly MuteRule[];
  readonly silences: readonly Silence[];
  /** There are none. */
  readonly isEmpty: boolean;
  /** Whether matches have to be alerts with an end, so that the rules can hold them back or put them together. */
  concerns(labels: LabelValues): boolean;
  /** Whether an alert with these labels, which name no destination, can be the source of an inhibition. */
  isSource(labels: LabelValues): boolean;
  /** The first that matches. */
  group(labels: LabelValues): GroupRule | undefined;
  mutesOf(labels: LabelValues): MuteRule[];
  silencesOf(labels: LabelValues): Silence[];
}

export function createRuleBook({ silences, muteTimes, inhibit, groups }: AlertRules): RuleBook {
  const bySilence = createMatcherIndex(silencesOfRules(silences), ({ matchers }) => matchers);
  const byMute = createMatcherIndex(muteTimes, ({ matchers }) => matchers);
  const byGroup = createMatcherIndex(groups, ({ matchers }) => matchers);
  const bySource = createMatcherIndex(inhibit, ({ source }) => source);
  const byTarget = createMatcherIndex(inhibit, ({ target }) => target);
  const isEmpty = silences.length + muteTimes.length + inhibit.length + groups.length === 0;
  return {
    inhibit,
    muteTimes,
    silences: silencesOfRules(silences),
    isEmpty,
    concerns: (labels) =>
      byGroup.matching(labels).length > 0 ||
      byMute.matching(labels).length > 0 ||
      byTarget.matching(labels).length > 0,
    isSource: (labels) => bySource.matching(labels).length > 0,
    group: (labels) => byGroup.matching(labels)[0],
    mutesOf: byMute.matching,
    silencesOf: bySilence.matching,
  };
}

function silencesOfRules(rules: AlertRules['silences']): Silence[] {
  return rules.map(({ entry, matchers, from = Number.NEGATIVE_INFINITY, until }, index) => ({
    id: `silences ${entry ?? index + 1}`,
    matchers,
    from,
    until,
  }));
}
