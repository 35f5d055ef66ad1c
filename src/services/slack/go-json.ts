import { compact, goString, type JsonNode, parseJsonTree } from './json-tree.ts';
import { accessoryShape, blockShape, elementShape, SHAPES } from './shapes.ts';

/**
 * `attachments` and `blocks` as argocd-notifications posts them: decoded and encoded again the way that Go's
 * encoding/json and slack-go do it. Keys match without regard to case, the last of several counts, unknown
 * fields are dropped. What the engine refuses to decode (and then sends nothing) is an error value here.
 * The vectors of the groups `attachments` and `blocks` in pipeline.json record it.
 */
export type Normalised = { ok: true; json: string | undefined } | { ok: false; error: string };

/** `json` is undefined where the engine leaves the form field out (attachments `null`). */
export function normaliseAttachments(text: string): Normalised {
  return normalise(text, '[]', '[]Attachment', (json) => (json === 'null' ? undefined : json));
}

export function normaliseBlocks(text: string): Normalised {
  return normalise(text, '[]', 'Blocks', (json) => (json === 'null' ? '[]' : json));
}

function normalise(
  text: string,
  empty: string,
  type: string,
  finish: (json: string) => string | undefined,
): Normalised {
  // The engine calls only '' empty; a template whose condition printed nothing but a newline means the same.
  if (text.trim() === '') return { ok: true, json: empty };
  const tree = parseJsonTree(text);
  if (tree === undefined) return { ok: false, error: 'is not valid JSON' };
  try {
    return { ok: true, json: finish(encode(tree, type, '')) };
  } catch (error) {
    if (error instanceof ShapeError) return { ok: false, error: error.message };
    throw error;
  }
}

class ShapeError extends Error {}

function refuse(path: string, what: string): never {
  throw new ShapeError(`${path === '' ? 'the value' : path} ${what}`);
}

// Decoding and encoding are one step, because nothing is computed in between.
function encode(node: JsonNode | undefined, type: string, path: string): string {
  if (type.startsWith('*')) {
    return node === undefined || node.kind === 'null' ? 'null' : encode(node, type.slice(1), path);
  }
  if (type.startsWith('[]')) {
    if (node === undefined || node.kind === 'null') return 'null';
    if (node.kind !== 'array') refuse(path, 'must be a list');
    return list(node.items, (item, index) => encode(item, type.slice(2), `${path}[${index}]`));
  }
  switch (type) {
    case 'string':
      if (node === undefined || node.kind === 'null') return '""';
      return node.kind === 'string' ? goString(node.value) : refuse(path, 'must be a string');
    case 'bool':
      if (node === undefined || node.kind === 'null') return 'false';
      return node.kind === 'bool' ? node.source : refuse(path, 'must be true or false');
    case 'int':
      if (node === undefined || node.kind === 'null') return '0';
      if (node.kind !== 'number' || !/^-?\d+$/.test(node.source)) return refuse(path, 'must be an integer');
      return String(BigInt(node.source));
    case 'number':
      return encodeNumber(node, path);
    case 'Blocks':
      return encodeUnion(node, path, encodeBlock);
    case 'Elements':
      return encodeUnion(node, path, (item, at) => encodeElement(item, at, 'interactive element'));
    case 'ContextElements':
      return encodeUnion(node, path, encodeContextElement);
    case 'Accessory': {
      const shape = accessoryShape(typeOf(node, path));
      return shape === undefined ? 'null' : struct(node, shape, path);
    }
    case 'InputElement':
      return node?.kind === 'object' || node?.kind === 'null' ? encodeElement(node, path, 'element') : 'null';
    case 'RichText':
      return encodeRichText(node, path);
    case 'TableCell':
      // slack-go knows rich text cells only and empties the others; these are passed on whole.
      return node !== undefined && typeOf(node, path) !== 'rich_text'
        ? compact(node)
        : encodeRichText(node, path);
    default:
      return struct(node, type, path);
  }
}

function encodeNumber(node: JsonNode | undefined, path: string): string {
  if (node === undefined || node.kind === 'null') return '0';
  const literal = node.kind === 'string' ? node.value : node.source;
  const valid = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(literal);
  return valid ? literal : refuse(path, 'must be a number');
}

function struct(node: JsonNode | undefined, name: string, path: string): string {
  const fields = SHAPES.get(name) ?? [];
  if (node !== undefined && node.kind !== 'object' && node.kind !== 'null') refuse(path, 'must be an object');
  const written = fields.flatMap((field) => {
    const member = lookup(node, field.name);
    const json = encode(member, field.type, path === '' ? field.name : `${path}.${field.name}`);
    const zero = member === undefined || member.kind === 'null' || isZero(json, field.type);
    return field.omitEmpty && zero ? [] : [`"${field.name}":${json}`];
  });
  return `{${written.join(',')}}`;
}

