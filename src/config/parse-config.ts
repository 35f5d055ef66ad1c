/**
 * The whole of one configuration, key by key: longer than most files because it is the one place that knows every key.
 */
import { createDecoder } from '../go/decode.ts';
import { suggestion } from '../go/did-you-mean.ts';
import { field, fieldKey, parseYaml, type YamlPath } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import type { Json, Problem } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import {
  compileDefaultTriggers,
  compileSubscriptions,
  createAnnotationCache,
  type GlobalSubscription,
  type TriggerList,
} from '../subscriptions/schema.ts';
import type { Template } from '../templates/template.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { createWebhookNameCheck } from './check-sections.ts';
import { type Compilers, languages } from './compilers.ts';
import type { ArgocdOptions, Config, ServiceConfig, Source } from './config.ts';
import type { InspectedConfig } from './inspect.ts';
import { type LegacyConfig, mergeLegacyTrigger, parseLegacyConfig, stringMap } from './legacy.ts';
import { parseLegacyServices } from './legacy-services.ts';
import {
  checkSubscriptions,
  checkTrigger,
  checkTriggerList,
  createSuggest,
  type Definitions,
} from './references.ts';
import type { SecretData, SecretSource } from './secrets.ts';
import {
  parseService,
  parseServiceKey,
  parseWithSecrets,
  refusedHost,
  reportReferences,
} from './services.ts';

export type { Config };

export interface ConfigInput {
  /** `data` of the ConfigMap; undefined while there is none, which leaves everything empty. */
  configMap: Readonly<Record<string, string>> | undefined;
  /** `data` of the Secret; undefined: not known, so that references to it are no problems. */
  secret: SecretData | undefined;
  /** Other Secrets labelled `app.kubernetes.io/part-of: argocd`, by name, for `$name:key`. */
  secrets?: ReadonlyMap<string, SecretData>;
  /** For messages. */
  secretName?: string;
  /** Of a tenant: what it does not configure, the controller's configuration may. */
  isTenant?: boolean;
  /** Of a tenant: what its services may connect to. Absent: everything. */
  addresses?: AddressPolicy;
  /** Says more of it, as `inspectConfig` does. */
  inspect?: (config: InspectedConfig) => Problem[];
  /** The configuration that this one replaces: its unchanged keys are taken over, its good ones stand in for bad ones. */
  previous?: Config;
}

interface Made<T> {
  value?: T | undefined;
  problems: Problem[];
}

/**
 * Reads a ConfigMap and its Secrets. Each key stands alone: a bad one is a problem and disables itself only, and what
 * it said last while it was good stays in force. Never throws for any input. Keys that have not changed are not
 * compiled again. Conformance: `config.json`.
 */
export function parseConfig(input: ConfigInput, compilers: Compilers = languages): Config {
  return drained(parseInTurns(input, compilers));
}

/**
 * `parseConfig` in pieces, so that other work gets its turn between them: yields the characters that were read, key by
 * key. A key of a trigger or a template is at most {@link longestKey} characters.
 */
