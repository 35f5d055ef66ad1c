import { createDecoder, type Decoder } from '../go/decode.ts';
import { didYouMean } from '../go/did-you-mean.ts';
import { fieldKey, parseYaml, type YamlDocument, type YamlPath } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import { isObject } from '../json.ts';
import type { JsonObject, Problem } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import { serverUrls } from '../net/server-urls.ts';
import { type TextKind, textsIn } from '../services/fields.ts';
import { type ServiceSchema, validateOptions } from '../services/schema.ts';
import { schemaOf, schemas, serviceKeyOf } from '../services/schemas.ts';
import type { ServiceConfig } from './config.ts';
import { type Reference, type SecretSource, substituteSecrets } from './secrets.ts';
import { checkTemplateTags } from './template-tags.ts';

export interface ParsedService {
  /** Absent when an error forbids its use. */
  service?: ServiceConfig;
  problems: Problem[];
  /** Names of the Secret's keys that it refers to. */
  secretKeys: string[];
}

/**
 * Type and name of a `service.…` key; undefined with four parts or more. One that begins with `herald.` is passed over
 * by argocd-notifications, which may read the same ConfigMap.
 */
export function parseServiceKey(key: string): { type: string; name: string } | undefined {
  const [, type = '', name, ...rest] = key.replace(/^herald\./, '').split('.');
  return rest.length > 0 ? undefined : { type, name: name ?? type };
}

/**
 * One `service.…` key. References to the Secret are replaced first; one that cannot be resolved disables the service,
 * so that no `$key` is ever sent as a token. Conformance: `config.json` groups services-secrets, service-keys.
 */
export function parseService(
  key: string,
  text: string,
  secrets: SecretSource,
  addresses?: AddressPolicy,
): ParsedService {
  const { document, references, hide } = parseWithSecrets(text, secrets);
  const decoder = createDecoder(document, key);
  const secretKeys = [...new Set(references.map((reference) => reference.name))];
  const name = parseServiceKey(key);
  const schema = name && schemaOf(name.type);
  let settings: unknown;
  if (!name) {
    const fix = 'Write it as service.<type> or service.<type>.<name>; names hold no dots.';
    decoder.problems.unshift({ key, severity: 'error', what: 'the key has too many parts', fix });
  } else {
    reportReferences(decoder, key, references, schema && harmlessPlaces(document, schema));
    if (schema === undefined) decoder.problems.push(unknownType(key, name.type));
    else if (document.problems.length === 0) {
      settings = readSettings(decoder, document, key, schema, references);
      if (addresses) checkAddresses(decoder, document, schema, settings, addresses);
    }
    if (schema?.isHeraldOnly && !key.startsWith('herald.')) decoder.problems.push(heraldOnly(key, name.type));
    const tags = checkTemplateTags(key, text);
    // Where tags break the YAML, they are what is to be mended.
    if (tags.length > 0 && document.problems.length > 0) decoder.problems.length = 0;
    const severity = document.problems.length > 0 ? 'error' : 'warning';
    decoder.problems.push(...tags.map((tag) => ({ ...tag, severity }) as const));
  }
  const problems = decoder.problems.map((problem) => ({
    ...problem,
    what: hide(problem.what),
    fix: hide(problem.fix),
  }));
  if (!name || problems.some((problem) => problem.severity === 'error')) return { problems, secretKeys };
  const service = { key, ...name, options: document.value, settings };
  return { service, problems, secretKeys };
}

interface SubstitutedDocument {
  document: YamlDocument;
  references: Reference[];
  /** Puts the reference back where a message quotes a key that holds a value of the Secret. */
  hide(message: string): string;
}

/** A YAML text with the Secret's values in place of references. */
export function parseWithSecrets(text: string, secrets: SecretSource): SubstitutedDocument {
  const references: Reference[] = [];
  const secretNames = new Map<string, string>();
  const document = parseYaml(text, {
    slashEscape: true,
    replace(value, at, place) {
      const replaced = substituteSecrets(value, at, secrets, (reference) => references.push(reference));
      if (place === 'key' && replaced !== value && replaced !== '') secretNames.set(replaced, value);
      return replaced;
    },
  });
  return {
    document,
    references,
    hide(message) {
      let hidden = message;
      for (const [name, reference] of secretNames) {
        // A value with a line break at its end is quoted with an escape in its place.
        for (const form of [JSON.stringify(name).slice(1, -1), name])
          hidden = hidden.replaceAll(form, reference);
      }
      return hidden;
    },
  };
}

export function reportReferences(
  decoder: Decoder,
  key: string,
  references: readonly Reference[],
  harmless: readonly Position[] = [],
): void {
  const seen = new Set<string>();
  for (const { name, at, missing, withinWord, endsInLineBreak } of references) {
    const identity = `${name} ${at.line} ${at.column}`;
    if (seen.has(identity)) continue;
    seen.add(identity);
    if (missing) {
      const mild = withinWord || harmless.some((place) => isSame(place, at));
      decoder.problems.push({ key, severity: mild ? 'warning' : 'error', ...at, ...missing });
    } else if (endsInLineBreak) {
      decoder.problems.push({
        key,
        severity: 'warning',
        ...at,
        what: `the Secret's value of ${name} ends in a line break, which becomes part of the option`,
        fix: 'Create it without one, for example with echo -n or printf.',
      });
    }
  }
}

