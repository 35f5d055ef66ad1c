/**
 * Who wants to know: subscriptions in annotations and in the ConfigMap, and what is wrong with them. Pure; it may
 * import the ground and the schemas of services.
 */
import { createDecoder } from '../go/decode.ts';
import { field, fieldKey, parseYaml, type YamlPath } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import { parseDestination } from './destination.ts';
import { corrected } from './misspelt.ts';

/** What one annotation asks for. Without triggers the default triggers of each service apply. */
export interface AnnotationSubscription {
  triggers: readonly string[];
  service: string;
  recipients: readonly string[];
  /** Of the form in YAML: where in the value it stands. */
  at?: { triggers?: Position; service?: Position };
}

export interface ParsedAnnotation {
  subscriptions: AnnotationSubscription[];
  problems: Problem[];
}

const domain = 'notifications.argoproj.io/';
const subscribePrefix = `${domain}subscribe.`;
const yamlPrefix = `${domain}subscriptions`;
const legacySuffix = 'recipients.argocd-notifications.argoproj.io';

export type AnnotationForm = 'subscribe' | 'yaml' | 'legacy' | 'unknown';

/** undefined: the annotation is none of ours. `legacy` is read on AppProjects only, as in Argo CD. */
export function annotationForm(name: string): AnnotationForm | undefined {
  if (name.startsWith(domain)) {
    if (name.startsWith(subscribePrefix)) return 'subscribe';
    return name.startsWith(yamlPrefix) ? 'yaml' : 'unknown';
  }
  return name.endsWith(legacySuffix) ? 'legacy' : undefined;
}

/** Characters of YAML in the annotations of one object that are read: with each event they may be others. */
export const mostYaml = 32 * 1024;
/** What one annotation in YAML may ask for: a trigger, or none, and a destination each. */
export const mostEntries = 1_000;

/**
 * The annotations of an object that are ours, with their forms; those in YAML that are beyond {@link mostYaml} come as
 * problems. Values that are no strings are passed over.
 */
export function* ownAnnotations(
  annotations: Readonly<Record<string, string>>,
): Generator<{ name: string; form: AnnotationForm; value: string; problem?: Problem }> {
  let room = mostYaml;
  for (const name of Object.keys(annotations)) {
    const form = annotationForm(name);
    const value: unknown = annotations[name];
    // Those of a project are as its object holds them.
    if (form === undefined || typeof value !== 'string') continue;
    if (form === 'yaml') room -= value.length;
    yield { name, form, value, ...(form === 'yaml' && room < 0 ? { problem: tooLong(name) } : {}) };
  }
}

function tooLong(name: string): Problem {
  return problemOf(
    name,
    'error',
    `the annotations in YAML are longer than ${mostYaml / 1024} KiB together, and this one is not read`,
    'Subscribe a channel in place of its members, or write the subscriptions into the ConfigMap.',
  );
}

/**
 * One annotation of an Application or AppProject. Source: Annotations.iterate of notifications-engine, and
 * GetLegacyDestinations of argo-cd; without the destinations that the former makes up for unrelated annotations.
 */
export function parseAnnotation(form: AnnotationForm, name: string, value: string): ParsedAnnotation {
  switch (form) {
    case 'subscribe':
      return parseSubscribe(name, value);
    case 'yaml':
      return parseYamlAnnotation(name, value);
    case 'legacy':
      return parseLegacy(name, value);
    case 'unknown':
      return { subscriptions: [], problems: [unknownAnnotation(name)] };
  }
}

/** `subscribe.<trigger>.<service>: a;b` or `subscribe.<service>: a;b`. */
function parseSubscribe(name: string, value: string): ParsedAnnotation {
  const problems: Problem[] = [];
  const warn = (what: string, fix: string) => problems.push(problemOf(name, 'warning', what, fix));
  const parts = name.slice(subscribePrefix.length).split('.');
  const [first = '', second] = parts;
  const service = second ?? first;
  const trigger = second === undefined ? '' : first;
  const form = `${subscribePrefix}<trigger>.<service>`;
  if (parts.length > 2) {
    warn(
      `trigger ${JSON.stringify(first)} and service ${JSON.stringify(service)} are read, the rest of the name is ignored`,
      `Write it as ${form}; for names with dots use the annotation ${yamlPrefix}.`,
    );
  }
  if (service === '') {
    problems.push(problemOf(name, 'error', 'the annotation names no service', `Write it as ${form}.`));
    return { subscriptions: [], problems };
  }
  const recipients = value === '' ? [''] : splitTrimmed(value, ';');
  if (recipients.length === 0) warn('the value holds no recipient', 'Write recipients separated by ";".');
  return { subscriptions: [{ triggers: trigger === '' ? [] : [trigger], service, recipients }], problems };
}

/** `subscriptions`: a YAML list of `{trigger: [], destinations: [{service, recipients: []}]}`. */
function parseYamlAnnotation(name: string, value: string): ParsedAnnotation {
  try {
    return readYamlAnnotation(name, value);
  } catch (error) {
    // Text that nests beyond the stack is the only input for which the reader throws.
    if (!(error instanceof RangeError)) throw error;
    const problem = problemOf(name, 'error', 'the value is nested too deeply', 'Simplify it.');
    return { subscriptions: [], problems: [problem] };
  }
}