function isZero(json: string, type: string): boolean {
  // A pointer to an empty value is no nil, and json.Number keeps its literal: a written 0 is no empty string.
  if (type.startsWith('*') || type === 'number') return false;
  return json === 'null' || json === '[]' || json === '""' || json === 'false' || json === '0';
}

function lookup(node: JsonNode | undefined, name: string): JsonNode | undefined {
  if (node?.kind !== 'object') return undefined;
  return node.members.findLast(([key]) => key === name || key.toLowerCase() === name)?.[1];
}

function typeOf(node: JsonNode | undefined, path: string): string {
  if (node === undefined || node.kind === 'null') return '';
  if (node.kind !== 'object') return refuse(path, 'must be an object');
  const type = lookup(node, 'type');
  if (type === undefined || type.kind === 'null') return '';
  return type.kind === 'string' ? type.value : refuse(`${path}.type`, 'must be a string');
}

function encodeUnion(
  node: JsonNode | undefined,
  path: string,
  encodeItem: (item: JsonNode, path: string) => string,
): string {
  if (node === undefined || node.kind === 'null' || node.source === '{}') return 'null';
  if (node.kind !== 'array') return refuse(path, 'must be a list');
  if (node.items.length === 0) return 'null';
  return list(node.items, (item, index) => encodeItem(item, `${path}[${index}]`));
}

function list(items: JsonNode[], encodeItem: (item: JsonNode, index: number) => string): string {
  return `[${items.map(encodeItem).join(',')}]`;
}

function encodeBlock(node: JsonNode, path: string): string {
  const type = typeOf(node, path);
  if (type === 'rich_text' || type === 'rich_text_input') return encodeRichText(node, path);
  const shape = blockShape(type);
  return shape === undefined ? compact(node) : struct(node, shape, path);
}

function encodeElement(node: JsonNode, path: string, what: string): string {
  const type = typeOf(node, path);
  const shape = elementShape(type);
  return shape === undefined
    ? refuse(path, `has a type that is no ${what}: ${goString(type)}`)
    : struct(node, shape, path);
}

function encodeContextElement(node: JsonNode, path: string): string {
  const type = typeOf(node, path);
  if (type === 'plain_text' || type === 'mrkdwn') return struct(node, 'Text', path);
  if (type === 'image') return struct(node, 'element.image', path);
  return refuse(path, `has a type that is no element of a context: ${goString(type)}`);
}

function encodeRichText(node: JsonNode | undefined, path: string): string {
  if (node?.source === '{}') return '{"type":"","elements":null}';
  const blockId = encode(lookup(node, 'block_id'), 'string', `${path}.block_id`);
  const id = blockId === '""' ? '' : `,"block_id":${blockId}`;
  return `{"type":${goString(typeOf(node, path))}${id},"elements":${richElements(node, path, encodeRichContainer)}}`;
}

function encodeRichContainer(node: JsonNode, path: string): string {
  const type = typeOf(node, path);
  const int = (name: string) => encode(lookup(node, name), 'int', `${path}.${name}`);
  switch (type) {
    case 'rich_text_section':
      return `{"type":"${type}","elements":${richElements(node, path, encodeRichLeaf)}}`;
    case 'rich_text_list': {
      const style = encode(lookup(node, 'style'), 'string', `${path}.style`);
      const elements = richElements(node, path, encodeRichContainer);
      return `{"type":"${type}","elements":${elements},"style":${style},"indent":${int('indent')},"border":${int('border')},"offset":${int('offset')}}`;
    }
    case 'rich_text_quote': {
      const border = int('border') === '0' ? '' : `,"border":${int('border')}`;
      return `{"type":"${type}","elements":${richElements(node, path, encodeRichLeaf)}${border}}`;
    }
    case 'rich_text_preformatted': {
      const written = encode(lookup(node, 'language'), 'string', `${path}.language`);
      const language = written === '""' ? '' : `,"language":${written}`;
      return `{"type":"${type}","elements":${richElements(node, path, encodeRichLeaf)},"border":${int('border')}${language}}`;
    }
    default:
      return compact(node);
  }
}

function encodeRichLeaf(node: JsonNode, path: string): string {
  const shape = `rich.${typeOf(node, path)}`;
  return SHAPES.has(shape) ? struct(node, shape, path) : compact(node);
}

function richElements(
  node: JsonNode | undefined,
  path: string,
  encodeItem: (item: JsonNode, path: string) => string,
): string {
  const elements = lookup(node, 'elements');
  if (elements === undefined || elements.kind === 'null') return '[]';
  if (elements.kind !== 'array') return refuse(`${path}.elements`, 'must be a list');
  return list(elements.items, (item, index) => encodeItem(item, `${path}.elements[${index}]`));
}
