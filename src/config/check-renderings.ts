/** Whether what must be JSON or YAML is that once it is rendered: for a given Application, or for the sample. */

import type { AlertRules } from '../alerts/rules.ts';
import { kindOf } from '../application-set.ts';
import { UNKNOWN_COMMIT, UNKNOWN_DETAILS } from '../go/namespaces/repo-values.ts';
import { parseYaml } from '../go/yaml.ts';
import { isObject, objectsAt, textAt } from '../json.ts';
import type { Json, JsonObject, OtherKind, Problem } from '../model.ts';
import { isJsonOrLines, renderNotification, shapeOf, templateVars } from '../templates/schema.ts';
import type { Template } from '../templates/template.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { ServiceConfig } from './config.ts';
import { sampleApplication } from './sample-application.ts';
import { sampleApplicationSet } from './sample-application-set.ts';
import { sampleNotice } from './sample-notice.ts';
import { sampleProject } from './sample-project.ts';
import { kindsOf } from './template-kinds.ts';

export interface RenderingInput {
  templates: ReadonlyMap<string, Template>;
  services: ReadonlyMap<string, ServiceConfig>;
  triggers: ReadonlyMap<string, Trigger>;
  context: Readonly<Record<string, string>>;
  rules: Pick<AlertRules, 'groups'>;
  /** What the templates are rendered for; absent: the sample, of which no more is said than holds for any. */
  application?: JsonObject;
  /** Unix milliseconds. */
  now: number;
}

/** Errors of what is not there (a second source, a value that was never set), and what the author lets fail. */
const needsMore = /\bnil\b|out of range|no entry for key|error calling fail:/;

const fix = 'Correct the text; herald template render shows what comes of it.';

export function checkRenderings(input: RenderingInput): Problem[] {
  return [...input.templates.values()].flatMap((template) => {
    const [kind = 'Application'] = kindsOf(template, input);
    const { application: given, ...others } = input;
    const isMeant = given !== undefined && (kindOf(given).kind ?? 'Application') === kind;
    const about = { ...others, kind, ...(isMeant ? { application: given } : {}) };
    // A template without sections has its message to render.
    return (template.sections.size === 0 ? [''] : [...template.sections.keys()]).flatMap((type) =>
      checkSection(template, type, about),
    );
  });
}

/** `kind`: what the template is about. */
type About = RenderingInput & { kind: 'Application' | OtherKind };

