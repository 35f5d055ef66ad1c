import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Scalar, visit } from 'yaml';
import type { Json, JsonObject } from '../model.ts';
import type { Position, YamlPath } from './yaml-position.ts';
import { type ResolvedScalar, resolvePlain, stringScalar } from './yaml-scalar.ts';

export interface YamlOptions {
  /** Rewrites each string before it is used. */
  replace?: (text: string, at: Position, place: 'key' | 'value') => string;
  /** yaml.v3, which reads `service.*` first, accepts `"\/"`; yaml.v2 does not. */
  slashEscape?: boolean;
}

/** Nodes that aliases may stand for, in all. */
const maxAliased = 100_000;
/** Collections in each other. */
export const maxDepth = 500;

export class YamlFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export interface Found {
  node: Node | null;
  key: Node | undefined;
  /** The whole path was there. */
  exact: boolean;
}

type Entries = Map<string, { key: Node; value: Node | null }>;

/** Values and places of the nodes of one document. */
export interface YamlReader {
  read(node: Node | null, depth: number): Json;
  scalar(node: Scalar.Parsed): ResolvedScalar;
  find(root: Node, path: YamlPath): Found;
}

export function createYamlReader(
  text: string,
  document: Document,
  position: (offset: number) => Position,
  options: YamlOptions,
): YamlReader {
  let aliased = 0;
  let insideAliases = 0;
  let targets: Map<Node, Node> | undefined;
  const open = new Set<Node>();
  const indexes = new Map<Node, Entries>();

  function resolveAlias(node: Node | null): Node | null {
    if (!isAlias(node)) return node;
    targets ??= targetsOf(document);
    const target = targets.get(node);
    if (!target) throw new YamlFault(`the alias *${node.source.slice(0, 100)} has no anchor`, offsetOf(node));
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
