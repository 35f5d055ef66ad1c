import { at, isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import { createColdStore } from './cold.ts';
import { cutDeepList } from './kube-object.ts';

/**
 * Reads JSON of the API server as `JSON.parse` does, without parsing the long lists of Applications that hardly anything
 * reads: resources and history, which are most of them. They are there all the same, as properties that are parsed when
 * they are asked for, from compressed text. Nothing of the bytes is used later.
 */
export interface ThinReader {
  /** A list, or a page of one. Throws a SyntaxError as `JSON.parse`. */
  list(bytes: Buffer): Json;
  /** A line of a watch; the same. */
  frame(line: Buffer): Json;
}

/** Long lists, by the text before them. Elsewhere than where an Application has them, they are parsed with the rest. */
const heads = ['"resources":[', '"history":[', '"managedFields":['].map((text) => Buffer.from(text));
/** What is shorter is parsed. */
const shortest = 1_024;

/** A part of the bytes. */
interface Cut {
  start: number;
  end: number;
}

export function createThinReader(): ThinReader {
  const store = createColdStore((text) => cutDeepList(JSON.parse(text) as Json[]));

  function parseWithout(
    bytes: Buffer,
    cuts: readonly Cut[],
    objectsOf: (value: Json) => readonly Json[],
  ): Json {
    if (cuts.length === 0) return JSON.parse(bytes.toString()) as Json;
    const parts = between(bytes, cuts);
    const first = unusedNumber(parts);
    // In the place of each cut stands a number.
    const text = parts
      .map((part, index) => (index === 0 ? '' : first + index - 1) + part.toString())
      .join('');
    const value = JSON.parse(text) as Json;
    const taken = new Set<number>();
    const textOf = (index: number): Buffer => bytes.subarray(cuts[index]?.start, cuts[index]?.end);
    for (const object of objectsOf(value)) {
      for (const { holder, key, isKept } of longListsOf(object)) {
        const number = holder[key];
        if (typeof number !== 'number' || !(number - first in cuts)) continue;
        const index = number - first;
        taken.add(index);
        lend(holder, key, isKept ? store.keep(textOf(index)) : laterOf(textOf(index).toString()));
      }
    }
    if (taken.size === cuts.length) return value;
    return parseWithout(
      bytes,
      cuts.filter((_, index) => taken.has(index)),
      objectsOf,
    );
  }

  return {
    list: (bytes) => parseWithout(bytes, longLists(bytes), itemsOf),
    frame: (line) => parseWithout(line, longLists(line), (frame) => [at(frame, 'object') ?? null]),
  };
}

function laterOf(text: string): () => Json {
  return () => JSON.parse(text) as Json;
}

function itemsOf(list: Json): Json[] {
  const items = at(list, 'items');
  return Array.isArray(items) ? items : [];
}

/** Where an Application has what is worth it. Managed fields are looked into, if at all, before they are dropped. */
function longListsOf(object: Json): { holder: JsonObject; key: string; isKept: boolean }[] {
  if (!isObject(object)) return [];
  const { metadata, status } = object;
  const operation = isObject(status) ? status.operationState : undefined;
  const result = isObject(operation) ? operation.syncResult : undefined;
  return [
    ...(isObject(metadata) ? [{ holder: metadata, key: 'managedFields', isKept: false }] : []),
    ...(isObject(status)
      ? ['resources', 'history'].map((key) => ({ holder: status, key, isKept: true }))
      : []),
    ...(isObject(result) ? [{ holder: result, key: 'resources', isKept: true }] : []),
  ];
}

/** Own and enumerable as any other, so that nobody who reads the object sees a difference. */
function lend(holder: JsonObject, key: string, get: () => Json): void {
  Object.defineProperty(holder, key, {
    get,
    set(value: Json) {
      Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
    },
    enumerable: true,
    configurable: true,
  });
}

/** In their order, none inside another. Their heads cannot be parts of a string: the quotes in it are escaped. */
function longLists(bytes: Buffer): Cut[] {
  const cuts: Cut[] = [];
  let from = 0;
  for (;;) {
    const start = nextList(bytes, from);
    const end = start === -1 ? -1 : endOfList(bytes, start);
    // There is none, or it is cut off, which whoever parses it tells.
    if (end === -1) return cuts;
    const isLong = end - start >= shortest;
    if (isLong) cuts.push({ start, end });
    from = isLong ? end : start;
  }
}

/** The bracket that opens the next list with such a head; -1: there is none. */
function nextList(bytes: Buffer, from: number): number {
  let until = bytes.length;
  let start = -1;
  // Each is looked for before the one found last: what lies between two lists is short, the rest is long.
  for (const head of heads) {
    const at = bytes.subarray(from, until).indexOf(head);
    if (at === -1) continue;
    until = from + at;
    start = until + head.length - 1;
  }
  return start;
}

/** Behind the bracket that closes the one at `start`; -1: there is none. */
function endOfList(bytes: Buffer, start: number): number {
  const { length } = bytes;
  let depth = 0;
  for (let at = start; at < length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) {
      at += 1;
      while (at < length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
    } else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

const quote = 0x22;
const backslash = 0x5c;

/** What stays: the bytes around the cuts. */
function between(bytes: Buffer, cuts: readonly Cut[]): Buffer[] {
  return [...cuts, { start: bytes.length }].map(({ start }, index) =>
    bytes.subarray(cuts[index - 1]?.end ?? 0, start),
  );
}

/** The first of a million numbers that do not occur in what stays. */
function unusedNumber(parts: readonly Buffer[]): number {
  let head = 90_000_000;
  while (parts.some((part) => part.includes(String(head)))) head += 1;
  return head * 1_000_000;
}