function checkSection(template: Template, type: string, input: About): Problem[] {
  const strings = template.strings.filter(
    ({ path }) => path[0] === type && languageOf(type, path.slice(1)) !== undefined,
  );
  const rendered = render(template, type, input);
  if (!rendered.ok) return failure(template, rendered, input);
  // With every value replaced by a number, what is left to be wrong is the template's own text.
  const neutral = input.application ? undefined : render(template, type, input, () => '1');
  return strings.flatMap((string) => {
    const text = filledText(rendered.notification.section, string.path.slice(1));
    const other = neutral?.ok ? filledText(neutral.notification.section, string.path.slice(1)) : undefined;
    if (text === undefined || !isMeantAsJson(string.path, text, input.services)) return [];
    const language = languageOf(type, string.path.slice(1));
    const fault = faultOf(language, text, string.path, input.services);
    if (fault === undefined) return [];
    if (other !== undefined && faultOf(language, other, string.path, input.services) === undefined) return [];
    const looksLikeJson = /^\s*[{[]/.test(text);
    const isLoose =
      string.path[0] === 'webhook' &&
      !(looksLikeJson && contentType(string.path, input.services) !== undefined);
    return [
      {
        key: `template.${template.name}`,
        severity: isLoose ? 'warning' : 'error',
        ...string.locate(offsetOf(string.source, text, fault.line)),
        what: `${string.path.join('.')} is no ${language} once it is rendered: ${fault.what}`,
        fix,
      },
    ];
  });
}

/** For the sample it is a warning, and none where another Application may well have what it lacks. */
function failure(
  { name }: Template,
  { field, error, line, column }: Extract<ReturnType<typeof renderNotification>, { ok: false }>,
  { application, kind }: About,
): Problem[] {
  const at = line === undefined ? {} : { line, column: column ?? 1 };
  const found = { key: `template.${name}`, ...at, fix };
  if (application)
    return [{ ...found, severity: 'error', what: `${field} cannot be rendered for the ${kind}: ${error}` }];
  if (needsMore.test(error)) return [];
  const what = `${field} cannot be rendered for a sample of an ${kind}: ${error}`;
  return [
    {
      ...found,
      severity: 'warning',
      what,
      fix: `Correct the text, or try it on an ${kind} of yours: herald config check --app FILE.`,
    },
  ];
}

export interface JsonFault {
  /** `slack.attachments`. */
  field: string;
  language: Language;
  what: string;
}

/** What is no JSON, or no YAML, in a rendered section and is meant to be. */
export function jsonFaults(
  type: string,
  section: JsonObject | undefined,
  services: ReadonlyMap<string, ServiceConfig>,
): JsonFault[] {
  return textsOf(section, []).flatMap(({ path, text }) => {
    const full = [type, ...path];
    const language = languageOf(type, path);
    if (language === undefined || !isMeantAsJson(full, text, services)) return [];
    const fault = faultOf(language, text, full, services);
    return fault === undefined ? [] : [{ field: full.join('.'), language, what: fault.what }];
  });
}

function textsOf(
  value: Json | undefined,
  path: readonly string[],
): { path: readonly string[]; text: string }[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [{ path, text: value }];
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => textsOf(item, [...path, name]));
}

function render(template: Template, serviceType: string, input: About, filterValue?: () => string) {
  const source = template.strings.map((string) => string.source).join('\n');
  const sample = input.kind === 'ApplicationSet' ? sampleApplicationSet : sampleApplication;
  const app = input.application ?? withNames(sample, source);
  const vars = templateVars({
    app,
    notice: sampleNotice(app, input.now, [template.name], input.triggers, true),
    appProject: sampleProject,
    context: { ...named(source, 'context'), ...input.context },
    secrets: named(source, 'secrets'),
    serviceType,
    recipient: 'recipient',
    now: input.now,
    repo: {
      commitMetadata: () => UNKNOWN_COMMIT,
      commitMetadataOf: () => UNKNOWN_COMMIT,
      appDetails: () => UNKNOWN_DETAILS,
    },
  });
  const json = shapeOf(serviceType)?.json ?? [];
  return renderNotification([template], vars, {
    serviceType,
    jsonFields: serviceType === 'webhook' ? [] : json,
    looseJsonFields: serviceType === 'webhook' ? json : [],
    yamlFields: shapeOf(serviceType)?.yaml ?? [],
    ...(filterValue ? { filterValue } : {}),
    template: (name) => input.templates.get(name),
  });
}

/** The sample with the labels and annotations that a text asks for. */
function withNames(app: JsonObject, source: string): JsonObject {
  const metadata = app.metadata as JsonObject;
  const add = (name: 'labels' | 'annotations') => ({
    ...named(source, name),
    ...(metadata[name] as JsonObject),
  });
  return { ...app, metadata: { ...metadata, labels: add('labels'), annotations: add('annotations') } };
}

/** A value for each name that a text looks up in a map: `labels.team`, `index .app.metadata.labels "team"`. */
function named(source: string, map: string): Record<string, string> {
  const names = source.matchAll(new RegExp(`\\b${map}(?:\\.|\\)?\\s+["'\`])([\\w./-]+)`, 'g'));
  return Object.fromEntries([...names].map(([, name = '']) => [name, 'value']));
}

function filledText(section: Json | undefined, path: readonly string[]): string | undefined {
  const text = textAt(section, ...path);
  return text.trim() === '' ? undefined : text;
}

/** The body of a webhook may be anything: what begins as JSON is meant to be JSON, but for another Content-Type. */
function isMeantAsJson(path: readonly string[], text: string, services: RenderingInput['services']): boolean {
  if (path[0] !== 'webhook') return true;
  const type = contentType(path, services);
  return type === undefined ? /^\s*[{[]/.test(text) : /json/i.test(type);
}

function contentType(path: readonly string[], services: RenderingInput['services']): string | undefined {
  for (const { name, value } of objectsAt(services.get(path[1] ?? '')?.options, 'headers')) {
    if (typeof name === 'string' && name.toLowerCase() === 'content-type' && typeof value === 'string')
      return value;
  }
  return undefined;
}

/** The body of a webhook may be JSON line by line, where its Content-Type does not say JSON alone. */
function mayBeLines(path: readonly string[], services: RenderingInput['services']): boolean {
  return path[0] === 'webhook' && !/^[^;]*\bjson\b/i.test(contentType(path, services) ?? '');
}

interface Fault {
  what: string;
  /** From 1, in the rendered text. */
  line: number;
}

type Language = 'JSON' | 'YAML';

/** What a field of a section must be once it is rendered; undefined where it is a text. */
function languageOf(type: string, path: readonly string[]): Language | undefined {
  const { json = [], yaml = [] } = shapeOf(type) ?? {};
  return isAmong(path, json) ? 'JSON' : isAmong(path, yaml) ? 'YAML' : undefined;
}

function faultOf(
  language: Language | undefined,
  text: string,
  path: readonly string[],
  services: RenderingInput['services'],
): Fault | undefined {
  if (mayBeLines(path, services) && isJsonOrLines(text)) return undefined;
  if (language === 'YAML') {
    const [problem] = parseYaml(text).problems;
    return problem && { what: problem.what, line: problem.line };
  }
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return jsonFault(text, error instanceof Error ? error.message : '');
  }
}

/** V8 names no place for some mistakes, and quotes the text, which may be long. */
function jsonFault(text: string, message: string): Fault {
  const comma = withoutStrings(text).search(/,\s*[\]}]/);
  if (comma >= 0) return { what: `a comma too many, at "${near(text, comma)}"`, line: lineAt(text, comma) };
  const position = /position (\d+)/.exec(message)?.[1];
  const token = /Unexpected token '(.)'/su.exec(message)?.[1];
  const at = position === undefined ? text.trimEnd().length : Number(position);
  if (at < text.trimEnd().length)
    return { what: `unexpected text at "${near(text, at)}"`, line: lineAt(text, at) };
  if (token !== undefined) return { what: `unexpected ${JSON.stringify(token)}`, line: 1 };
  return { what: 'it ends before it is complete', line: lineAt(text, at) };
}

/** Of the same length, so that places hold. */
function withoutStrings(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/gs, (string) => '"'.repeat(string.length));
}

const near = (text: string, at: number): string =>
  text
    .slice(Math.max(0, at - 20), at + 10)
    .replace(/\s+/g, ' ')
    .trim();

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** Where a line of the rendered text stands in the template, as far as both have the same lines. */
function offsetOf(source: string, text: string, line: number): number {
  const lines = source.split('\n');
  if (lines.length !== text.split('\n').length) return 0;
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return start + (lines[line - 1] ?? '').search(/\S|$/);
}

function isAmong(path: readonly string[], fields: readonly string[]): boolean {
  return fields.some((field) => {
    const parts = field.split('.');
    return parts.length === path.length && parts.every((part, at) => part === '*' || part === path[at]);
  });
}