export function* parseInTurns(
  input: ConfigInput,
  compilers: Compilers = languages,
): Generator<number, Config> {
  const { previous, addresses } = input;
  const data = input.configMap ?? {};
  const secrets: SecretSource = {
    name: input.secretName ?? 'argocd-notifications-secret',
    data: input.secret,
    others: input.secrets ?? new Map(),
  };
  const sources = new Map<string, Source<unknown>>();
  const services = new Map<string, ServiceConfig>();
  const triggers = new Map<string, Trigger>();
  const templates = new Map<string, Template>();
  const defaultTriggersByService = new Map<string, TriggerList>();
  const secretKeys = new Set<string>();
  const problems: Problem[] = [];
  const serviceNames = new Map<string, string>();
  /** Characters since the last turn. */
  let read = 0;
  const turn = (): number => {
    const size = read + aroundKey;
    read = 0;
    return size;
  };

  const legacyText = data[legacyKey] ?? '';
  const legacy = legacyText === '' ? undefined : remember(legacyKey, legacyText, () => ofLegacy(legacyText));
  const texts = yield* textsOf(data, legacy);

  /** The answer for a key: the previous one for the same input, else a new one, else the last good one. */
  function remember<T>(key: string, from: string, make: () => Made<T>): Source<T> {
    const before = previous?.sources.get(key) as Source<T> | undefined;
    const isKnown = before?.input === from;
    const source = isKnown ? before : replace(before, from, guarded(key, make));
    if (!isKnown) read += from.length;
    sources.set(key, source);
    problems.push(...source.problems);
    return source;
  }

  function readText<T>(key: string, make: (text: string) => Made<T>): T | undefined {
    const source = texts.get(key);
    if (!source) return undefined;
    return remember(key, source.input, () => {
      const made = make(source.text);
      return source.origin
        ? { ...made, problems: made.problems.map((problem) => moved(problem, source)) }
        : made;
    }).value;
  }

  function readService(key: string): void {
    read += (data[key] ?? '').length;
    const parsed = parseService(key, data[key] ?? '', secrets, addresses);
    for (const name of parsed.secretKeys) secretKeys.add(name);
    useService(key, parseServiceKey(key)?.name, parsed);
  }

  /** Options depend on Secrets, so that they are always read anew; equal ones keep the object that was in force. */
  function useService(
    key: string,
    name: string | undefined,
    parsed: Made<ServiceConfig> & { service?: ServiceConfig },
  ): void {
    const before = previous?.sources.get(key) as Source<ServiceConfig> | undefined;
    const made = parsed.service && { ...parsed.service, ...(addresses && { addresses }) };
    const same = JSON.stringify(made) === JSON.stringify(before?.value) ? before?.value : undefined;
    const source = replace(before, '', { value: same ?? made, problems: parsed.problems });
    sources.set(key, source);
    problems.push(...source.problems);
    if (name === undefined) return;
    const other = serviceNames.get(name);
    if (other !== undefined) {
      const what = `${other} has the name ${JSON.stringify(name)} already, so this service is ignored`;
      problems.push({
        key,
        severity: 'warning',
        what,
        fix: 'Give one of them another name: service.<type>.<name>.',
      });
      return;
    }
    serviceNames.set(name, key);
    if (source.value) services.set(name, source.value);
  }

  for (const [name, parsed] of parseLegacyServices(input.secret))
    useService(`${legacyServicesKey}/${name}`, name, parsed);
  for (const key of [...texts.keys()].sort()) {
    yield turn();
    const name = key.slice(key.indexOf('.') + 1);
    if (isTooLong(key, texts.get(key))) problems.push(tooLong(key));
    else if (/^(?:herald\.)?service\./.test(key)) readService(key);
    else if (key.startsWith('trigger.')) {
      const trigger = readText(key, (text) => {
        const compiled = compilers.compileTrigger(name, text);
        return { value: compiled.trigger, problems: compiled.problems };
      });
      if (trigger) triggers.set(name, trigger);
    } else if (key.startsWith('template.')) {
      const template = readText(key, (text) => {
        const compiled = compilers.compileTemplate(name, text);
        return { value: compiled.template, problems: compiled.problems };
      });
      if (template) templates.set(name, template);
    } else if (key.startsWith('defaultTriggers.')) {
      const list = readText(key, (text) => ofTriggers(key, text));
      if (list) defaultTriggersByService.set(name, list);
    } else if (!knownKeys.includes(key)) problems.push(unknownKey(key));
  }

  const ownDefaults = readText('defaultTriggers', (text) => ofTriggers('defaultTriggers', text)) ?? [];
  const enabled = legacy?.value?.triggers.filter((trigger) => trigger.enabled) ?? [];
  const defaultTriggers = [...ownDefaults, ...enabled.map(({ name, at }) => ({ name, ...(at && { at }) }))];
  const subscriptions = readText<GlobalSubscription[]>('subscriptions', (text) => {
    const compiled = compileSubscriptions('subscriptions', text);
    return { value: compiled.subscriptions, problems: compiled.problems };
  });
  const context = new Map(readText('context', ofContext));
  for (const [name, value] of legacy?.value?.context ?? []) context.set(name, value);
  const argocd = data.argocd === undefined ? undefined : readArgocd(data.argocd);

  function readArgocd(text: string): ArgocdOptions | undefined {
    const parsed = parseArgocd(text, secrets, addresses);
    for (const name of parsed.secretKeys) secretKeys.add(name);
    const source = replace(previous?.sources.get('argocd') as Source<ArgocdOptions> | undefined, '', parsed);
    sources.set('argocd', source);
    problems.push(...source.problems);
    return source.value;
  }

  const definitions: Definitions = {
    services,
    triggers,
    serviceNames: new Set(serviceNames.keys()),
    triggerNames: namesWith(texts.keys(), 'trigger.'),
    templateNames: namesWith(texts.keys(), 'template.'),
    suggest: createSuggest(100),
  };
  const textOf = (key: string) => texts.get(key)?.text;
  const inspected: InspectedConfig = {
    ...definitions,
    templates,
    defaultTriggers,
    defaultTriggersByService,
    subscriptions: subscriptions ?? [],
    context: Object.fromEntries(context),
    textOf,
  };
  const references: Problem[] = [];
  yield turn();
  for (const trigger of triggers.values()) {
    const found = checkTrigger(trigger, definitions, textOf);
    // Where something is found, the text is read again for its place.
    if (found.length > 0) yield textOf(`trigger.${trigger.name}`)?.length ?? 0;
    references.push(...found);
  }
  const checkWebhookNames = createWebhookNameCheck(inspected, textOf);
  for (const template of input.isTenant ? [] : templates.values()) {
    const found = checkWebhookNames(template);
    if (found.length > 0) yield textOf(`template.${template.name}`)?.length ?? 0;
    references.push(...found);
  }
  references.push(...checkTriggerList('defaultTriggers', ownDefaults, definitions));
  for (const [name, list] of defaultTriggersByService)
    references.push(...checkTriggerList(`defaultTriggers.${name}`, list, definitions));
  const hasDefaults = defaultTriggers.length > 0;
  references.push(...checkSubscriptions('subscriptions', subscriptions ?? [], definitions, hasDefaults));
  references.push(...(input.inspect?.(inspected) ?? []));
  yield turn();
  for (const problem of references) {
    // What an earlier version refers to is told once its key can be read again: its places are not in this text.
    if (sources.get(problem.key)?.isEarlier) continue;
    const source = texts.get(problem.key);
    problems.push(source?.origin ? moved(problem, source) : problem);
  }

  return {
    services,
    triggers,
    templates,
    defaultTriggers,
    defaultTriggersByService,
    subscriptions: subscriptions ?? [],
    context: Object.fromEntries(context),
    argocd,
    annotations: previous?.annotations ?? createAnnotationCache(),
    problems: limited(problems.sort(byPlace)),
    secretKeys: [...secretKeys].sort(),
    sources,
  };
}

