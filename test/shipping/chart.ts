import { deepEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { toText } from '../../src/go/bytes.ts';
import { UTC } from '../../src/go/location.ts';
import { isObject } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import { compileGoTemplate, type Library } from '../../src/templates/gotemplate/engine.ts';
import { contextual, pure } from '../../src/templates/gotemplate/functions.ts';
import type { FunctionContext } from '../../src/templates/gotemplate/run.ts';
import { SPRIG_LIBRARY } from '../../src/templates/sprig/functions.ts';
import { find, type Manifest, repository } from './kustomize.ts';

/**
 * The chart, rendered by Herald's own text/template, so that every machine can: with Helm's functions beside sprig's, as
 * far as the chart uses them. What Helm itself makes of it is compared in chart.real.test.ts.
 */
export const chartFolder = join(repository, 'config/chart');
const templates = join(chartFolder, 'templates');
const helpers = readFileSync(join(templates, '_helpers.tpl'), 'utf8');
const now = Date.parse('2026-11-28T00:00:00Z');

export const chartFile = (name: string): string => readFileSync(join(chartFolder, name), 'utf8');
export const defaults: JsonObject = parse(chartFile('values.yaml'));
export const schema: JsonObject = JSON.parse(chartFile('values.schema.json'));

/** A block of values as users of argo-helm's chart have it below `notifications`. */
export const argoHelmValues: Manifest = parse(
  readFileSync(join(repository, 'test/shipping/argo-helm-values.yaml'), 'utf8'),
);

export interface Release {
  name?: string;
  namespace?: string;
}

/** What Helm makes of the values of a chart and those of a user, where null takes a default away. */
export function withDefaults(given: JsonObject, below: JsonObject = defaults): JsonObject {
  const merged: JsonObject = { ...below };
  for (const [key, value] of Object.entries(given)) {
    const under = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isObject(value) && isObject(under) ? withDefaults(value, under) : value;
  }
  return merged;
}

/** Throws with the message of `fail`, where a template calls it. */
export function renderChart(values: JsonObject = {}, release: Release = {}): Manifest[] {
  return readdirSync(templates)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => documents(renderFile(file, values, release)));
}

export function renderFile(
  file: string,
  values: JsonObject,
  { name = 'herald', namespace = 'argocd' }: Release = {},
): string {
  const { version, appVersion } = parse(chartFile('Chart.yaml')) as Record<string, string>;
  return execute(file, readFileSync(join(templates, file), 'utf8').replaceAll('.Files.Get "', 'file "'), {
    Values: withDefaults(values) as Json,
    Release: { Name: name, Namespace: namespace, Service: 'Helm' },
    Chart: { Name: 'herald', Version: version as string, AppVersion: appVersion as string },
  });
}

function execute(name: string, source: string, dot: unknown): string {
  const compiled = compileGoTemplate(name, `${helpers}${source}`, library);
  if (!compiled.ok) throw new Error(`${name}: ${compiled.error.message}`);
  // A named template may be given a list.
  const result = compiled.template.execute(dot as Record<string, unknown>, {
    now,
    location: UTC,
  });
  if (!result.ok) throw new Error(`${name}: ${result.error.message}`);
  return toText(result.output);
}

const library: Library = {
  functions: new Map([
    ...SPRIG_LIBRARY.functions,
    [
      'include',
      contextual('func(string, interface {}) string', (_: FunctionContext, name: string, dot: unknown) =>
        execute(`include ${name}`, `{{template "${name}" .}}`, dot),
      ),
    ],
    ['tpl', pure('func(string, interface {}) string', (text: string, dot) => execute('tpl', text, dot))],
    ['toYaml', pure('func(interface {}) string', (value) => stringify(value, { lineWidth: 0 }).trimEnd())],
    ['fromYaml', pure('func(string) map[string]interface {}', (text: string) => parse(text) ?? {})],
    ['file', pure('func(string) string', (path: string) => chartFile(path))],
  ]),
};

/** The objects of a text with several. */
export function documents(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => {
      if (document.errors.length > 0) throw new Error(`not YAML:\n${text}`, { cause: document.errors });
      return document.toJS() as Manifest;
    })
    .filter((manifest) => manifest !== null);
}

/** What the account may do, one line a right. */
export function rights(manifests: Manifest[]): string[] {
  const bindings = manifests.filter((it) => /^(Cluster)?RoleBinding$/.test(it.kind));
  return bindings
    .flatMap((binding) => {
      deepEqual(binding.subjects, [{ kind: 'ServiceAccount', name: 'herald', namespace: 'argocd' }]);
      const scope = binding.kind === 'RoleBinding' ? binding.metadata.namespace : 'cluster';
      const { rules } = find(manifests, binding.roleRef.kind, binding.roleRef.name);
      return rules.flatMap((rule: Manifest) =>
        rule.resources.map(
          (resource: string) =>
            `${scope}: ${rule.apiGroups}/${resource}[${rule.resourceNames ?? ''}] ${rule.verbs}`,
        ),
      );
    })
    .toSorted((a: string, b: string) => a.localeCompare(b));
}
