import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLParseError,
} from 'yaml';
import type { Json, JsonObject } from '../model.ts';
import { type LineIndex, lineIndex, type Position, sourceOffset } from './yaml-position.ts';
import { indentation, indentContinuation } from './yaml-repair.ts';
import { type ResolvedScalar, resolvePlain, stringScalar } from './yaml-scalar.ts';

export type YamlPath = readonly (string | number)[];

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

export interface YamlOptions {
  /** Rewrites each string before it is used. */
  replace?: (text: string, at: Position, place: 'key' | 'value') => string;
  /** yaml.v3, which reads `service.*` first, accepts `"\/"`; yaml.v2 does not. */
  slashEscape?: boolean;
}

/** Characters read again, in all, while further lines are indented for the `yaml` package. */
const maxRepaired = 2_000_000;
/** Nodes that aliases may stand for, in all. */
const maxAliased = 100_000;
const maxDepth = 500;

/**
 * Parses as sigs.k8s.io/yaml does (YAML 1.1 by yaml.v2, then JSON): the last of duplicate keys wins, `<<` merges,
 * keys become strings, only the first document counts. Never throws. Conformance: `config.json` groups misc, context.
 */
export function parseYaml(text: string, options: YamlOptions = {}): YamlDocument {
  const { source, document, more, lines } = parseFirst(text);
  const problems: YamlProblem[] = [];
  const root = (document?.contents ?? null) as Node | null;
  let value: Json = null;
  let reader: Reader | undefined;
  try {
    const error = document && worst(document.errors);
    if (error) problems.push({ ...lines.position(error.at), what: sentence(error.cause) });
    else if (document) {
      reader = createReader(source, document, lines.position, options);
      value = reader.read(root, 0);
    }
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error;
    problems.push({ ...lines.position(error.offset), what: error.message });
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

interface FirstDocument {
  /** `text`, with continuation lines indented where the `yaml` package needs it. */
  source: string;
  /** undefined for an empty text. */
  document: Document | undefined;
  more: boolean;
  /** Positions in `text` of offsets in `source`. */
  lines: LineIndex;
}

const yamlOptions = {
  version: '1.1',
  schema: 'failsafe',
  merge: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

function parseFirst(text: string): FirstDocument {
  let source = text;
  const shifted = new Set<number>();
  for (let attempt = 0; ; attempt++) {
    const documents = parseAllDocuments(source, yamlOptions);
    const lines = lineIndex(source, shifted, indentation);
    const document = Array.isArray(documents) ? documents[0] : undefined;
    if (!document) return { source, document: undefined, more: false, lines };
    document.errors = document.errors.filter((error) => counts(error, document));
    const repaired =
      attempt * text.length < maxRepaired && attempt < 50 && document.errors.length > 0
        ? indentContinuation(source, document)
        : undefined;
    if (!repaired) return { source, document, more: documents.length > 1, lines };
    source = repaired.text;
    for (const line of repaired.lines) shifted.add(line);
  }
}

/** libyaml wants no space before a comment, and never looks behind a flow collection that is the whole document. */
function counts(error: YAMLParseError, document: Document): boolean {
  if (error.message.startsWith('Comments must be separated')) return false;
  if (error.code !== 'UNEXPECTED_TOKEN') return true;
  const root = document.contents as Node | null;
  const behindRoot = isCollection(root) && root.flow && root.range && error.pos[0] >= root.range[1];
  return !behindRoot;
}

class YamlFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

interface Found {
  node: Node | null;
  key: Node | undefined;
  /** The whole path was there. */
  exact: boolean;
}

type Entries = Map<string, { key: Node; value: Node | null }>;

interface Reader {
  read(node: Node | null, depth: number): Json;
  scalar(node: Scalar.Parsed): ResolvedScalar;
  find(root: Node, path: YamlPath): Found;
}

function createReader(
  text: string,
  document: Document,
  position: (offset: number) => Position,
  options: YamlOptions,
): Reader {
  let aliased = 0;
  let insideAliases = 0;
  let targets: Map<Node, Node> | undefined;
  const open = new Set<Node>();
  const indexes = new Map<Node, Entries>();

  function resolveAlias(node: Node | null): Node | null {
    if (!isAlias(node)) return node;
    targets ??= targetsOf(document);
    const target = targets.get(node);
    if (!target) throw new YamlFault(`the alias *${node.source} has no anchor`, offsetOf(node));
    return target;
  }

  function read(node: Node | null, depth: number): Json {
    if (isAlias(node)) insideAliases++;
    try {
      return readTarget(node, resolveAlias(node), depth);
    } finally {
      if (isAlias(node)) insideAliases--;
    }
  }

  function readTarget(node: Node | null, target: Node | null, depth: number): Json {
    count(node);
    if (depth > maxDepth) throw new YamlFault('the YAML is nested too deeply', offsetOf(node));
    if (!target) return null;
    if (isScalar(target)) return scalar(target as Scalar.Parsed).value;
    if (open.has(target)) throw new YamlFault('an anchor contains itself', offsetOf(node));
    open.add(target);
    try {
      if (isSeq(target)) return target.items.map((item) => read(item as Node | null, depth + 1));
      const object: JsonObject = {};
      fill(object, target, depth);
      return object;
    } finally {
      open.delete(target);
    }
  }

  function count(node: Node | null): void {
    if (insideAliases === 0 || ++aliased <= maxAliased) return;
    throw new YamlFault('aliases make the YAML too large', offsetOf(node));
  }

  /** In order, so that a later duplicate or merge wins, as in yaml.v2. */
  function fill(object: JsonObject, map: Node, depth: number): void {
    if (!isMap(map)) throw new YamlFault('a merge (<<) needs a mapping or a list of mappings', offsetOf(map));
    for (const pair of map.items) {
      const key = pair.key as Node | null;
      const child = pair.value as Node | null;
      if (isMergeKey(key)) mergeInto(object, child, depth);
      else define(object, keyName(key), read(child, depth + 1));
    }
  }

  function mergeInto(object: JsonObject, from: Node | null, depth: number): void {
    const source = resolveAlias(from);
    if (depth > maxDepth) throw new YamlFault('the YAML is nested too deeply', offsetOf(from));
    if (isSeq(source)) {
      // yaml.v2 applies the first mapping last, so that it wins.
      for (const item of [...source.items].reverse()) {
        const target = resolveAlias(item as Node | null);
        if (!isMap(target)) throw new YamlFault('a merge (<<) needs mappings', offsetOf(item as Node | null));
        mergeMap(object, target, depth);
      }
    } else if (isMap(source)) mergeMap(object, source, depth);
    else throw new YamlFault('a merge (<<) needs a mapping or a list of mappings', offsetOf(from));
  }

  function mergeMap(object: JsonObject, map: Node, depth: number): void {
    if (open.has(map)) throw new YamlFault('an anchor contains itself', offsetOf(map));
    count(map);
    open.add(map);
    insideAliases++;
    try {
      fill(object, map, depth + 1);
    } finally {
      insideAliases--;
      open.delete(map);
    }
  }

  function scalar(node: Scalar.Parsed, place: 'key' | 'value' = 'value'): ResolvedScalar {
    let source = node.source ?? '';
    // libyaml adds no line break that the text does not have.
    const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    if (block && source.endsWith('\n') && node.range[1] >= text.length && !text.endsWith('\n')) {
      source = source.slice(0, -1);
    }
    if (node.type === 'QUOTE_DOUBLE' && !options.slashEscape) {
      const slash = slashEscape(text, node.range[0], node.range[1]);
      if (slash !== undefined) throw new YamlFault('unknown escape "\\/" in a double-quoted string', slash);
    }
    const resolved = resolveTagged(node, source);
    if (resolved.kind !== 'string' || !options.replace) return resolved;
    return stringScalar(options.replace(resolved.text, position(offsetOf(node)), place));
  }

  function resolveTagged(node: Scalar.Parsed, source: string): ResolvedScalar {
    const tag = node.tag?.replace('tag:yaml.org,2002:', '');
    const resolved = resolvePlain(source);
    switch (tag) {
      case undefined:
        return node.type === 'PLAIN' || node.type === undefined ? resolved : stringScalar(source);
      case 'int':
      case 'bool':
      case 'null':
      case 'float': {
        const kind = tag === 'bool' ? 'boolean' : tag;
        if (resolved.kind === kind || (kind === 'float' && resolved.kind === 'int')) return resolved;
        throw new YamlFault(`the value is no !!${tag}`, offsetOf(node));
      }
      case 'binary':
        return stringScalar(decodeBase64(source, offsetOf(node)));
      default:
        return stringScalar(source);
    }
  }

  function keyName(key: Node | null): string {
    const target = resolveAlias(key);
    if (!target) throw new YamlFault('a key is empty', offsetOf(key));
    if (!isScalar(target)) {
      throw new YamlFault('a key is a mapping or a list; text with braces needs quotes', offsetOf(key));
    }
    const resolved = scalar(target as Scalar.Parsed, 'key');
    if (resolved.kind === 'null') throw new YamlFault('a key is null; quote it', offsetOf(key));
    if (resolved.kind === 'int' && Number(resolved.text) >= 2 ** 63) {
      throw new YamlFault('a key is too large a number; quote it', offsetOf(key));
    }
    return resolved.key ?? resolved.text;
  }

  function isMergeKey(key: Node | null): boolean {
    return (
      isScalar(key) && key.source === '<<' && (key.type === 'PLAIN' || key.tag === 'tag:yaml.org,2002:merge')
    );
  }

  /** Entries of a mapping by name, found as `fill` finds them: a later duplicate or merge wins. */
  function entriesOf(map: Node, depth: number): Entries {
    const known = indexes.get(map);
    if (known) return known;
    const entries: Entries = new Map();
    indexes.set(map, entries);
    if (!isMap(map) || depth > maxDepth) return entries;
    for (const pair of map.items) {
      const key = pair.key as Node | null;
      const value = pair.value as Node | null;
      if (!isMergeKey(key)) {
        if (key) entries.set(keyName(key), { key, value });
        continue;
      }
      const source = resolveAlias(value);
      for (const item of isSeq(source) ? [...source.items].reverse() : [source]) {
        const target = resolveAlias(item as Node | null);
        if (target) for (const [name, entry] of entriesOf(target, depth + 1)) entries.set(name, entry);
      }
    }
    return entries;
  }

  function find(root: Node, path: YamlPath): Found {
    let node: Node | null = resolveAlias(root);
    let key: Node | undefined;
    for (const step of path) {
      if (typeof step === 'number') {
        if (!isSeq(node) || step >= node.items.length) return { node, key, exact: false };
        node = resolveAlias(node.items[step] as Node | null);
        key = undefined;
      } else {
        const found = node ? entriesOf(node, 0).get(step) : undefined;
        if (!found) return { node, key, exact: false };
        key = found.key;
        node = resolveAlias(found.value);
      }
    }
    return { node, key, exact: true };
  }

  return { read, scalar, find };
}

/** What each alias stands for: the anchor of that name before it. In one pass, where `alias.resolve` takes one each. */
function targetsOf(document: Document): Map<Node, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(document, {
    Node(_, node) {
      if (!isAlias(node)) {
        if (node.anchor) anchors.set(node.anchor, node);
        return;
      }
      const target = anchors.get(node.source);
      if (target) targets.set(node, target);
    },
  });
  return targets;
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function define(object: JsonObject, name: string, value: Json): void {
  // A plain assignment of `__proto__` would change the prototype instead.
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function slashEscape(text: string, from: number, to: number): number | undefined {
  for (let i = from; i < to; i++) {
    if (text[i] !== '\\') continue;
    if (text[i + 1] === '/') return i;
    i++;
  }
  return undefined;
}

function decodeBase64(source: string, offset: number): string {
  const compact = source.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) {
    throw new YamlFault('!!binary holds no base64', offset);
  }
  return Buffer.from(compact, 'base64').toString('utf8');
}

/** The first error; a key of several lines is wrong where its colon stands, rather than where it begins. */
function worst([first, second]: readonly YAMLParseError[]):
  | { cause: YAMLParseError; at: number }
  | undefined {
  const cause = second?.code === 'MULTILINE_IMPLICIT_KEY' && second.pos[0] === first?.pos[0] ? second : first;
  if (!cause) return undefined;
  return { cause, at: cause.code === 'MULTILINE_IMPLICIT_KEY' ? cause.pos[1] - 1 : cause.pos[0] };
}

/** Where the words of the `yaml` package say more about YAML than about the mistake. */
const sentences: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY:
    'a second ":" on one line, or a deeper line below a value; quote the text or correct the indentation',
  MULTILINE_IMPLICIT_KEY: 'a ":" follows text of several lines; correct the indentation, or the line before',
  TAB_AS_INDENT: 'a tab is used as indentation; use spaces',
};

function sentence({ code, message }: YAMLParseError): string {
  if (message.includes('call stack')) return 'the YAML is nested too deeply';
  const first = message.split('\n')[0] ?? message;
  return sentences[code] ?? first.charAt(0).toLowerCase() + first.slice(1);
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
