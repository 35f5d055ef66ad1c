/** What becomes of a match besides its messages: its life, and the rules that concern it. */
import { labelValues } from '../alerts/labels.ts';
import { type LabelValues, type Matcher, matchesAll } from '../alerts/matcher.ts';
import type { AlertRules } from '../alerts/rules.ts';
import { silenceOfAnnotations } from '../alerts/silence-annotations.ts';
import { isWithin, nextChange } from '../alerts/times.ts';
import { formatPrometheusDuration } from '../go/durations.ts';
import type { Application } from '../model.ts';
import type { Condition } from '../triggers/trigger.ts';

/** The fields of the ConfigMap, those without a value left out. */
export function lifecycleFields({ lifecycle, severity, labels }: Condition): Record<string, unknown> {
  const duration = (name: 'for' | 'keepFiring' | 'repeat') => {
    const value = lifecycle?.[name] ?? 0;
    return value === 0 ? {} : { [name]: formatPrometheusDuration(value) };
  };
  const resolved = lifecycle?.resolved;
  return {
    ...duration('for'),
    ...duration('keepFiring'),
    ...(severity === 'none' ? {} : { severity }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...duration('repeat'),
    ...(resolved === undefined ? {} : { resolved: resolved.length === 0 ? true : resolved }),
  };
}

/** `for 5m, severity critical, team payments, resolved app-up`. */
export function lifecycleText(condition: Condition): string {
  return Object.entries(lifecycleFields(condition))
    .flatMap(([name, value]) => {
      if (name === 'labels')
        return Object.entries(condition.labels).map(([label, text]) => `${label} ${text}`);
      if (value === true) return [`${name} (default)`];
      return [`${name} ${Array.isArray(value) ? value.join('+') : String(value)}`];
    })
    .join(', ');
}

/** What would become of an alert that begins now, times in RFC 3339. */
export interface Prospect {
  /** When the Application came to be as it is, where it says so; absent where the condition has no life. */
  since?: string;
  firesAt?: string;
  /** What holds messages back now. */
  heldBy: string[];
  /** The rule by which it is told. */
  group?: string;
}

interface Asked {
  trigger: string;
  condition: Condition;
  application: Application;
  /** Annotations of the AppProject. */
  projectAnnotations: Readonly<Record<string, string>>;
  rules: AlertRules;
  /** Unix milliseconds. */
  now: number;
}

export function prospectOf({ condition, rules, now, ...of }: Asked): Prospect {
  const { lifecycle, severity, labels } = condition;
  const { namespace, name, project, object, annotations } = of.application;
  const application = { namespace, name, project };
  const values = labelValues({ trigger: of.trigger, severity, labels, application, object });
  const told = condition.since?.(object);
  const since = Math.min(told ?? now, now);
  const own = [
    silenceOfAnnotations(annotations, `${namespace}/${name}`),
    silenceOfAnnotations(of.projectAnnotations, `AppProject ${project}`),
  ].flatMap(({ silence }) =>
    silence && now <= silence.until ? [`${silence.id}, until ${iso(silence.until)}`] : [],
  );
  const group = rules.groups
    .map((rule, index) => ({ rule, index, held: meant(rule.matchers, values) }))
    .find(({ held }) => held !== undefined);
  return {
    ...(lifecycle && told !== undefined ? { since: iso(since) } : {}),
    ...(lifecycle ? { firesAt: iso(since + lifecycle.for) } : {}),
    heldBy: [...own, ...heldBy(rules, values, now)],
    ...(group ? { group: groupText(group.rule, group.index, group.held) } : {}),
  };
}

function* heldBy(rules: AlertRules, values: LabelValues, now: number): Generator<string> {
  for (const [
    index,
    { entry = index + 1, matchers, from = now, until, comment },
  ] of rules.silences.entries()) {
    const held = from <= now && now <= until ? meant(matchers, values) : undefined;
    if (held === undefined) continue;
    yield `silences ${entry}${comment === '' ? '' : ` (${comment})`}, until ${iso(until)}${held}`;
  }
  for (const [index, { entry = index + 1, matchers, intervals }] of rules.muteTimes.entries()) {
    const held = isWithin(intervals, now) ? meant(matchers, values) : undefined;
    if (held !== undefined) yield `muteTimes ${entry}, until ${iso(nextChange(intervals, now))}${held}`;
  }
  for (const [index, { entry = index + 1, source, target }] of rules.inhibit.entries()) {
    const held = matchesAll(source, values) ? undefined : meant(target, values);
    if (held !== undefined) yield `inhibit ${entry}, while an alert that matches its source fires${held}`;
  }
}

function groupText(rule: AlertRules['groups'][number], index: number, held: string | undefined): string {
  const labels = rule.groupBy === 'all' ? 'every label' : rule.groupBy.join(', ');
  return `groups ${rule.entry ?? index + 1}${labels === '' ? '' : `, by ${labels}`}${held ?? ''}`;
}

const ofRecipient = ['service', 'recipient'];

/** Undefined: they do not match. Otherwise what has to be said beside: who is told is not known here. */
function meant(matchers: readonly Matcher[], values: LabelValues): string | undefined {
  const others = matchers.filter(({ label }) => !ofRecipient.includes(label));
  if (!matchesAll(others, values)) return undefined;
  return others.length === matchers.length ? '' : ', depending on service and recipient';
}

function iso(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
