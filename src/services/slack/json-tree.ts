/**
 * JSON text as a tree that keeps what `JSON.parse` loses and Go's decoder sees: the order and repetition of
 * keys, and the source of numbers and of untouched parts.
 */
export type JsonNode =
  | { kind: 'object'; members: [key: string, value: JsonNode][]; source: string }
  | { kind: 'array'; items: JsonNode[]; source: string }
  | { kind: 'string'; value: string; source: string }
  | { kind: 'number' | 'bool' | 'null'; source: string };

const WHITESPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}]+/y;

/** Answers undefined for text that is not one JSON value. Nesting beyond 1,000 levels is no JSON either. */
export function parseJsonTree(text: string): JsonNode | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const reader = { text, at: 0 };
  return depthOf(text) > 1_000 ? undefined : readValue(reader);
}

interface Reader {
  text: string;
  at: number;
}

// The text is known to be JSON, so the reader only has to follow it.
function readValue(reader: Reader): JsonNode {
  take(reader, WHITESPACE);
  const start = reader.at;
  const first = reader.text[start];
  if (first === '{') {
    const members: [string, JsonNode][] = [];
    readList(reader, '}', () => {
      take(reader, WHITESPACE);
      const key = JSON.parse(take(reader, STRING)) as string;
      take(reader, WHITESPACE);
      reader.at += 1;
      members.push([key, readValue(reader)]);
    });
    return { kind: 'object', members, source: reader.text.slice(start, reader.at) };
  }
  if (first === '[') {
    const items: JsonNode[] = [];
    readList(reader, ']', () => items.push(readValue(reader)));
    return { kind: 'array', items, source: reader.text.slice(start, reader.at) };
  }
  if (first === '"') {
    const source = take(reader, STRING);
    return { kind: 'string', value: JSON.parse(source) as string, source };
  }
  const source = take(reader, SCALAR);
  const kind = source === 'null' ? 'null' : source === 'true' || source === 'false' ? 'bool' : 'number';
  return { kind, source };
}

function readList(reader: Reader, end: string, readItem: () => void): void {
  reader.at += 1;
  take(reader, WHITESPACE);
  while (reader.text[reader.at] !== end) {
    readItem();
    take(reader, WHITESPACE);
    if (reader.text[reader.at] === ',') reader.at += 1;
    take(reader, WHITESPACE);
  }
  reader.at += 1;
}

function take(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0] ?? '';
  reader.at += found.length;
  return found;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of text.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === '[' || bracket[0] === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** A value of JSON as Go's encoder writes it in a raw message: whitespace dropped, `<`, `>`, `&` escaped. */
export function compact(node: JsonNode): string {
  const write = (part: JsonNode): string => {
    if (part.kind === 'object') {
      return `{${part.members.map(([key, value]) => `${goString(key)}:${write(value)}`).join(',')}}`;
    }
    if (part.kind === 'array') return `[${part.items.map(write).join(',')}]`;
    return part.kind === 'string' ? escapeHtml(part.source) : part.source;
  };
  return write(node);
}

/** A string as Go's encoding/json writes it. */
export function goString(text: string): string {
  return escapeHtml(JSON.stringify(text.toWellFormed()));
}

function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
