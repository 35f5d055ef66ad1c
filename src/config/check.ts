import { parseYaml, type YamlDocument } from '../go/yaml.ts';
import type { Position } from '../go/yaml-position.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import { type Compilers, languages } from './compilers.ts';
import { type InspectOptions, inspectConfig } from './inspect.ts';
import { type Config, parseConfig } from './parse-config.ts';
import type { SecretData } from './secrets.ts';

export interface CheckInput extends InspectOptions {
  /** Texts of files with manifests: any number of YAML documents, lists, JSON. Other kinds are passed over. */
  files: readonly { name: string; text: string }[];
  configMapName?: string;
  secretName?: string;
}

/** A problem with its place in a file rather than in the value of a key. */
export interface FileProblem extends Problem {
  file: string;
  line: number;
  column: number;
}

export interface CheckReport {
  /** In the order of files and lines. */
  problems: FileProblem[];
  errors: number;
  warnings: number;
  /** ConfigMaps that were checked. */
  configMaps: { file: string; name: string; namespace: string }[];
  /** What was read, in the order of `configMaps`. */
  configs: Config[];
  /** Keys of Secrets that the ConfigMaps refer to, where no Secret was given to look them up in. */
  secretKeysNeeded: string[];
}

/**
 * Checks the notification ConfigMaps among manifests, each with the Secrets of its namespace if they are given.
 * A file that holds one ConfigMap may give it any name; a document without `kind` counts as the `data` of one.
 */
export function checkConfig(input: CheckInput, compilers: Compilers = languages): CheckReport {
  const configMapName = input.configMapName ?? 'argocd-notifications-cm';
  const secretName = input.secretName ?? 'argocd-notifications-secret';
  const problems: FileProblem[] = [];
  const manifests = input.files.flatMap((file) => readManifests(file, problems));
  const named = manifests.filter(
    ({ kind, name }) => kind === 'ConfigMap' && (name === configMapName || name === undefined),
  );
  const candidates = manifests.filter(({ kind }) => kind === 'ConfigMap');
  const configMaps =
    named.length > 0 ? named : candidates.length === 1 ? candidates : candidates.filter(looksRight);
  const secretKeysNeeded = new Set<string>();
  const configs: Config[] = [];

  for (const configMap of configMaps) {
    const secrets = manifests.filter((other) => other.kind === 'Secret' && sameNamespace(other, configMap));
    const own =
      secrets.find(({ name }) => name === secretName) ?? (secrets.length === 1 ? secrets[0] : undefined);
    const others = secrets.filter((secret) => secret !== own && secret.name !== undefined);
    const config = parseConfig(
      {
        configMap: dataOf(configMap, problems),
        secret: own && secretData(own, problems),
        secrets: new Map(others.map((secret) => [secret.name ?? '', secretData(secret, problems)])),
        secretName: own?.name ?? secretName,
        inspect: (inspected) => inspectConfig(inspected, input),
      },
      compilers,
    );
    configs.push(config);
    if (configMap.name !== undefined && configMap.name !== '' && configMap.name !== configMapName)
      problems.push(otherName(configMap, 'ConfigMap', configMapName, '--config-map-name'));
    if (own?.name && own.name !== secretName)
      problems.push(otherName(own, 'Secret', secretName, '--secret-name'));
    if (!own) for (const key of config.secretKeys) secretKeysNeeded.add(key);
    for (const problem of config.problems) problems.push(place(problem, configMap, own));
  }
  if (configMaps.length === 0 && problems.length === 0) {
    problems.push({
      file: input.files[0]?.name ?? '',
      line: 1,
      column: 1,
      key: '',
      severity: 'error',
      what: `there is no ConfigMap ${configMapName}`,
      fix: 'Give the file that holds it.',
    });
  }
  const order = new Map(input.files.map(({ name }, index) => [name, index]));
  problems.sort(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return {
    problems,
    errors,
    warnings: problems.length - errors,
    configMaps: configMaps.map(({ file, name = '', namespace }) => ({ file, name, namespace })),
    configs,
    secretKeysNeeded: [...secretKeysNeeded].sort(),
  };
}

/** An object that only looks like the one that is read. */
function otherName(manifest: Manifest, kind: string, wanted: string, flag: string): FileProblem {
  return {
    ...placed(manifest, manifest.document.at([...manifest.path, 'metadata', 'name'])),
    key: '',
    severity: 'warning',
    what: `this is ${kind} ${manifest.name}, and ${wanted} is the one that is read`,
    fix: `Rename it to ${wanted}, or give ${flag} ${manifest.name} here and to herald run.`,
  };
}

interface Manifest {
  file: string;
  /** Lines of the file before its document. */
  offset: number;
  document: YamlDocument;
  /** Of the object in the document, and of its `data`. */
  path: (string | number)[];
  dataPath: (string | number)[];
  kind: string;
  /** undefined: a document that is only the `data` of a ConfigMap. */
  name: string | undefined;
  namespace: string;
  object: JsonObject;
}

const dataKey =
  /^(?:(?:service|trigger|template|defaultTriggers)\.|(?:subscriptions|defaultTriggers|context|silences|muteTimes|inhibit)$)/;

function readManifests(file: { name: string; text: string }, problems: FileProblem[]): Manifest[] {
  return splitDocuments(file.text).flatMap(({ text, offset }) => {
    const document = parseYaml(text);
    for (const { line, column, what } of document.problems) {
      const fix = 'Correct the YAML of the file.';
      problems.push({ file: file.name, line: line + offset, column, key: '', severity: 'error', what, fix });
    }
    return manifestsIn(document.value, [], { file: file.name, offset, document });
  });
}

function manifestsIn(
  value: Json,
  path: (string | number)[],
  of: Pick<Manifest, 'file' | 'offset' | 'document'>,
): Manifest[] {
  if (!isObject(value)) return [];
  const { kind, items } = value;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, index) => manifestsIn(item, [...path, 'items', index], of));
  }
  const metadata = isObject(value.metadata ?? null) ? (value.metadata as JsonObject) : {};
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : '';
  const name = typeof metadata.name === 'string' ? metadata.name : '';
  if (typeof kind === 'string')
    return [{ ...of, path, dataPath: [...path, 'data'], kind, name, namespace, object: value }];
  if (!Object.keys(value).some((key) => dataKey.test(key))) return [];
  return [
    { ...of, path, dataPath: path, kind: 'ConfigMap', name: undefined, namespace, object: { data: value } },
  ];
}

