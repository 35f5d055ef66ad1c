import type { Json, JsonObject, Problem } from '../model.ts';
import { suggestion } from './did-you-mean.ts';
import { unknownFields, type YamlDocument, type YamlPath } from './yaml.ts';
import type { Position } from './yaml-position.ts';

/**
 * Decodes parts of a YAML document as encoding/json decodes them into Go fields, and collects located problems.
 * What cannot be decoded stays at its zero value, as in Go; the rest is still decoded.
 */
export interface Decoder {
  readonly problems: Problem[];
  /** `inside`: a position within the string at `path`. */
  report(path: YamlPath, severity: Problem['severity'], what: string, fix: string, inside?: Position): void;
  /** A Go string: scalars become text, null is empty; undefined for lists and mappings. */
  string(path: YamlPath, value: Json): string | undefined;
  /** A Go []string; elements that are no strings are left out. undefined when `value` is no list. */
  strings(path: YamlPath, value: Json): { text: string; index: number }[] | undefined;
  list(path: YamlPath, value: Json): Json[] | undefined;
  object(path: YamlPath, value: Json): JsonObject | undefined;
  /** Warns of fields that are none of `names`. */
  knownFields(path: YamlPath, object: JsonObject, names: readonly string[]): void;
}

export interface DecoderOptions {
  /** Numbers and booleans are no strings: inside types that decode themselves sigs.k8s.io/yaml does not convert them. */
  strictStrings?: boolean;
}

export function createDecoder(document: YamlDocument, key: string, options: DecoderOptions = {}): Decoder {
  const problems: Problem[] = document.problems.map(({ line, column, what }) => ({
    key,
    severity: 'error',
    line,
    column,
    what: `the YAML cannot be read: ${what}`,
    fix: 'Correct the YAML; text with braces, colons or quotes may need a block (|).',
  }));
  if (document.more && problems.length === 0) {
    problems.push({
      key,
      severity: 'warning',
      what: 'only the first of several YAML documents is read',
      fix: 'Remove what follows the second "---".',
    });
  }

  function report(
    path: YamlPath,
    severity: Problem['severity'],
    what: string,
    fix: string,
    inside?: Position,
  ) {
    const at = inside ? document.within(path, inside) : document.at(path);
    problems.push({ key, severity, ...at, what, fix });
  }

  function mismatch(path: YamlPath, value: Json, wanted: string, fix: string): undefined {
    const subject = typeof path.at(-1) === 'string' ? `${path.at(-1)} must be` : 'the value must be';
    report(path, 'error', `${subject} ${wanted}, not ${kindOf(value)}`, fix);
    return undefined;
  }

  function string(path: YamlPath, value: Json): string | undefined {
    if (value === null) return '';
    const scalar = typeof value !== 'object' && !(options.strictStrings && typeof value !== 'string');
    if (scalar) return document.textAt(path) ?? String(value);
    return mismatch(
      path,
      value,
      'a string',
      typeof value === 'object' ? 'Write a single string.' : 'Quote it.',
    );
  }

  function list(path: YamlPath, value: Json): Json[] | undefined {
    if (value === null) return [];
    return Array.isArray(value)
      ? value
      : mismatch(path, value, 'a list', 'Put each item on a line after "- ".');
  }

  return {
    problems,
    report,
    string,
    list,
    strings(path, value) {
      const texts: { text: string; index: number }[] = [];
      const items = list(path, value);
      if (!items) return undefined;
      for (const [index, item] of items.entries()) {
        const text = string([...path, index], item);
        if (text !== undefined) texts.push({ text, index });
      }
      return texts;
    },
    object(path, value) {
      if (value === null) return {};
      if (typeof value === 'object' && !Array.isArray(value)) return value;
      return mismatch(path, value, 'a mapping', 'Write "name: value" lines.');
    },
    knownFields(path, object, names) {
      for (const name of unknownFields(object, names)) {
        const at = document.keyAt([...path, name]);
        problems.push({
          key,
          severity: 'warning',
          ...at,
          what: `unknown field ${JSON.stringify(name)}, which is ignored`,
          fix: `Known fields: ${names.join(', ')}.${suggestion(name, names)}`,
        });
      }
    },
  };
}

function kindOf(value: Json): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return 'a string';
  return typeof value === 'number' ? 'a number' : 'a boolean';
}
