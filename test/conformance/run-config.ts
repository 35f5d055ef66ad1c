import { type Config, parseConfig } from '../../src/config/parse-config.ts';
import { parseServiceKey, parseWithSecrets } from '../../src/config/services.ts';
import type { Problem } from '../../src/model.ts';
import { parseSelector } from '../../src/subscriptions/selector.ts';
import type { SectionTree, Template, TemplateString } from '../../src/templates/template.ts';
import type { Trigger } from '../../src/triggers/trigger.ts';
import { difference, type Verdict } from './verdict.ts';

/** A case of `config.json`. */
export interface ConfigCase {
  name: string;
  group: string;
  data: Record<string, string>;
  secret: Record<string, string>;
  expect: Expectation;
}

interface Expectation {
  parseError?: string;
  contextError?: string;
  apiError?: string;
  services?: Record<string, { type: string; options: unknown; error?: string }>;
  triggers?: Record<string, ExpectedCondition[] | null>;
  templates?: Record<string, unknown>;
  context?: Record<string, string>;
  subscriptions?: { recipients: string[] | null; triggers: string[] | null; selector?: string }[];
  defaultTriggers?: string[];
  serviceDefaultTriggers?: Record<string, string[]>;
}

interface ExpectedCondition {
  when?: string;
  oncePer?: string;
  description?: string;
  send?: string[];
}

export function runConfig(file: { cases: ConfigCase[] }): Verdict[] {
  return file.cases.map((vector) => ({
    name: vector.name,
    group: vector.group,
    ...judge(vector),
  }));
}

type Judgement = Omit<Verdict, 'name' | 'group'>;

function judge(vector: ConfigCase): Judgement {
  const { expect, data, secret } = vector;
  const config = parseConfig({ configMap: data, secret });
  const errors = config.problems.filter(({ severity }) => severity === 'error');
  const services = compareServices(vector, config);
  if (services !== undefined) return { status: 'failed', detail: services };
  if (expect.parseError ?? expect.contextError ?? expect.apiError)
    return judgeRejected(vector, config, errors);
  const differs = compareRest(expect, config);
  if (differs !== undefined) return { status: 'failed', detail: differs };
  const [error] = errors;
  if (!error) return { status: 'passed' };
  const detail = stricter(error);
  return detail
    ? { status: 'documented', detail }
    : { status: 'failed', detail: `${error.key}: ${error.what}` };
}

/** The engine refuses the whole ConfigMap. */
function judgeRejected({ data, expect }: ConfigCase, config: Config, errors: Problem[]): Judgement {
  const unplaced = errors.find(({ key, line }) => line === undefined && !key.startsWith('service.'));
  if (unplaced) return { status: 'failed', detail: `${unplaced.key}: an error without a line` };
  if (errors.some(({ key }) => key in data)) {
    return { status: 'documented', detail: 'c: the bad key is reported, the rest of the ConfigMap works' };
  }
  if (config.services.has('console')) return { status: 'documented', detail: 'console is a service of ours' };
  if (config.problems.some(({ what }) => what.endsWith(' must be a whole number'))) {
    return { status: 'documented', detail: 'an option without effect here is a warning' };
  }
  if (/string into Go struct field \S+ of type int$/.test(expect.apiError ?? '')) {
    return { status: 'documented', detail: 'a whole number may be written as text' };
  }
  if (expect.contextError && config.subscriptions.length > 0 && 'config.yaml' in data) {
    return { status: 'documented', detail: 'legacy subscriptions work without the key subscriptions, too' };
  }
  return { status: 'failed', detail: 'the engine refuses the ConfigMap, and no error is reported' };
}

/** How the error ends of a trigger that works, and sends a template that nothing defines. */
export const sendsNothing = 'is not defined, so nothing can be sent';

/** Errors where the engine starts and then fails to send. */
function stricter({ key, what }: Problem): string | undefined {
  if (what.endsWith(sendsNothing))
    return 'a template that nothing defines is an error of the trigger that sends it';
  if (!key.startsWith('service.')) return undefined;
  if (what.includes('refers to a key'))
    return 'a key that the Secret does not have disables the service: no $key is sent';
  if (
    /is missing|is no http|names a key|holds spaces|no header name|header holds|is no RSA key|is no id/.test(
      what,
    )
  ) {
    return 'options with which nothing can be sent are an error';
  }
  return undefined;
}

