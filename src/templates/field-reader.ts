/** The fields of a template's sections, each compiled or reported. */
import { suggestion } from '../go/did-you-mean.ts';
import { fieldKey, unknownFields, type YamlDocument, type YamlPath } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject, Problem } from '../model.ts';
import type { SectionField, SectionFields } from '../services/schema.ts';
import { compileString, positionIn } from './compile-string.ts';
import type { Dialect, SectionObject, SectionTree, TemplateString } from './template.ts';

const isList = (kind: SectionField): kind is readonly [SectionFields] => Array.isArray(kind);

/** Reads what schemas describe out of the YAML of one template. */
export class FieldReader {
  readonly problems: Problem[] = [];
  /** What was compiled. */
  readonly strings: TemplateString[] = [];
  /** Absent: each string says itself. */
  dialect: Dialect | undefined;
  private readonly name: string;
  private readonly document: YamlDocument;

  constructor(name: string, document: YamlDocument) {
    this.name = name;
    this.document = document;
  }

  /** What is wrong in what is read meanwhile is a warning, and left out. */
  lenient(read: () => void): void {
    const before = this.problems.length;
    read();
    for (const problem of this.problems.slice(before)) problem.severity = 'warning';
  }

  readObject(value: JsonObject, fields: SectionFields, yamlPath: YamlPath, path: string[]): SectionObject {
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
      case 'yaml':
        return isScalar(value) ? this.readText(value, yamlPath, path) : this.readGeneric(value, yamlPath);
      case 'literal':
        return this.isText(value, yamlPath, path) ? (this.document.textAt(yamlPath) ?? '') : undefined;
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

  private isText(value: Json | undefined, yamlPath: YamlPath, path: string[]): boolean {
    if (isScalar(value)) return true;
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
  readGeneric(value: Json, path: YamlPath): SectionTree {
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

  readText(value: Json | undefined, yamlPath: YamlPath, path: string[]): TemplateString | undefined {
    if (!this.isText(value, yamlPath, path)) return undefined;
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

  report(
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

function isScalar(value: Json | undefined): boolean {
  return typeof value !== 'object' || value === null;
}
