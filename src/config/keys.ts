/**
 * Every key of the ConfigMap, and what makes a value of its text. A further key like `subscriptions` is one line in
 * `wholeKeys` and a field of `Config`, or of its rules, with its name; those of services and `argocd` depend on Secrets, too.
 */
import { type AlertRules, noRules } from '../alerts/rules.ts';
import {
  type CompiledRules,
  compileGroups,
  compileInhibit,
  compileMuteTimes,
  compileSilences,
} from '../alerts/schema.ts';
import { createDecoder } from '../go/decode.ts';
import { didYouMean, suggestion } from '../go/did-you-mean.ts';
import { parseYaml } from '../go/yaml.ts';
import type { Problem } from '../model.ts';
import { compileDefaultTriggers, compileSubscriptions, type TriggerList } from '../subscriptions/schema.ts';
import type { Template } from '../templates/template.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { Compilers } from './compilers.ts';
import type { Config } from './config.ts';
import { legacyKey, stringMap } from './legacy.ts';
import type { Made } from './sources.ts';

export type Compile<T> = (key: string, text: string) => Made<T>;

/** By the key, which is also the field of the configuration or of its rules. */
export type WholeValues = Pick<Config, 'context' | 'defaultTriggers' | 'subscriptions'> & AlertRules;

/** `absent`: the value while there is no such key, nor a good version of it. */
const wholeKeys: {
  readonly [K in keyof WholeValues]: { compile: Compile<WholeValues[K]>; absent: WholeValues[K] };
} = {
  context: { compile: compileContext, absent: {} },
  defaultTriggers: { compile: answered('triggers', compileDefaultTriggers), absent: [] },
  subscriptions: { compile: answered('subscriptions', compileSubscriptions), absent: [] },
  silences: { compile: ruleByRule(compileSilences), absent: [] },
  muteTimes: { compile: ruleByRule(compileMuteTimes), absent: [] },
  inhibit: { compile: ruleByRule(compileInhibit), absent: [] },
  groups: { compile: ruleByRule(compileGroups), absent: [] },
};

/** Reads each of them, in a turn of its own. */
export function* readWholeKeys(
  read: <T>(key: string, compile: Compile<T>) => T | undefined,
  turn: () => number,
): Generator<number, WholeValues> {
  const values: [string, unknown][] = [];
  for (const [key, { compile, absent }] of typedEntries(wholeKeys)) {
    yield turn();
    values.push([key, read<unknown>(key, compile) ?? absent]);
  }
  return Object.fromEntries(values) as unknown as WholeValues;
}

/** What keys with a name behind a dot define, by the field of the configuration. */
export interface NamedValues {
  triggers: Trigger;
  templates: Template;
  defaultTriggersByService: TriggerList;
}

const heads: Readonly<Record<keyof NamedValues, string>> = {
  triggers: 'trigger',
  templates: 'template',
  defaultTriggersByService: 'defaultTriggers',
};

export function namedCompilers({ compileTrigger, compileTemplate }: Compilers): {
  readonly [K in keyof NamedValues]: Compile<NamedValues[K]>;
} {
  return {
    triggers: (key, text) => answered('trigger', compileTrigger)(nameOf(key), text),
    templates: (key, text) => answered('template', compileTemplate)(nameOf(key), text),
    defaultTriggersByService: answered('triggers', compileDefaultTriggers),
  };
}

/** What a key is, `whole` where it has no name in it; undefined: nothing that is known. */
const wholeNames = [...Object.keys(wholeKeys), 'argocd'];

export function kindOf(key: string): 'service' | 'whole' | keyof NamedValues | undefined {
  if (/^(?:herald\.)?service\./.test(key)) return 'service';
  if (Object.hasOwn(wholeKeys, key) || key === 'argocd' || key === legacyKey) return 'whole';
  return typedEntries(heads).find(([, head]) => key.startsWith(`${head}.`))?.[0];
}

/** Of a key with a dot, what stands behind its first one. */
export function nameOf(key: string): string {
  return key.slice(key.indexOf('.') + 1);
}

/** The names of all keys of a kind. */
export function namesOf(keys: Iterable<string>, kind: keyof NamedValues): Set<string> {
  return new Set([...keys].filter((key) => kindOf(key) === kind).map(nameOf));
}

/** Characters of a key of a trigger, a template or rules: to compile them takes up to a quarter of a second. */
export const longestKey = 96 * 1024;

export function isTooLong(key: string, text: string): boolean {
  const isCompiled = ['triggers', 'templates'].includes(kindOf(key) ?? '') || Object.hasOwn(noRules, key);
  return isCompiled && text.length > longestKey;
}

export function tooLong(key: string): Problem {
  return {
    key,
    severity: 'error',
    what: `the key is longer than ${longestKey / 1024} KiB, and is not read`,
    fix: 'Divide it among several keys.',
  };
}

/** The forms of all keys that are known, but for `config.yaml`. */
export const knownKeys: readonly string[] = [
  'service.<type>',
  'service.<type>.<name>',
  'herald.service.<type>',
  'herald.service.<type>.<name>',
  ...Object.values(heads).map((each) => `${each}.<${each === 'defaultTriggers' ? 'service' : 'name'}>`),
  ...wholeNames,
];

export function unknownKey(key: string): Problem {
  return {
    key,
    severity: 'warning',
    what: 'the key is unknown and ignored',
    fix: `Known keys: ${knownKeys.join(', ')}.${meantKey(key)}`,
  };
}

function meantKey(key: string): string {
  const forms = ['service', ...Object.values(heads), ...wholeNames, legacyKey];
  const [head = '', ...rest] = key.split('.');
  if (isMeant(head, 'herald', forms)) {
    const [first = '', ...others] = rest;
    const names = isMeant(first, 'service', forms) ? others : rest;
    return ` Did you mean "herald.service.${names.join('.') || '<type>'}"?`;
  }
  if (['service', 'trigger', 'template'].includes(head)) return ` Did you mean "${head}.<name>"?`;
  return suggestion(head, forms).replace(/"\?$/, rest.length > 0 ? `.${rest.join('.')}"?` : '"?');
}

function isMeant(word: string, form: string, others: readonly string[]): boolean {
  return word === form || didYouMean(word, [form, ...others]) === form;
}

function compileContext(key: string, text: string): Made<Config['context']> {
  const document = parseYaml(text);
  const decoder = createDecoder(document, key);
  if (document.problems.length > 0) return { problems: decoder.problems };
  return {
    value: Object.fromEntries(stringMap(decoder, [], document.value)),
    problems: decoder.problems,
  };
}

/** A compiler of rules, each of which stands alone. */
function ruleByRule<T>(compile: (key: string, text: string) => CompiledRules<T>): Compile<readonly T[]> {
  return (key, text) => {
    const { rules, problems, isBroken } = compile(key, text);
    return isBroken ? { problems } : { value: rules, problems, isPartial: true };
  };
}

/** A compiler that answers what it has made under a name of its own. */
function answered<Name extends string, Answer extends { [K in Name]?: unknown } & { problems: Problem[] }>(
  name: Name,
  compile: (key: string, text: string) => Answer,
): Compile<Exclude<Answer[Name], undefined>> {
  return (key, text) => {
    const made = compile(key, text);
    return { value: made[name] as Exclude<Answer[Name], undefined> | undefined, problems: made.problems };
  };
}

function typedEntries<K extends string, T>(of: Readonly<Record<K, T>>): [K, T][] {
  return Object.entries(of) as [K, T][];
}
