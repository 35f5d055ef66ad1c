import { createDecoder, type Decoder } from '../go/decode.ts';
import { field, fieldKey, parseYaml, unknownFields, type YamlDocument, type YamlPath } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, Problem } from '../model.ts';

/** The key `config.yaml` from before argocd-notifications v1.1, which Argo CD still reads. */
export interface LegacyConfig {
  triggers: LegacyTrigger[];
  /** As `template.<name>` would hold them. */
  templates: { name: string; source: JsonObject; at: Position | undefined }[];
  context: Map<string, string>;
  /** As the key `subscriptions` would hold them; they replace that key. */
  subscriptions: { source: Json; at: Position | undefined } | undefined;
  problems: Problem[];
}

export interface LegacyTrigger {
  name: string;
  condition: string;
  description: string;
  template: string;
  enabled: boolean;
  at: Position | undefined;
}

export const legacyKey = 'config.yaml';

/** Source: ApplyLegacyConfig of argo-cd (util/notification/settings). Conformance: `config.json` group legacy-config. */
export function parseLegacyConfig(text: string): LegacyConfig {
  const document = parseYaml(text);
  const decoder = createDecoder(document, legacyKey);
  const root = decoder.object([], document.value) ?? {};
  decoder.knownFields([], root, ['triggers', 'templates', 'context', 'subscriptions']);
  const legacy: LegacyConfig = {
    triggers: entries(decoder, root, 'triggers').map((entry) => trigger(document, decoder, entry)),
    templates: entries(decoder, root, 'templates').map((entry) => template(document, decoder, entry)),
    context: context(decoder, root),
    subscriptions: undefined,
    problems: decoder.problems,
  };
  const subscriptions = field(root, 'subscriptions');
  if (subscriptions !== undefined && subscriptions !== null) {
    legacy.subscriptions = {
      source: subscriptions,
      at: document.keyAt([fieldKey(root, 'subscriptions') ?? '']),
    };
  }
  decoder.problems.push({
    key: legacyKey,
    severity: 'warning',
    what: 'the key config.yaml is deprecated',
    fix: 'Move its parts to trigger.<name>, template.<name>, context and subscriptions.',
  });
  return legacy;
}

/** The conditions of a `trigger.<name>` with the legacy trigger in its first place. */
export function mergeLegacyTrigger(conditions: readonly Json[], legacy: LegacyTrigger): Json[] {
  const [head, ...rest] = conditions;
  const first: JsonObject = isObject(head) ? { ...head } : {};
  const put = (name: string, value: Json) => {
    first[fieldKey(first, name) ?? name] = value;
  };
  if (legacy.condition !== '') put('when', legacy.condition);
  if (legacy.template !== '') put('send', [legacy.template]);
  if (legacy.description !== '') put('description', legacy.description);
  return [first, ...rest];
}

interface Entry {
  path: YamlPath;
  object: JsonObject;
}

function entries(decoder: Decoder, root: JsonObject, name: string): Entry[] {
  const path = [fieldKey(root, name) ?? name];
  return (decoder.list(path, field(root, name) ?? null) ?? []).map((value, index) => ({
    path: [...path, index],
    object: decoder.object([...path, index], value) ?? {},
  }));
}

function text(decoder: Decoder, { path, object }: Entry, name: string): string {
  return decoder.string([...path, fieldKey(object, name) ?? name], field(object, name) ?? null) ?? '';
}

function trigger(document: YamlDocument, decoder: Decoder, entry: Entry): LegacyTrigger {
  decoder.knownFields(entry.path, entry.object, ['name', 'condition', 'description', 'template', 'enabled']);
  const enabled = field(entry.object, 'enabled') ?? false;
  if (typeof enabled !== 'boolean') {
    decoder.report(
      [...entry.path, 'enabled'],
      'error',
      'enabled must be true or false',
      'Write true or false.',
    );
  }
  return {
    name: text(decoder, entry, 'name'),
    condition: text(decoder, entry, 'condition'),
    description: text(decoder, entry, 'description'),
    template: text(decoder, entry, 'template'),
    enabled: enabled === true,
    at: document.at(entry.path),
  };
}

/** `subject` becomes the e-mail's, `body` the message; every other field is a notification's already. */
function template(document: YamlDocument, decoder: Decoder, entry: Entry): LegacyConfig['templates'][number] {
  const own = ['name', 'subject', 'body'];
  const source: JsonObject = {};
  for (const name of unknownFields(entry.object, own)) source[name] = entry.object[name] ?? null;
  const subject = text(decoder, entry, 'subject');
  const body = text(decoder, entry, 'body');
  const email = field(source, 'email');
  if (subject !== '')
    source[fieldKey(source, 'email') ?? 'email'] = { ...(isObject(email) ? email : {}), subject };
  if (body !== '') source[fieldKey(source, 'message') ?? 'message'] = body;
  return { name: text(decoder, entry, 'name'), source, at: document.at(entry.path) };
}

function context(decoder: Decoder, root: JsonObject): Map<string, string> {
  const path = [fieldKey(root, 'context') ?? 'context'];
  return stringMap(decoder, path, field(root, 'context') ?? null);
}

/** A Go map[string]string; entries that are no strings are left out. */
export function stringMap(decoder: Decoder, path: YamlPath, value: Json): Map<string, string> {
  const map = new Map<string, string>();
  for (const [name, item] of Object.entries(decoder.object(path, value) ?? {})) {
    const text = decoder.string([...path, name], item);
    if (text !== undefined) map.set(name, text);
  }
  return map;
}
