/** The YAML of `template.<name>` → a compiled template, with a problem for everything that is wrong. */

import { suggestion } from '../go/did-you-mean.ts';
import { fieldKey, parseYaml, unknownFields, type YamlDocument } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import type { SectionSchema } from '../services/schema.ts';
import { schemaOf, schemas } from '../services/schemas.ts';
import { compileString } from './compile-string.ts';
import { FieldReader } from './field-reader.ts';
import type { SectionObject, SectionTree, Template, TemplateString } from './template.ts';

export { isJsonOrLines } from './json-safe.ts';
export { ends, type NoticeInput, noticeValues, reasons } from './notice-values.ts';
export { renderNotification } from './render.ts';
export { templateVars } from './vars.ts';
export { shapeOf };

/** Fields of a template beside the sections of services. */
export const ownFields = ['message', 'dialect'] as const;

/** The section that belongs to a type of service; undefined for a type without one. */
function shapeOf(type: string): SectionSchema | undefined {
  return schemaOf(type)?.section;
}

const SECTIONS: ReadonlyMap<string, SectionSchema> = new Map(
  schemas.flatMap((schema) => ('section' in schema && schema.section ? [[schema.type, schema.section]] : [])),
);

export function compileTemplate(name: string, text: string): { template?: Template; problems: Problem[] } {
  return new TemplateReader(name, text).read();
}

const isMapping = (value: SectionTree | undefined): value is SectionObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  typeof (value as TemplateString).render !== 'function';
const isEmptyText = (tree: SectionTree | undefined): boolean =>
  tree === undefined || (typeof tree === 'object' && tree !== null && 'source' in tree && tree.source === '');

class TemplateReader {
  private readonly name: string;
  private readonly document: YamlDocument;
  private readonly fields: FieldReader;

  constructor(name: string, text: string) {
    this.name = name;
    this.document = parseYaml(text);
    this.fields = new FieldReader(name, this.document);
  }

  read(): { template?: Template; problems: Problem[] } {
    const { problems } = this.fields;
    for (const problem of this.document.problems) {
      this.fields.report('error', problem, `the template is no YAML: ${problem.what}`, 'Correct the YAML.');
    }
    if (problems.length > 0) return { problems };
    const value = this.document.value ?? {};
    if (!isObject(value)) {
      const fix = 'Write fields such as "message:" and "slack:".';
      this.fields.report('error', this.document.at([]), 'a template is a mapping of fields', fix);
      return { problems };
    }
    const template = this.readFields(value);
    return problems.some((problem) => problem.severity === 'error') ? { problems } : { template, problems };
  }

  private readFields(value: JsonObject): Template {
    this.readDialect(value);
    const messageKey = fieldKey(value, 'message');
    const message =
      messageKey === undefined
        ? undefined
        : this.fields.readText(value[messageKey], [messageKey], ['message']);
    const sections = new Map<string, SectionObject>();
    for (const [type, shape] of SECTIONS) {
      const key = fieldKey(value, type);
      const read = () => {
        if (key !== undefined && value[key] !== null)
          this.readSection(sections, { type, shape, value: value[key] as Json, key });
        this.readAtTop(sections, type, shape, value);
      };
      // argocd-notifications passes over sections of ours, so that no mistake in one may disable a template.
      if (schemaOf(type)?.isHeraldOnly) this.fields.lenient(read);
      else read();
    }
    this.readUnknown(value, sections);
    return {
      name: this.name,
      ...(typeof message === 'object' ? { message } : {}),
      sections,
      strings: this.fields.strings,
    };
  }

  /** What stands in the section goes before. */
  private readAtTop(
    sections: Map<string, SectionObject>,
    type: string,
    { atTop = [] }: SectionSchema,
    value: JsonObject,
  ): void {
    for (const field of atTop) {
      const key = fieldKey(value, field);
      const section = sections.get(type) ?? {};
      if (key === undefined || value[key] === null || !isEmptyText(section[field])) continue;
      const text = this.fields.readText(value[key], [key], [type, field]);
      if (text !== undefined) sections.set(type, { ...section, [field]: text });
    }
  }

  private readDialect(value: JsonObject): void {
    const key = fieldKey(value, 'dialect');
    if (key === undefined || value[key] === null) return;
    const dialect = value[key];
    if (dialect === 'go' || dialect === 'mustache') this.fields.dialect = dialect;
    else {
      const fix = 'Write "go" or "mustache", or leave the field out.';
      this.fields.report('error', this.document.at([key]), `unknown dialect ${JSON.stringify(dialect)}`, fix);
    }
  }