function readYamlAnnotation(name: string, value: string): ParsedAnnotation {
  const document = parseYaml(value);
  const decoder = createDecoder(document, keyOf(name));
  const subscriptions: AnnotationSubscription[] = [];
  const entries = document.problems.length > 0 ? [] : (decoder.list([], document.value) ?? []);
  if (entries.length === 0 && decoder.problems.length === 0) {
    decoder.report(
      [],
      'warning',
      'the annotation holds no subscription',
      'Remove it, or list subscriptions.',
    );
  }
  for (const [index, entry] of entries.entries()) {
    if (decoder.problems.length > mostEntries) break;
    const object = decoder.object([index], entry) ?? {};
    const pathOf = (...path: YamlPath) => [index, ...path];
    if (fieldKey(object, 'triggers') !== undefined && fieldKey(object, 'trigger') === undefined) {
      decoder.report(
        pathOf('triggers'),
        'warning',
        'unknown field "triggers", which is ignored: the default triggers apply',
        'Write trigger: [...].',
      );
    } else decoder.knownFields([index], object, ['trigger', 'destinations']);
    const triggerKey = fieldKey(object, 'trigger') ?? 'trigger';
    const names = decoder.strings(pathOf(triggerKey), field(object, 'trigger') ?? null) ?? [];
    const triggers = names.map(({ text }) => text);
    const destinationsKey = fieldKey(object, 'destinations') ?? 'destinations';
    const destinations = decoder.list(pathOf(destinationsKey), field(object, 'destinations') ?? null) ?? [];
    for (const [at, destination] of destinations.entries()) {
      const parsed = parseYamlDestination(pathOf(destinationsKey, at), destination);
      // An empty trigger name stands for the default triggers, as no name does.
      const lists =
        triggers.length === 0 ? [[]] : triggers.map((trigger) => (trigger === '' ? [] : [trigger]));
      const ofTriggers = document.at(pathOf(triggerKey));
      const ofService = document.at(pathOf(destinationsKey, at, 'service'));
      const places = {
        ...(ofTriggers ? { triggers: ofTriggers } : {}),
        ...(ofService ? { service: ofService } : {}),
      };
      if (!parsed) continue;
      for (const list of lists) {
        if (subscriptions.length >= mostEntries) {
          const what = `the annotation asks for more than ${mostEntries} triggers and destinations, and those beyond are left out`;
          decoder.report(pathOf(), 'error', what, 'Name the triggers that are wanted.');
          return { subscriptions, problems: decoder.problems };
        }
        subscriptions.push({ ...parsed, triggers: list, at: places });
      }
    }
  }
  return { subscriptions, problems: decoder.problems };

  function parseYamlDestination(path: YamlPath, value: Json) {
    const object: JsonObject = decoder.object(path, value) ?? {};
    decoder.knownFields(path, object, ['service', 'recipients']);
    const serviceKey = fieldKey(object, 'service') ?? 'service';
    const service = decoder.string([...path, serviceKey], field(object, 'service') ?? null) ?? '';
    const recipientsKey = fieldKey(object, 'recipients') ?? 'recipients';
    const recipients = decoder.strings([...path, recipientsKey], field(object, 'recipients') ?? null) ?? [];
    if (service === '') {
      decoder.report(
        path,
        'error',
        'a destination names no service',
        'Add service: with the name of a service.',
      );
      return undefined;
    }
    return { service, recipients: recipients.map(({ text }) => text) };
  }
}

/** `<trigger>.recipients.argocd-notifications.argoproj.io: slack:a,email:b` of AppProjects. */
function parseLegacy(name: string, value: string): ParsedAnnotation {
  const trigger = name.slice(0, -legacySuffix.length).replace(/\.+$/, '');
  const problems: Problem[] = [];
  const subscriptions: AnnotationSubscription[] = [];
  for (const text of splitTrimmed(value, ',')) {
    const { service, recipient } = parseDestination(text);
    if (service === '') {
      problems.push(
        problemOf(name, 'error', 'a recipient names no service', 'Write it as service:recipient.'),
      );
    } else
      subscriptions.push({ triggers: trigger === '' ? [] : [trigger], service, recipients: [recipient] });
  }
  return { subscriptions, problems };
}

function unknownAnnotation(name: string): Problem {
  const local = name.slice(domain.length);
  const meant = corrected(local);
  return problemOf(
    name,
    'warning',
    'the annotation is unknown and ignored',
    `Known annotations: ${subscribePrefix}<trigger>.<service>, ${yamlPrefix}.${meant === local ? '' : ` Did you mean ${domain}${meant}?`}`,
  );
}

function keyOf(name: string): string {
  return `annotation ${name}`;
}

function problemOf(name: string, severity: Problem['severity'], what: string, fix: string): Problem {
  return { key: keyOf(name), severity, what, fix };
}

/** Parts without surrounding white space (of Go's strings.TrimSpace), the empty ones dropped. */
function splitTrimmed(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.replace(goSpaceStart, '').replace(goSpaceEnd, ''))
    .filter((part) => part !== '');
}

const goSpaceStart = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const goSpaceEnd = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;