/** As kubectl splits a stream: at lines that begin with `---`. */
function splitDocuments(text: string): { text: string; offset: number }[] {
  const documents: { text: string; offset: number }[] = [];
  const lines = text.split('\n');
  let start = 0;
  for (let line = 1; line <= lines.length; line++) {
    if (line < lines.length && !/^---(?:\s|$)/.test(lines[line] ?? '')) continue;
    documents.push({ text: lines.slice(start, line).join('\n'), offset: start });
    start = line;
  }
  return documents;
}

function dataOf(manifest: Manifest, problems: FileProblem[]): Record<string, string> {
  return stringsOf(manifest, 'data', manifest.dataPath, problems);
}

/** `stringData` wins over `data`, as in the API server. */
function secretData(manifest: Manifest, problems: FileProblem[]): SecretData {
  const encoded = stringsOf(manifest, 'data', manifest.dataPath, problems);
  const plain = stringsOf(manifest, 'stringData', [...manifest.path, 'stringData'], problems);
  const decoded = Object.entries(encoded).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
  return new Map<string, Uint8Array | string>([...decoded, ...Object.entries(plain)]);
}

function stringsOf(
  manifest: Manifest,
  name: 'data' | 'stringData',
  path: (string | number)[],
  problems: FileProblem[],
): Record<string, string> {
  const data = manifest.object[name] ?? {};
  const strings: [string, string][] = [];
  const report = (key: string, at: Position | undefined, what: string) => {
    const fix = 'The API server takes strings only: write the value as a block, with "|".';
    problems.push({ ...placed(manifest, at), key, severity: 'error', what, fix });
  };
  if (!isObject(data)) report(name, manifest.document.at(path), `${name} must be a mapping`);
  for (const [key, value] of Object.entries(isObject(data) ? data : {})) {
    if (typeof value === 'string') strings.push([key, value]);
    else if (value !== null) report(key, manifest.document.at([...path, key]), 'the value is no string');
  }
  return Object.fromEntries(strings);
}

function place(problem: Problem, configMap: Manifest, secret: Manifest | undefined): FileProblem {
  const ofSecret = secret && problem.key === 'notifiers.yaml' && isObject(secret.object.stringData ?? null);
  const manifest = ofSecret ? secret : configMap;
  const path = ofSecret ? [...secret.path, 'stringData', problem.key] : [...configMap.dataPath, problem.key];
  const { line, column } = problem;
  const inside = line === undefined ? undefined : { line, column: column ?? 1 };
  const at = inside ? manifest.document.within(path, inside) : manifest.document.keyAt(path);
  return { ...problem, ...placed(manifest, at) };
}

function placed(manifest: Manifest, at: Position | undefined): { file: string } & Position {
  return { file: manifest.file, line: (at?.line ?? 1) + manifest.offset, column: at?.column ?? 1 };
}

function sameNamespace(a: Manifest, b: Manifest): boolean {
  return a.namespace === '' || b.namespace === '' || a.namespace === b.namespace;
}

function looksRight(manifest: Manifest): boolean {
  const data = manifest.object.data ?? null;
  return isObject(data) && Object.keys(data).some((key) => dataKey.test(key));
}