const legacyKey = 'config.yaml';
const legacyServicesKey = 'notifiers.yaml';
const knownKeys = ['subscriptions', 'defaultTriggers', 'context', 'argocd', legacyKey];

/** Characters of a key of a trigger or a template: to compile them takes up to a quarter of a second. */
export const longestKey = 96 * 1024;
/** Characters for whatever is around the text of a key. */
const aroundKey = 100;

function isTooLong(key: string, source: TextSource | undefined): boolean {
  return /^(?:trigger|template)\./.test(key) && (source?.text.length ?? 0) > longestKey;
}

function tooLong(key: string): Problem {
  return {
    key,
    severity: 'error',
    what: `the key is longer than ${longestKey / 1024} KiB, and is not read`,
    fix: 'Divide it among several keys.',
  };
}

function drained<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as T;
  }
}

function replace<T>(before: Source<T> | undefined, input: string, made: Made<T>): Source<T> {
  const failed = made.problems.some((problem) => problem.severity === 'error');
  if (!failed || !before?.good) {
    return { input, value: made.value, good: !failed && made.value !== undefined, problems: made.problems };
  }
  const problems = made.problems.map((problem) =>
    problem.severity === 'error'
      ? { ...problem, what: `${problem.what}; the previous version stays in force` }
      : problem,
  );
  return { input, value: before.value, good: true, isEarlier: true, problems };
}

/** Text that nests beyond the stack is the only input for which compilers throw. */
function guarded<T>(key: string, make: () => Made<T>): Made<T> {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      problems: [{ key, severity: 'error', what: 'the value is nested too deeply', fix: 'Simplify it.' }],
    };
  }
}

interface TextSource {
  text: string;
  /** What `text` depends on. */
  input: string;
  /** `config.yaml` in place of the key. */
  origin?: true;
  at?: Position;
}

/** The text of each key, with what `config.yaml` puts over it. */
function* textsOf(
  data: Readonly<Record<string, string>>,
  legacy: Source<LegacyConfig> | undefined,
): Generator<number, Map<string, TextSource>> {
  const texts = new Map<string, TextSource>(
    Object.entries(data).map(([key, text]) => [key, { text, input: text }]),
  );
  const { triggers = [], templates = [], subscriptions } = legacy?.value ?? {};
  const put = (key: string, source: Json, place: Position | undefined) => {
    const text = JSON.stringify(source);
    const at = legacy?.isEarlier ? undefined : place;
    // Its problems name the place, which may change alone.
    const input = `${legacyKey} ${at?.line} ${at?.column}\n${text}`;
    texts.set(key, { text, input, origin: true, ...(at && { at }) });
  };
  for (const trigger of triggers) {
    const key = `trigger.${trigger.name}`;
    const replaced = texts.get(key)?.text ?? '';
    const conditions = isTooLong(key, texts.get(key)) ? null : parseYaml(replaced).value;
    yield replaced.length;
    put(key, mergeLegacyTrigger(Array.isArray(conditions) ? conditions : [], trigger), trigger.at);
  }
  for (const { name, source, at } of templates) put(`template.${name}`, source, at);
  if (subscriptions) put('subscriptions', subscriptions.source, subscriptions.at);
  return texts;
}