/** Type, name and options after substitution, by the functions that parseConfig uses for each key. */
function compareServices({ data, secret, expect }: ConfigCase, config: Config): string | undefined {
  const found: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(data)) {
    const name = key.startsWith('service.') ? parseServiceKey(key) : undefined;
    if (!name || expect.parseError) continue;
    const { document } = parseWithSecrets(text, { name: 'secret', data: secret, others: new Map() });
    found[name.name] = { type: name.type, options: document.value };
    const used = config.services.get(name.name);
    const differs = used && difference(`options in force of ${name.name}`, document.value, used.options);
    if (differs) return differs;
    const isBad = config.problems.some((problem) => problem.key === key && problem.severity === 'error');
    if (!used && !isBad) return `${key} is not in force, and no error is reported`;
  }
  for (const name of Object.keys(expect.services ?? {})) {
    // Of the Secret's notifiers.yaml, which no key of the ConfigMap names.
    const legacy = name in found ? undefined : config.services.get(name);
    if (legacy) found[name] = { type: legacy.type, options: legacy.options };
  }
  for (const [name, { type, options }] of Object.entries(expect.services ?? {}))
    wanted[name] = { type, options };
  return difference('services', wanted, found);
}

function compareRest(expect: Expectation, config: Config): string | undefined {
  return (
    difference(
      'triggers',
      mapValues(expect.triggers, (conditions) => (conditions ?? []).map(condition)),
      Object.fromEntries([...config.triggers].map(([name, trigger]) => [name, ofTrigger(trigger)])),
    ) ??
    difference(
      'templates',
      mapValues(expect.templates, meaningful),
      Object.fromEntries([...config.templates].map(([name, template]) => [name, ofTemplate(template)])),
    ) ??
    difference('context', expect.context ?? {}, config.context) ??
    difference(
      'defaultTriggers',
      expect.defaultTriggers ?? [],
      config.defaultTriggers.map(({ name }) => name),
    ) ??
    difference(
      'serviceDefaultTriggers',
      expect.serviceDefaultTriggers ?? {},
      Object.fromEntries(
        [...config.defaultTriggersByService].map(([name, list]) => [name, list.map((one) => one.name)]),
      ),
    ) ??
    compareSubscriptions(expect, config)
  );
}

function compareSubscriptions(expect: Expectation, config: Config): string | undefined {
  const wanted = (expect.subscriptions ?? []).map(({ recipients, triggers, selector }) => ({
    recipients: recipients ?? [],
    triggers: triggers ?? [],
    selector: describeSelector(selector ?? ''),
  }));
  const found = config.subscriptions.map(({ destinations, triggers, selector }) => ({
    recipients: destinations.map(({ service, recipient }) =>
      recipient === '' ? service : `${service}:${recipient}`,
    ),
    triggers: triggers.map(({ name }) => name),
    selector: probe(selector),
  }));
  return difference('subscriptions', wanted, found);
}

type Selector = Config['subscriptions'][number]['selector'];

function describeSelector(text: string): unknown {
  const parsed = parseSelector(text);
  return parsed.ok ? probe(parsed.selector) : parsed.error;
}

/** Selectors compare by what they look at and what they say of a few sets of labels. */
function probe(selector: Selector): unknown {
  const values = ['', 'a', 'b', 'prod', 'dev', '1', '9'];
  const answers = values.map((value) =>
    selector.matches(Object.fromEntries(selector.keys.map((key) => [key, value]))),
  );
  return { keys: [...selector.keys].sort(), answers, none: selector.matches({}) };
}

function condition({ when = '', oncePer = '', description = '', send = [] }: ExpectedCondition): unknown {
  return { when, oncePer, description, send };
}

function ofTrigger(trigger: Trigger): unknown {
  return trigger.conditions.map(({ when, oncePer = '', description = '', send }) =>
    condition({ when, oncePer, description, send }),
  );
}

function ofTemplate({ message, sections }: Template): unknown {
  const tree = Object.fromEntries([...sections].map(([type, section]) => [type, plain(section)]));
  return meaningful({ message: message?.source ?? '', ...tree });
}

function plain(tree: SectionTree | undefined): unknown {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (isTemplateString(tree)) return tree.source;
  if (Array.isArray(tree)) return tree.map(plain);
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, plain(item as SectionTree)]));
}

function isTemplateString(tree: object): tree is TemplateString {
  return 'render' in tree && typeof tree.render === 'function';
}

/** Without the zero values that Go writes out, or leaves out. */
function meaningful(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value)
    .map(([name, item]) => [name, meaningful(item)] as const)
    .filter(
      ([name, item]) =>
        item !== '' && item !== false && item !== null && !(name === 'deliveryPolicy' && item === 'Post'),
    );
  return Object.fromEntries(entries);
}

function mapValues<T>(
  record: Record<string, T> | undefined,
  map: (value: T) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, map(value)]));
}