  /** A field that is no service of ours may be one of a later version: it is kept, with a warning. */
  private readUnknown(value: JsonObject, sections: Map<string, SectionObject>): void {
    const atTop = [...SECTIONS.values()].flatMap((shape) => shape.atTop ?? []);
    const names = [...ownFields, ...SECTIONS.keys(), ...atTop];
    const unknown = unknownFields(value, names);
    const request = unknown.filter((key) => /^(?:method|path|body)$/i.test(key));
    if (request.length > 0) this.reportRequest(request);
    for (const key of unknown) {
      const section = value[key];
      if (isObject(section)) sections.set(key, this.fields.readGeneric(section, [key]) as SectionObject);
      if (request.includes(key)) continue;
      const owners = [...SECTIONS]
        .filter(([, { fields }]) => fields[key] !== undefined)
        .map(([type]) => type);
      const fix =
        owners.length === 0
          ? `Remove it, or correct its name.${suggestion(key, names)}`
          : `It is a field of ${owners.join(', ')}: write it below the name of the service's type.`;
      this.fields.report('warning', this.document.keyAt([key]), `unknown field ${JSON.stringify(key)}`, fix);
    }
  }

  /** A request to a webhook at the top, as in a key `template.<name>.webhook`, which is a template of its own. */
  private reportRequest(fields: readonly string[]): void {
    const [, owner] = /^(.+)\.webhook$/.exec(this.name) ?? [];
    const where =
      owner === undefined ? '' : ` in template.${owner}; template.${this.name} is another template`;
    this.fields.report(
      'warning',
      this.document.keyAt([fields[0] ?? '']),
      `${fields.join(' and ')} at the top of a template is sent to nobody`,
      `Nest it: webhook: {<name>: {${fields.join(': …, ')}: …}} with the name in service.webhook.<name>${where}.`,
    );
  }

  private readSection(
    sections: Map<string, SectionObject>,
    { type, shape, value, key }: { type: string; shape: SectionSchema; value: Json; key: string },
  ): void {
    if (!isObject(value)) {
      this.fields.report(
        'error',
        this.document.at([key]),
        `${type} is a mapping of fields`,
        `Write the fields of ${type} below it.`,
      );
      return;
    }
    if (type === 'webhook' && this.lacksWebhookName(value, key)) return;
    const section = this.fields.readObject(value, shape.fields, [key], [type]);
    sections.set(type, this.withDefaults(section, shape, type, key));
    for (const [field, words] of Object.entries(shape.words ?? {})) {
      const word = section[field];
      if (typeof word !== 'string' || word === '' || words.includes(word)) continue;
      this.fields.report(
        'warning',
        this.document.at([key, fieldKey(value, field) ?? field]),
        `${type}.${field} ${JSON.stringify(word)} is unknown and means ${words[0]}`,
        `Use one of ${words.join(', ')}.${suggestion(word, words)}`,
      );
    }
  }

  private withDefaults(
    section: SectionObject,
    { defaults = {}, templateName }: SectionSchema,
    type: string,
    key: string,
  ): SectionObject {
    const missing = Object.entries(defaults).filter(([field]) => isEmptyText(section[field]));
    const compiled = missing.map(([field, text]): [string, SectionTree] => {
      const result = compileString({
        name: this.name,
        path: [type, field],
        text,
        dialect: 'go',
        locate: () => this.document.keyAt([key]),
      });
      if (!result.ok) throw new Error(`the default of ${type}.${field} does not compile: ${result.error}`);
      this.fields.strings.push(result.string);
      return [field, result.string];
    });
    const complete = { ...section, ...Object.fromEntries(compiled) };
    const [mapping = '', field = ''] = templateName ?? [];
    const named = complete[mapping];
    if (!isMapping(named) || !isEmptyText(named[field])) return complete;
    return { ...complete, [mapping]: { ...named, [field]: this.name } };
  }

  /** `webhook: {method, body}`: the name of the service is missing between the two. */
  private lacksWebhookName(value: JsonObject, key: string): boolean {
    const direct = ['method', 'path', 'body'].filter((name) => {
      const found = fieldKey(value, name);
      return found !== undefined && !isObject(value[found]);
    });
    if (direct.length === 0) return false;
    this.fields.report(
      'error',
      this.document.keyAt([key, fieldKey(value, direct[0] ?? '') ?? '']),
      `webhook has ${direct.join(' and ')} directly below it, which belong below the name of a webhook service`,
      `Nest it: webhook: {<name>: {${direct.join(': …, ')}: …}} with the name in service.webhook.<name>.`,
    );
    return true;
  }
}