/** A problem of text that came from `config.yaml`: only the entry's place is known there. */
function moved({ line: _line, column: _column, ...problem }: Problem, source: TextSource): Problem {
  return { ...problem, key: legacyKey, ...source.at, what: `${problem.key}: ${problem.what}` };
}

function ofLegacy(text: string): Made<LegacyConfig> {
  const legacy = parseLegacyConfig(text);
  return { value: legacy, problems: legacy.problems };
}

function ofTriggers(key: string, text: string): Made<TriggerList> {
  const { triggers, problems } = compileDefaultTriggers(key, text);
  return { value: triggers, problems };
}

function ofContext(text: string): Made<Map<string, string>> {
  const document = parseYaml(text);
  const decoder = createDecoder(document, 'context');
  if (document.problems.length > 0) return { problems: decoder.problems };
  return { value: stringMap(decoder, [], document.value), problems: decoder.problems };
}

function parseArgocd(
  text: string,
  secrets: SecretSource,
  addresses: AddressPolicy | undefined,
): Made<ArgocdOptions> & { secretKeys: string[] } {
  const { document, references, hide } = parseWithSecrets(text, secrets);
  const decoder = createDecoder(document, 'argocd');
  reportReferences(decoder, 'argocd', references);
  const object = decoder.object([], document.value) ?? {};
  decoder.knownFields([], object, ['url', 'token', 'insecureSkipVerify']);
  const at = (name: string): YamlPath => [fieldKey(object, name) ?? name];
  const string = (name: string) => decoder.string(at(name), field(object, name) ?? null) ?? '';
  const value = {
    url: string('url'),
    token: string('token'),
    insecureSkipVerify: field(object, 'insecureSkipVerify') === true,
    ...(addresses && { addresses }),
  };
  const unresolved = references.some((reference) => !reference.resolved);
  if (!unresolved && document.problems.length === 0 && !/^https?:\/\/[^/?#\s]/.test(value.url)) {
    decoder.report(
      at('url'),
      'error',
      'url is no http(s) URL',
      'Write the address of Argo CD, such as https://argocd.example.com.',
    );
  }
  const refused = addresses && refusedHost(value.url, addresses);
  if (refused !== undefined) decoder.report(at('url'), 'error', refused.what, refused.fix);
  const problems = decoder.problems.map((problem) => ({
    ...problem,
    what: hide(problem.what),
    fix: hide(problem.fix),
  }));
  const secretKeys = [...new Set(references.map((reference) => reference.name))];
  const failed = problems.some((problem) => problem.severity === 'error');
  return failed ? { problems, secretKeys } : { value, problems, secretKeys };
}

function unknownKey(key: string): Problem {
  const forms = ['service', 'trigger', 'template', ...knownKeys];
  const [head = '', ...rest] = key.split('.');
  const exact = ['service', 'trigger', 'template'].includes(head) ? ` Did you mean "${head}.<name>"?` : '';
  const meant =
    exact || suggestion(head, forms).replace(/"\?$/, rest.length > 0 ? `.${rest.join('.')}"?` : '"?');
  return {
    key,
    severity: 'warning',
    what: 'the key is unknown and ignored',
    fix: `Known keys: service.<type>, service.<type>.<name>, herald.service.<type>, trigger.<name>, template.<name>, defaultTriggers, defaultTriggers.<service>, subscriptions, context, argocd.${meant}`,
  };
}

function namesWith(keys: Iterable<string>, prefix: string): Set<string> {
  const names = new Set<string>();
  for (const key of keys) if (key.startsWith(prefix)) names.add(key.slice(prefix.length));
  return names;
}

/** At most so many problems a key are told one by one; the errors among them first. */
const maxProblems = 50;

function limited(problems: readonly Problem[]): Problem[] {
  const kept: Problem[] = [];
  for (const [key, all] of Map.groupBy(problems, (problem) => problem.key)) {
    if (all.length <= maxProblems) {
      kept.push(...all);
      continue;
    }
    const worst = all.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
    const what = `${all.length - maxProblems} more problems are not shown`;
    kept.push(...worst.slice(0, maxProblems).sort(byPlace));
    kept.push({ key, severity: 'warning', what, fix: 'Correct those that are shown first.' });
  }
  return kept;
}

function byPlace(a: Problem, b: Problem): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
