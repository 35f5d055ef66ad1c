import { createDecoder, type Decoder } from '../go/decode.ts';
import { field, fieldKey, parseYaml, type YamlDocument, type YamlPath } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import { isObject } from '../json.ts';
import type { Destination, Json, Problem } from '../model.ts';
import { type AnnotationForm, type ParsedAnnotation, parseAnnotation } from './annotations.ts';
import { parseDestination } from './destination.ts';
import { parseSelector, type Selector } from './selector.ts';

/** The part of a Config that decides who is subscribed to what. */
export interface SubscriptionConfig {
  readonly subscriptions: readonly GlobalSubscription[];
  readonly defaultTriggers: TriggerList;
  readonly defaultTriggersByService: ReadonlyMap<string, TriggerList>;
  /** What annotation texts say; it lives as long as the configuration, and its successors share it. */
  readonly annotations: AnnotationCache;
}

/** Remembers parsed `subscriptions` annotations by their text. Bounded. */
export interface AnnotationCache {
  parse(form: AnnotationForm, name: string, value: string): ParsedAnnotation;
}

/** An entry of the ConfigMap's `subscriptions`. */
export interface GlobalSubscription {
  destinations: Located<Destination>[];
  /** Empty: the default triggers. */
  triggers: Located<{ name: string }>[];
  selector: Selector;
}

/** With its place in the value of the key. */
export type Located<T> = T & { at?: Position };

export type TriggerList = Located<{ name: string }>[];

export const subscriptionFields = ['recipients', 'triggers', 'selector'];

/** The key `subscriptions`. Entries with an error are left out. Source: DefaultSubscription of notifications-engine. */
export function compileSubscriptions(
  key: string,
  text: string,
): { subscriptions: GlobalSubscription[]; problems: Problem[] } {
  const document = parseYaml(text);
  const decoder = createDecoder(document, key, { strictStrings: true });
  const subscriptions: GlobalSubscription[] = [];
  for (const [index, entry] of (decoder.list([], document.value) ?? []).entries()) {
    if (entry === null) continue;
    const before = errorCount(decoder);
    const subscription = compileSubscription(document, decoder, [index], entry);
    if (errorCount(decoder) === before) subscriptions.push(subscription);
  }
  return { subscriptions, problems: decoder.problems };
}

/** The keys `defaultTriggers` and `defaultTriggers.<service>`. */
export function compileDefaultTriggers(
  key: string,
  text: string,
): { triggers: TriggerList | undefined; problems: Problem[] } {
  const document = parseYaml(text);
  const decoder = createDecoder(document, key);
  const names = document.problems.length > 0 ? undefined : decoder.strings([], document.value);
  const triggers = names?.map(({ text, index }) => ({ name: text, ...located(document, [index]) }));
  return { triggers, problems: decoder.problems };
}

function compileSubscription(
  document: YamlDocument,
  decoder: Decoder,
  path: YamlPath,
  entry: Json,
): GlobalSubscription {
  const object = decoder.object(path, entry) ?? {};
  decoder.knownFields(path, object, subscriptionFields);
  const pathOf = (name: string) => [...path, fieldKey(object, name) ?? name];
  const recipients = decoder.strings(pathOf('recipients'), field(object, 'recipients') ?? null) ?? [];
  const triggers = decoder.strings(pathOf('triggers'), field(object, 'triggers') ?? null) ?? [];
  const subscription: GlobalSubscription = {
    destinations: [],
    triggers: triggers.map(({ text, index }) => ({
      name: text,
      ...located(document, [...pathOf('triggers'), index]),
    })),
    selector: compileSelector(decoder, pathOf('selector'), field(object, 'selector') ?? null),
  };
  for (const { text, index } of recipients) {
    const at = [...pathOf('recipients'), index];
    const destination = parseDestination(text);
    if (destination.service === '') {
      decoder.report(at, 'warning', 'a recipient names no service', 'Write it as service:recipient.');
    } else subscription.destinations.push({ ...destination, ...located(document, at) });
  }
  if (recipients.length === 0 && fieldKey(object, 'recipients') === undefined) {
    decoder.report(
      path,
      'warning',
      'the subscription has no recipients',
      'Add recipients: [service:recipient].',
    );
  }
  return subscription;
}

function compileSelector(decoder: Decoder, path: YamlPath, value: Json): Selector {
  const everything: Selector = { keys: [], matches: () => true };
  if (isObject(value)) {
    decoder.report(
      path,
      'error',
      'selector must be a string, not a mapping',
      'Write it as in kubectl: env=prod,team in (a,b).',
    );
    return everything;
  }
  const text = decoder.string(path, value);
  if (text === undefined) return everything;
  const parsed = parseSelector(text);
  if (parsed.ok) return parsed.selector;
  decoder.report(
    path,
    'error',
    `selector ${JSON.stringify(text)}: ${parsed.error}`,
    'Write it as in kubectl: env=prod,team in (a,b),!legacy.',
    { line: 1, column: parsed.column },
  );
  return everything;
}

function located(document: YamlDocument, path: YamlPath): { at?: Position } {
  const at = document.at(path);
  return at ? { at } : {};
}

function errorCount(decoder: Decoder): number {
  return decoder.problems.filter((problem) => problem.severity === 'error').length;
}

/** `capacity`: characters of all remembered texts; the oldest are forgotten first. */
export function createAnnotationCache(capacity = 20_000_000): AnnotationCache {
  const known = new Map<string, { name: string; parsed: ParsedAnnotation }>();
  let size = 0;
  return {
    parse(form, name, value) {
      // The other forms cost less to parse than to remember.
      if (form !== 'yaml') return parseAnnotation(form, name, value);
      const found = known.get(value);
      if (found?.name === name) return found.parsed;
      const parsed = parseAnnotation(form, name, value);
      if (!found) size += value.length;
      known.set(value, { name, parsed });
      for (const oldest of known.keys()) {
        if (size <= capacity) break;
        known.delete(oldest);
        size -= oldest.length;
      }
      return parsed;
    },
  };
}
