/** The YAML of `template.<name>` → a compiled template, with a problem for everything that is wrong. */

import { suggestion } from '../go/did-you-mean.ts';
import { fieldKey, parseYaml, unknownFields, type YamlDocument, type YamlPath } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import type { SectionField, SectionFields, SectionSchema } from '../services/schema.ts';
import { schemaOf, schemas } from '../services/schemas.ts';
import { compileString, positionIn } from './compile-string.ts';
import type { Dialect, SectionObject, SectionTree, Template, TemplateString } from './template.ts';

export { ends, type NoticeInput, noticeValues, reasons } from './notice-values.ts';
export { renderNotification } from './render.ts';
export { templateVars } from './vars.ts';
export { shapeOf };

const OWN_FIELDS = ['message', 'dialect'] as const;

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

const isList = (kind: SectionField): kind is readonly [SectionFields] => Array.isArray(kind);

class TemplateReader {
  private readonly name: string;
  private readonly document: YamlDocument;
  private readonly problems: Problem[] = [];
  private readonly strings: TemplateString[] = [];
  private dialect: Dialect | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.document = parseYaml(text);
  }

  read(): { template?: Template; problems: Problem[] } {
    const { problems } = this;
    for (const problem of this.document.problems) {
      this.report('error', problem, `the template is no YAML: ${problem.what}`, 'Correct the YAML.');
    }
    if (problems.length > 0) return { problems };
    const value = this.document.value ?? {};
    if (!isObject(value)) {
      const fix = 'Write fields such as "message:" and "slack:".';
      this.report('error', this.document.at([]), 'a template is a mapping of fields', fix);
      return { problems };
    }
    const template = this.readFields(value);
    return problems.some((problem) => problem.severity === 'error') ? { problems } : { template, problems };
  }

  private readFields(value: JsonObject): Template {
    this.readDialect(value);
    const messageKey = fieldKey(value, 'message');
    const message =
      messageKey === undefined ? undefined : this.readText(value[messageKey], [messageKey], ['message']);
    const sections = new Map<string, SectionObject>();
    for (const [type, shape] of SECTIONS) {
      const key = fieldKey(value, type);
      if (key !== undefined && value[key] !== null)
        this.readSection(sections, { type, shape, value: value[key] as Json, key });
    }
    this.readUnknown(value, sections);
    return {
      name: this.name,
      ...(typeof message === 'object' ? { message } : {}),
      sections,
      strings: this.strings,
    };
  }

  private readDialect(value: JsonObject): void {
    const key = fieldKey(value, 'dialect');
    if (key === undefined || value[key] === null) return;
    const dialect = value[key];
    if (dialect === 'go' || dialect === 'mustache') this.dialect = dialect;
    else {
      const fix = 'Write "go" or "mustache", or leave the field out.';
      this.report('error', this.document.at([key]), `unknown dialect ${JSON.stringify(dialect)}`, fix);
    }
  }

  /** A field that is no service of ours may be one of a later version: it is kept, with a warning. */
  private readUnknown(value: JsonObject, sections: Map<string, SectionObject>): void {
    const names = [...OWN_FIELDS, ...SECTIONS.keys()];
    const unknown = unknownFields(value, names);
    const request = unknown.filter((key) => /^(?:method|path|body)$/i.test(key));
    if (request.length > 0) this.reportRequest(request);
    for (const key of unknown) {
      const section = value[key];
      if (isObject(section)) sections.set(key, this.readGeneric(section, [key]) as SectionObject);
      if (request.includes(key)) continue;
      const owners = [...SECTIONS]
        .filter(([, { fields }]) => fields[key] !== undefined)
        .map(([type]) => type);
      const fix =
        owners.length === 0
          ? `Remove it, or correct its name.${suggestion(key, names)}`
          : `It is a field of ${owners.join(', ')}: write it below the name of the service's type.`;
      this.report('warning', this.document.keyAt([key]), `unknown field ${JSON.stringify(key)}`, fix);
    }
  }

  /** A request to a webhook at the top, as in a key `template.<name>.webhook`, which is a template of its own. */
  private reportRequest(fields: readonly string[]): void {
    const [, owner] = /^(.+)\.webhook$/.exec(this.name) ?? [];
    const where =
      owner === undefined ? '' : ` in template.${owner}; template.${this.name} is another template`;
    this.report(
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
      this.report(
        'error',
        this.document.at([key]),
        `${type} is a mapping of fields`,
        `Write the fields of ${type} below it.`,
      );
      return;
    }
    if (type === 'webhook' && this.lacksWebhookName(value, key)) return;
    const section = this.readObject(value, shape.fields, [key], [type]);
    sections.set(type, this.withDefaults(section, shape, type, key));
    for (const [field, words] of Object.entries(shape.words ?? {})) {
      const word = section[field];
      if (typeof word !== 'string' || word === '' || words.includes(word)) continue;
      this.report(
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
      this.strings.push(result.string);
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
    this.report(
      'error',
      this.document.keyAt([key, fieldKey(value, direct[0] ?? '') ?? '']),
      `webhook has ${direct.join(' and ')} directly below it, which belong below the name of a webhook service`,
      `Nest it: webhook: {<name>: {${direct.join(': …, ')}: …}} with the name in service.webhook.<name>.`,
    );
    return true;
  }

  private readObject(
    value: JsonObject,
    fields: SectionFields,
    yamlPath: YamlPath,
    path: string[],
  ): SectionObject {
    const object: Record<string, SectionTree> = {};
    const anyName = fields['*'];
    if (anyName !== undefined) {
      for (const [key, item] of Object.entries(value))
        this.place(object, key, item, anyName, [...yamlPath, key], [...path, key]);
      return object;
    }
    for (const [field, kind] of Object.entries(fields)) {
      const key = fieldKey(value, field);
      if (key === undefined) continue;
      this.place(object, field, value[key] as Json, kind, [...yamlPath, key], [...path, field]);
    }
    for (const key of unknownFields(value, Object.keys(fields))) {
      const fix = `Remove it, or correct its name.${suggestion(key, Object.keys(fields))}`;
      this.report(
        'warning',
        this.document.keyAt([...yamlPath, key]),
        `${path.join('.')} has no field ${JSON.stringify(key)}`,
        fix,
      );
    }
    return object;
  }

  private place(
    object: Record<string, SectionTree>,
    field: string,
    value: Json,
    kind: SectionField,
    yamlPath: YamlPath,
    path: string[],
  ): void {
    const tree = value === null ? undefined : this.readField(value, kind, yamlPath, path);
    if (tree === undefined) return;
    Object.defineProperty(object, field, {
      value: tree,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }

  private readField(
    value: Json,
    kind: SectionField,
    yamlPath: YamlPath,
    path: string[],
  ): SectionTree | undefined {
    switch (kind) {
      case 'text':
        return this.readText(value, yamlPath, path);
      case 'literal':
        return this.isScalar(value, yamlPath, path) ? (this.document.textAt(yamlPath) ?? '') : undefined;
      case 'flag':
        if (typeof value === 'boolean') return value;
        return this.wrong(yamlPath, path, 'true or false');
      case 'list':
        return Array.isArray(value)
          ? value.map((item) => this.readGeneric(item, yamlPath))
          : this.wrong(yamlPath, path, 'a list');
      case 'literals':
        return Array.isArray(value)
          ? value.map((_, index) => this.document.textAt([...yamlPath, index]) ?? '')
          : this.wrong(yamlPath, path, 'a list');
      case 'texts':
        if (!isObject(value)) return this.wrong(yamlPath, path, 'a mapping');
        return this.readObject(value, { '*': 'text' }, yamlPath, path);
      default:
        if (isList(kind)) return this.readList(value, kind[0], yamlPath, path);
        if (!isObject(value)) return this.wrong(yamlPath, path, 'a mapping');
        return this.readObject(value, kind, yamlPath, path);
    }
  }

  private readList(
    value: Json,
    fields: SectionFields,
    yamlPath: YamlPath,
    path: string[],
  ): SectionTree | undefined {
    if (!Array.isArray(value)) return this.wrong(yamlPath, path, 'a list of mappings');
    return value.flatMap((item, index): SectionTree[] => {
      const at = [...yamlPath, index];
      if (isObject(item)) return [this.readObject(item, fields, at, [...path, String(index)])];
      this.wrong(at, [...path, String(index)], 'a mapping');
      return [];
    });
  }

  private wrong(yamlPath: YamlPath, path: string[], wanted: string): undefined {
    this.report(
      'error',
      this.document.at(yamlPath),
      `${path.join('.')} must be ${wanted}`,
      `Write ${wanted}.`,
    );
    return undefined;
  }

  private isScalar(value: Json | undefined, yamlPath: YamlPath, path: string[]): boolean {
    if (typeof value !== 'object' || value === null) return true;
    const what = `${path.join('.')} must be a text, not ${Array.isArray(value) ? 'a list' : 'a mapping'}`;
    this.report(
      'error',
      this.document.at(yamlPath),
      what,
      'Write the text behind "|", so that YAML leaves it alone.',
    );
    return false;
  }

  /** Strings of a section that we do not know, wherever they stand. */
  private readGeneric(value: Json, path: YamlPath): SectionTree {
    if (typeof value === 'string') return this.compile(value, path, path.map(String)) ?? '';
    if (Array.isArray(value))
      return value.map((item) => (typeof item === 'string' ? item : this.readGeneric(item, path)));
    if (!isObject(value)) return value;
    const object: Record<string, SectionTree> = {};
    for (const [key, item] of Object.entries(value)) {
      const tree = this.readGeneric(item, [...path, key]);
      Object.defineProperty(object, key, {
        value: tree,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return object;
  }

  private readText(value: Json | undefined, yamlPath: YamlPath, path: string[]): TemplateString | undefined {
    if (!this.isScalar(value, yamlPath, path)) return undefined;
    return this.compile(this.document.textAt(yamlPath) ?? '', yamlPath, path);
  }

  private compile(text: string, yamlPath: YamlPath, path: string[]): TemplateString | undefined {
    const { document } = this;
    const locate = (offset: number) => document.within(yamlPath, positionIn(text, offset));
    const dialect = this.dialect === undefined ? {} : { dialect: this.dialect };
    const result = compileString({ name: this.name, path, text, locate, ...dialect });
    if (!result.ok) {
      this.report(
        'error',
        locate(result.at),
        `${path.join('.')}: ${result.error}`,
        'Correct the template text.',
      );
      return undefined;
    }
    if (result.usesSecrets) {
      const fix = 'Move the secret to the service that needs it; self-service templates find no secrets.';
      this.report('warning', locate(0), `${path.join('.')} puts secrets into a message`, fix);
    }
    this.strings.push(result.string);
    return result.string;
  }

  private report(
    severity: Problem['severity'],
    position: { line: number; column: number } | undefined,
    what: string,
    fix: string,
  ): void {
    this.problems.push({
      key: `template.${this.name}`,
      severity,
      ...(position === undefined ? {} : { line: position.line, column: position.column }),
      what,
      fix,
    });
  }
}
