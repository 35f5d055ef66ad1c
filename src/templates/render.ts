/** Templates + variables → the notification for one destination. */
import { toText } from '../go/bytes.ts';
import type { Json, JsonObject, Notification } from '../model.ts';
import { mergeSections } from '../services/schema.ts';
import { schemaOf } from '../services/schemas.ts';
import { type Allowance, createAllowance } from './gotemplate/run.ts';
import { isJson, isJsonOrLines, jsonStringFilter } from './json-safe.ts';
import type {
  PrintFilter,
  SectionObject,
  SectionTree,
  StringOptions,
  Template,
  TemplateString,
  TemplateVars,
} from './template.ts';
import { urlFilter } from './url-safe.ts';
import { renderYaml } from './yaml-safe.ts';

export interface RenderOptions {
  /** Type of the destination's service (`slack`): its section is rendered, the others are left alone. */
  serviceType: string;
  /** Fields of the section that must be JSON, as dotted paths; `*` stands for any one name. */
  jsonFields: readonly string[];
  /** Fields that may be JSON, or a form, XML or anything else: escaped only where that makes JSON of them. */
  looseJsonFields?: readonly string[];
  /** Fields that are a part of a URL. */
  urlFields?: readonly string[];
  /** Fields that are YAML once rendered, JSON being YAML. */
  yamlFields?: readonly string[];
  /** Fields that `filterValue` leaves alone; `message` is the notification's. */
  plainFields?: readonly string[];
  filterValue?: PrintFilter;
  /** What the rendering may spend, and what is left of it afterwards. @defaultValue all that the limits give */
  allowance?: Allowance;
  /** Finds the templates that mustache includes with `{{> name}}`. */
  template?: (name: string) => Template | undefined;
}

export interface RenderWarning {
  template: string;
  /** `slack.attachments`. */
  field: string;
  what: string;
}

export type RenderResult =
  | { ok: true; notification: Notification; warnings: RenderWarning[] }
  | { ok: false; error: string; template: string; field: string; line?: number; column?: number };

class RenderFailure extends Error {
  readonly result: Extract<RenderResult, { ok: false }>;
  constructor(result: Extract<RenderResult, { ok: false }>) {
    super(result.error);
    this.result = result;
  }
}

/**
 * Merges the templates of a `send` list in order: the message keeps the last text that is not empty, sections merge
 * as the schema of their service says. Values that would break the JSON of a field are escaped; a field that is no
 * JSON even so is left as it is, with a warning where it must be JSON. Values that would break a URL are escaped for
 * it. All strings share the limits of one execution.
 */
export function renderNotification(
  templates: readonly Template[],
  vars: TemplateVars,
  options: RenderOptions,
): RenderResult {
  const warnings: RenderWarning[] = [];
  const allowance = options.allowance ?? createAllowance();
  let message = '';
  const merge = schemaOf(options.serviceType)?.section?.merge ?? 'set';
  let section: JsonObject | undefined;
  try {
    for (const template of templates) {
      const renderer = createRenderer(template, vars, { ...options, allowance }, warnings);
      if (template.message !== undefined) message = renderer.message(template.message) || message;
      const source = template.sections.get(options.serviceType);
      if (source !== undefined) section = mergeSections(merge, section, renderer.section(source));
    }
  } catch (error) {
    if (error instanceof RenderFailure) return error.result;
    throw error;
  }
  return { ok: true, notification: { message, ...(section === undefined ? {} : { section }) }, warnings };
}

function createRenderer(
  template: Template,
  vars: TemplateVars,
  options: RenderOptions & { allowance: Allowance },
  warnings: RenderWarning[],
) {
  const stringOptions: StringOptions = {
    allowance: options.allowance,
    ...(options.filterValue === undefined ? {} : { filterValue: options.filterValue }),
    partial: (name) => options.template?.(name)?.message?.source,
  };
  const { filterValue: _, ...plainOptions } = stringOptions;
  const { jsonFields, looseJsonFields = [], urlFields = [], yamlFields = [], plainFields = [] } = options;
  const optionsFor = (path: readonly string[]): StringOptions =>
    isAmong(path, plainFields) ? plainOptions : stringOptions;

  function render(string: TemplateString, withFilter: StringOptions): string {
    const result = string.render(vars, withFilter);
    if (result.ok) return result.text;
    const { error, line, column } = result;
    const position = { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
    throw new RenderFailure({
      ok: false,
      error,
      template: template.name,
      field: string.path.join('.'),
      ...position,
    });
  }

  function json(string: TemplateString, isRequired: boolean, inner = stringOptions): string {
    const holds = isRequired ? isJson : isJsonOrLines;
    const text = render(string, inner);
    if (text.trim() === '' || holds(text)) return text;
    const escaped = render(string, { ...inner, filterValue: jsonStringFilter(inner.filterValue) });
    if (holds(escaped)) return escaped;
    if (!isRequired) return text;
    const what = 'the rendered text is no JSON, even with its values escaped';
    warnings.push({ template: template.name, field: string.path.join('.'), what });
    return text;
  }

  function yaml(string: TemplateString): string {
    const escaped = json(string, false);
    if (isJson(escaped)) return escaped;
    return renderYaml(
      (filterValue) => render(string, { ...plainOptions, ...(filterValue && { filterValue }) }),
      options.filterValue,
    );
  }

  function tree(value: SectionTree): Json {
    if (typeof value === 'string') return toText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (isList(value)) return value.map(tree);
    return isString(value) ? field(value) : object(value);
  }

  function field(string: TemplateString): string {
    const path = string.path.slice(1);
    if (isAmong(path, jsonFields)) return json(string, true, optionsFor(path));
    if (isAmong(path, looseJsonFields)) return json(string, false);
    if (isAmong(path, yamlFields)) return yaml(string);
    if (!isAmong(path, urlFields)) return render(string, optionsFor(path));
    return render(string, { ...stringOptions, filterValue: urlFilter(options.filterValue) });
  }

  function object(value: SectionObject): JsonObject {
    const rendered: JsonObject = {};
    for (const [key, item] of Object.entries(value)) define(rendered, key, tree(item));
    return rendered;
  }

  return {
    message: (string: TemplateString) => render(string, optionsFor(['message'])),
    section: object,
  };
}

const isList = (value: object): value is readonly SectionTree[] => Array.isArray(value);
const isString = (value: object): value is TemplateString =>
  typeof (value as TemplateString).render === 'function';

function define(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

function isAmong(path: readonly string[], fields: readonly string[]): boolean {
  return fields.some((field) => {
    const parts = field.split('.');
    return parts.length === path.length && parts.every((part, at) => part === '*' || part === path[at]);
  });
}
