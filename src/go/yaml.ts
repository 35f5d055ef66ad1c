import { isScalar, type Node, type Scalar } from 'yaml';
import type { Json, JsonObject } from '../model.ts';
import { type Position, sourceOffset, type YamlPath } from './yaml-position.ts';
import { createYamlReader, YamlFault, type YamlOptions, type YamlReader } from './yaml-reader.ts';
import { parseFirst } from './yaml-source.ts';

export type { YamlPath };

export interface YamlProblem extends Position {
  what: string;
}

/** The first YAML document of a text, with where everything in it stands. Positions are 1-based. */
export interface YamlDocument {
  /** null when the text is empty or has problems. */
  value: Json;
  /** Why the text is no YAML; empty when `value` can be used. */
  problems: YamlProblem[];
  /** More documents follow, which are not read. */
  more: boolean;
  /** Where the value at `path` begins; of the nearest parent that exists where `path` does not. */
  at(path: YamlPath): Position | undefined;
  /** Where the key of the entry at `path` begins. */
  keyAt(path: YamlPath): Position | undefined;
  /** Where a position inside the string at `path` (a line and column of an expression, a template) stands in the text. */
  within(path: YamlPath, inside: Position): Position | undefined;
  /** The scalar at `path` as Go decodes it into a string field: `1.50` is `1.5`, `yes` is `true`, null is empty. */
  textAt(path: YamlPath): string | undefined;
}

/**
 * Parses as sigs.k8s.io/yaml does (YAML 1.1 by yaml.v2, then JSON): the last of duplicate keys wins, `<<` merges,
 * keys become strings, only the first document counts. Never throws. Conformance: `config.json` groups misc, context.
 */
export function parseYaml(text: string, options: YamlOptions = {}): YamlDocument {
  const { source, document, error, more, lines } = parseFirst(text);
  const problems: YamlProblem[] = [];
  const root = (document?.contents ?? null) as Node | null;
  let value: Json = null;
  let reader: YamlReader | undefined;
  try {
    if (error) problems.push({ ...lines.position(error.offset), what: error.what });
    else if (document) {
      reader = createYamlReader(source, document, lines.position, options);
      value = reader.read(root, 0);
    }
  } catch (fault) {
    if (!(fault instanceof YamlFault)) throw fault;
    problems.push({ ...lines.position(fault.offset), what: fault.message });
    value = null;
    reader = undefined;
  }

  const find = (path: YamlPath) => (root && reader ? reader.find(root, path) : undefined);
  const start = (node: Node | null | undefined) => (node?.range ? lines.position(node.range[0]) : undefined);
  return {
    value,
    problems,
    more,
    at(path) {
      const found = find(path);
      return start(found?.node) ?? start(found?.key) ?? start(root);
    },
    keyAt(path) {
      const found = find(path);
      return start(found?.key) ?? start(found?.node) ?? start(root);
    },
    within(path, inside) {
      const found = find(path);
      if (!found?.exact || !isScalar(found.node) || !found.node.range) return start(found?.node);
      return lines.position(sourceOffset(source, found.node as Scalar.Parsed, inside));
    },
    textAt(path) {
      const found = find(path);
      if (!found?.exact) return undefined;
      if (!found.node) return '';
      return isScalar(found.node) ? reader?.scalar(found.node as Scalar.Parsed).text : undefined;
    },
  };
}

/**
 * The field `name` of a decoded Go struct: exact, or in another case. Of several spellings the last in byte order
 * wins, because sigs.k8s.io/yaml sorts the keys before encoding/json reads them. undefined when absent.
 */
export function field(object: JsonObject, name: string): Json | undefined {
  const key = fieldKey(object, name);
  return key === undefined ? undefined : object[key];
}

/** The key under which `field` finds `name`. */
export function fieldKey(object: JsonObject, name: string): string | undefined {
  const folded = fold(name);
  let found: string | undefined;
  for (const key of Object.keys(object)) {
    if (key.length === name.length && fold(key) === folded && (found === undefined || key > found))
      found = key;
  }
  return found;
}

/** The keys of `object` that are none of `names` in any case: fields that Go ignores. */
export function unknownFields(object: JsonObject, names: readonly string[]): string[] {
  const known = new Set(names.map(fold));
  return Object.keys(object).filter((key) => !known.has(fold(key)));
}

function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}
