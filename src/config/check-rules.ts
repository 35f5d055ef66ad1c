/** What the keys of rules name and nothing has: templates, triggers, services, severities and labels. */
import type { AlertRules } from '../alerts/rules.ts';
import { ruleSpellings } from '../alerts/schema.ts';
import { fieldOf } from '../go/fields.ts';
import { parseYaml, type YamlDocument, type YamlPath } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import { foreignLabels, type Problem, reservedLabels } from '../model.ts';
import type { Definitions, TextOf } from './references.ts';

type Field = keyof typeof ruleSpellings;
type Key = keyof AlertRules;
type Rule = { readonly entry?: number } & Partial<
  AlertRules['silences'][number] &
    AlertRules['muteTimes'][number] &
    AlertRules['inhibit'][number] &
    AlertRules['groups'][number]
>;

/** Each thing once for each key, where it stands first. */
export function checkRules(rules: AlertRules, definitions: Definitions, textOf: TextOf): Problem[] {
  const isEmpty = Object.values(rules).every((list) => list.length === 0);
  if (isEmpty) return [];
  const known = namesOf(definitions);
  return (Object.keys(rules) as Key[]).flatMap((key) => {
    const problems: Problem[] = [];
    const told = new Set<string>();
    let places: Places | undefined;
    for (const rule of rules[key] as readonly Rule[]) {
      for (const { field, name, value, ...problem } of ofRule(rule, definitions, known)) {
        if (told.has(problem.what)) continue;
        told.add(problem.what);
        places ??= placesIn(textOf(key));
        problems.push({ key, ...places((rule.entry ?? 1) - 1, field, name, value), ...problem });
      }
    }
    return problems;
  });
}

interface Found {
  field: Field;
  /** What stands there: a label, or a member of a list. */
  name: string;
  /** Of the label. */
  value?: string;
  severity: Problem['severity'];
  what: string;
  fix: string;
}

/** Of a label of which each value is known: its values, and what to say of others. */
interface KnownValues {
  names: ReadonlySet<string>;
  what: string;
  fix: (value: string) => string;
}

export function knownValues({
  triggers,
  triggerNames,
  serviceNames,
}: Pick<Definitions, 'triggers' | 'triggerNames' | 'serviceNames'>): ReadonlyMap<string, KnownValues> {
  const severities = [...triggers.values()].flatMap(({ conditions }) =>
    conditions.map((each) => each.severity),
  );
  return new Map<string, KnownValues>([
    [
      'trigger',
      {
        names: triggerNames,
        what: 'is not defined',
        fix: (value) => `Add the key trigger.${value}, or name a trigger that there is.`,
      },
    ],
    [
      'service',
      {
        names: serviceNames,
        what: 'is not configured',
        fix: (value) => `Add the key service.${value}, or name a service that there is.`,
      },
    ],
    [
      'severity',
      {
        names: new Set(severities),
        what: 'is that of no condition',
        fix: (value) => `Add severity: ${value} to conditions, or name one that they have.`,
      },
    ],
  ]);
}

interface Known {
  /** Of alerts, whatever their Application. */
  labels: ReadonlySet<string>;
  values: ReadonlyMap<string, KnownValues>;
}

function namesOf(definitions: Definitions): Known {
  const conditions = [...definitions.triggers.values()].flatMap((trigger) => trigger.conditions);
  return {
    labels: new Set([...reservedLabels, ...conditions.flatMap(({ labels }) => Object.keys(labels))]),
    values: knownValues(definitions),
  };
}

function* ofRule(rule: Rule, definitions: Definitions, known: Known): Generator<Found> {
  const sides = [
    ['match', rule.matchers],
    ['source', rule.source],
    ['target', rule.target],
  ] as const;
  for (const [field, matchers = []] of sides) {
    for (const { label, operator, values } of matchers) {
      yield* ofLabel(field, label, definitions, known);
      const about = known.values.get(label);
      for (const value of operator === '=' && about ? values : []) {
        if (about === undefined || value === '' || about.names.has(value)) continue;
        const what = `the ${label} ${JSON.stringify(value)} ${about.what}`;
        const fix = `${about.fix(value)}${definitions.suggest(value, about.names)}`;
        yield { field, name: label, value, severity: 'warning', what, fix };
      }
    }
  }
  for (const label of rule.equal ?? []) yield* ofLabel('equal', label, definitions, known);
  for (const label of rule.groupBy === 'all' ? [] : (rule.groupBy ?? []))
    yield* ofLabel('groupBy', label, definitions, known);
  for (const template of rule.send ?? []) {
    if (definitions.templateNames.has(template)) continue;
    yield {
      field: 'send',
      name: template,
      severity: 'error',
      what: `the template ${JSON.stringify(template)} is not defined, so the group cannot be told`,
      fix: `Add the key template.${template}.${definitions.suggest(template, definitions.templateNames)}`,
    };
  }
}

function* ofLabel(field: Field, label: string, { suggest }: Definitions, known: Known): Generator<Found> {
  const found = { field, name: label, severity: 'warning' as const };
  if ((field === 'source' || field === 'equal') && (label === 'service' || label === 'recipient')) {
    const what = `a source of inhibition has no ${label}, since it inhibits whoever is told of it`;
    yield { ...found, what, fix: `Remove it; target may have a ${label}.` };
    return;
  }
  if (known.labels.has(label)) return;
  const foreign = Object.hasOwn(foreignLabels, label) ? foreignLabels[label] : undefined;
  const meant = foreign === undefined ? suggest(label, known.labels) : ` Did you mean "${foreign}"?`;
  if (meant === '') return;
  yield {
    ...found,
    what: `no condition has the label ${JSON.stringify(label)}, so only Applications could`,
    fix: `Write a label of the alerts, or of your Applications.${meant}`,
  };
}

type Places = (
  index: number,
  field: Field,
  name: string,
  value: string | undefined,
) => { line?: number; column?: number };

/** Where in the text of a key a rule names something. */
function placesIn(text: string | undefined): Places {
  if (text === undefined) return () => ({});
  const document = parseYaml(text);
  return (index, field, name, value) => {
    const rule = Array.isArray(document.value) ? document.value[index] : undefined;
    const found = isObject(rule) ? fieldOf(rule, [index], ruleSpellings[field]) : undefined;
    return (found ? placeIn(document, found, name, value) : document.at([index])) ?? {};
  };
}

function placeIn(
  document: YamlDocument,
  { path, value: held }: NonNullable<ReturnType<typeof fieldOf>>,
  name: string,
  value: string | undefined,
) {
  const memberOf = (list: unknown, at: YamlPath, wanted: string): YamlPath => {
    const members = Array.isArray(list) ? list.map(String) : [];
    // A string of matchers holds the name.
    const position = members.includes(wanted)
      ? members.indexOf(wanted)
      : members.findIndex((member) => member.includes(wanted));
    return position < 0 ? at : [...at, position];
  };
  if (!isObject(held)) return document.at(memberOf(held, path, name));
  if (value === undefined) return document.keyAt([...path, name]);
  return document.at(memberOf(held[name], [...path, name], value));
}