/** Where a reference that cannot be resolved is no reason not to send: nobody is authenticated by these. */
function harmlessPlaces(document: YamlDocument, { options }: ServiceSchema): Position[] {
  const { value } = document;
  if (!isObject(value)) return [];
  return Object.entries(options)
    .flatMap(([name, field]): YamlPath[] => {
      const key = fieldKey(value, name);
      if (key === undefined) return [];
      const entries = value[key];
      // An entry that cannot be used is left out, and the others are not.
      if (field.kind === 'map' && isObject(entries ?? null))
        return Object.keys(entries as JsonObject).map((entry) => [key, entry]);
      return field.harmless ? [[key]] : [];
    })
    .map((path) => document.at(path))
    .filter((at) => at !== undefined);
}

/** undefined where an error forbids the use of the options. */
function readSettings(
  decoder: Decoder,
  document: YamlDocument,
  key: string,
  schema: ServiceSchema,
  references: readonly Reference[],
): unknown {
  const { options, problems } = validateOptions(schema, document.value);
  const unresolved = references.filter((reference) => !reference.resolved).map((reference) => reference.at);
  const told = new Set<string>();
  for (const { path, what, fix, severity, isAboutName = false } of problems) {
    const at = document.at(path);
    if (at && !isAboutName && unresolved.some((place) => isSame(place, at))) continue;
    // A field of the wrong type is not also missing.
    const identity = JSON.stringify(path);
    if (told.has(identity)) continue;
    told.add(identity);
    decoder.problems.push({ key, severity, ...document.keyAt(path), what, fix });
  }
  return options;
}

/** URLs and hosts that the service can never reach; one with a name is judged when it connects. */
function checkAddresses(
  decoder: Decoder,
  document: YamlDocument,
  schema: ServiceSchema,
  settings: unknown,
  addresses: AddressPolicy,
): void {
  if (settings === undefined || !isObject(document.value)) return;
  for (const { path, kind, text } of textsIn(schema.options, settings as Record<string, unknown>)) {
    const refused = urlsIn(kind, text)
      .map((url) => refusedHost(url, addresses))
      .find((refusal) => refusal !== undefined);
    const [first = '', ...rest] = path;
    const written = fieldKey(document.value, String(first));
    // A default is the operator's to allow, too.
    if (refused) decoder.report([written ?? first, ...rest], 'error', refused.what, refused.fix);
  }
}

/** Where the service connects to, as URLs. */
function urlsIn(kind: TextKind, text: string): string[] {
  switch (kind) {
    case 'url':
    case 'hook':
      return [text];
    case 'host':
      return [`tcp://${text}`];
    case 'servers':
      return serverUrls(text);
    default:
      return [];
  }
}

/** What to say of a URL whose host, as written, a tenant may not reach; undefined when it may, or its address decides. */
export function refusedHost(
  url: string,
  addresses: AddressPolicy,
): { what: string; fix: string } | undefined {
  const trimmed = url.trim();
  const host = URL.canParse(trimmed) ? new URL(trimmed).hostname : '';
  if (host === '' || addresses.judge(host) !== 'refused') return undefined;
  return {
    what: `${host} is inside the cluster or its network, which services of tenants may not reach`,
    fix: 'Use a public address, or ask the operator to allow it with --tenant-service-addresses.',
  };
}

function heraldOnly(key: string, type: string): Problem {
  return {
    key,
    severity: 'warning',
    what: `argocd-notifications has no services of type ${type}, and refuses the whole ConfigMap for the key`,
    fix: `Write the key as herald.${key}, which it passes over.`,
  };
}

function unknownType(key: string, type: string): Problem {
  const known: string[] = schemas.map((schema) => schema.type).sort();
  const own = known.filter((each) => schemaOf(each)?.isHeraldOnly);
  const shared = known.filter((each) => !own.includes(each));
  const meant = didYouMean(type, known);
  const written = meant !== undefined && !key.startsWith('herald.') && own.includes(meant);
  const meaning = meant === undefined ? '' : ` Did you mean "${written ? serviceKeyOf(meant) : meant}"?`;
  return {
    key,
    severity: 'error',
    what: type === '' ? 'the key names no service type' : `unknown service type ${JSON.stringify(type)}`,
    fix: `Write it as service.<type> or service.<type>.<name>, with one of ${shared.join(', ')}; or as herald.service.<type>, with one of ${own.join(', ')}.${meaning}`,
  };
}

function isSame(a: Position, b: Position): boolean {
  return a.line === b.line && a.column === b.column;
}
