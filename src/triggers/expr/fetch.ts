/**
 * Member access, slices and `in`, as expr-lang's runtime does them. The only place that reads a user's object,
 * and it reads own properties only.
 */
import { toIndex } from '../../go/arithmetic.ts';
import { byteLength, sliceBytes, toBytes } from '../../go/bytes.ts';
import { GoAnyMap, itemsOf, mapKey, sliceLike, zeroElement } from '../../go/collections.ts';
import { type Budget, equal } from '../../go/compare.ts';
import { GoNilPointer, GoNilSlice } from '../../go/nil.ts';
import { GoInteger, goTypeOf, isGoObject, isPlainMap } from '../../go/typed.ts';
import { GoBytes, GoTypedMap } from '../../go/value.ts';

/** Nothing there: distinct from nil, which may be. */
const MISSING = Symbol('missing');

const keyText = (key: unknown): string => (typeof key === 'string' ? key : String(key));

/** A string key of a map; nil asks for the empty one, any other type is an error. */
function stringKey(map: unknown, key: unknown): string {
  if (typeof key === 'string') return key;
  if (key === null) return '';
  throw new Error(`${goTypeOf(key)} is no key of ${goTypeOf(map)}`);
}

/** What a map answers for a missing key. */
const zeroOf = (map: unknown): unknown =>
  map instanceof GoAnyMap && map.goType.endsWith('][]interface {}')
    ? new GoNilSlice('interface {}')
    : zeroElement(map);

/** The value of a key of a map, or MISSING; undefined where the value is no map. */
function lookUp(map: unknown, key: unknown): unknown {
  if (isPlainMap(map)) {
    const name = stringKey(map, key);
    return Object.hasOwn(map, name) ? (map[name] ?? null) : MISSING;
  }
  if (map instanceof GoTypedMap) return map.entries.get(stringKey(map, key)) ?? MISSING;
  if (map instanceof GoAnyMap) {
    const identity = mapKey(key);
    if (identity === undefined) throw new Error(`${goTypeOf(key)} cannot be a key`);
    const entry = map.entries.get(identity);
    return entry === undefined ? MISSING : entry[1];
  }
  return undefined;
}

/** Characters of a string that are made bytes in the time of one step. */
const CHARACTERS_A_STEP = 64;

/** The elements of a list, or the bytes of a string; undefined for anything else. */
function elementsOf(value: unknown, budget: Budget | undefined): ArrayLike<unknown> | undefined {
  if (typeof value !== 'string') return itemsOf(value);
  budget?.spend(value.length / CHARACTERS_A_STEP);
  return toBytes(value);
}

/** An element as Go has it: a byte of a string is a uint8. */
const elementAt = (from: unknown, items: ArrayLike<unknown>, at: number): unknown => {
  const item = items[at] ?? null;
  return typeof from === 'string' && typeof item === 'number' ? new GoInteger('uint8', item) : item;
};

/** Go's methods and fields of a value that is no map or list; undefined where it has none of the name. */
function memberOf(value: unknown, key: unknown): unknown {
  if (typeof key !== 'string' || !isGoObject(value) || value instanceof GoNilPointer) return undefined;
  return value.goMember?.(key);
}

/** expr-lang's `from[key]`. `path` names `from` in messages. */
export function fetch(from: unknown, key: unknown, path: string, budget?: Budget): unknown {
  if (isPlainMap(from) && typeof key === 'string')
    return Object.hasOwn(from, key) ? (from[key] ?? null) : null;
  if (from === null) throw new Error(`${path} is nil: it has no ${keyText(key)}`);
  const member = memberOf(from, key);
  if (member !== undefined) return member;
  const found = lookUp(from, key);
  if (found !== undefined) return found === MISSING ? zeroOf(from) : found;
  const items = elementsOf(from, budget);
  if (items === undefined) throw new Error(`${path} is ${goTypeOf(from)}: it has no ${keyText(key)}`);
  const index = toIndex(key);
  const at = index < 0 ? items.length + index : index;
  if (at < 0 || at >= items.length)
    throw new Error(`index ${index} is out of range: ${path} has ${items.length} elements`);
  return elementAt(from, items, at);
}

/** The built-in `get`: nil where `fetch` finds nothing. */
export function get(from: unknown, key: unknown): unknown {
  if (from === null) return null;
  const member = memberOf(from, key);
  if (member !== undefined) return member;
  const found = lookUp(from, key);
  if (found !== undefined) return found === MISSING ? null : found;
  const items = elementsOf(from, undefined);
  if (items === undefined) {
    const struct = isGoObject(from) && (from.goKind ?? 'struct') === 'struct';
    if (struct && typeof key !== 'string') throw new Error(`${goTypeOf(key)} names no field`);
    return null;
  }
  const index = toIndex(key);
  return elementAt(from, items, index < 0 ? items.length + index : index);
}

/** Go's `len` of anything that has one; in bytes for a string. */
export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return byteLength(value);
  const items = itemsOf(value);
  if (items !== undefined) return items.length;
  if (isPlainMap(value)) return Object.keys(value).length;
  if (value instanceof GoTypedMap || value instanceof GoAnyMap) return value.entries.size;
  throw new Error(`${goTypeOf(value)} has no length`);
}

/** expr-lang's `value[from:to]`: bounds from the end where negative, and cut to the length. */
export function slice(value: unknown, from: unknown, to: unknown): unknown {
  const length = lengthOf(value);
  const place = (bound: unknown): number => {
    const index = toIndex(bound);
    return Math.max(index < 0 ? length + index : index, 0);
  };
  const end = Math.min(place(to), length);
  const start = Math.min(place(from), end);
  if (typeof value === 'string') return sliceBytes(value, start, end);
  if (value instanceof GoBytes) return new GoBytes(value.value.slice(start, end));
  const items = itemsOf(value);
  if (items === undefined) throw new Error(`cannot slice ${goTypeOf(value)}`);
  return sliceLike(value, items.slice(start, end));
}

/** expr-lang's `needle in haystack`. */
export function contains(needle: unknown, haystack: unknown, budget: Budget): boolean {
  if (haystack === null || haystack instanceof GoNilPointer) return false;
  const found = lookUp(haystack, needle);
  if (found !== undefined) return found !== MISSING;
  const items = itemsOf(haystack);
  if (items !== undefined) {
    budget.spend(items.length);
    return items.some((item) => equal(item, needle, budget));
  }
  if (isGoObject(haystack) && (haystack.goKind ?? 'struct') === 'struct') {
    if (typeof needle !== 'string')
      throw new Error(`${goTypeOf(needle)} names no field of ${goTypeOf(haystack)}`);
    const field = haystack.goMember?.(needle);
    return field !== undefined && typeof field !== 'function';
  }
  throw new Error(`in cannot be used on ${goTypeOf(haystack)}`);
}

/** What a map has in the place of elements: a closure may run over a map as long as it does not look at them. */
export const NO_ELEMENT = Symbol('no element');

/** A list's items for a closure to run over. */
export function iterate(value: unknown, budget: Budget): readonly unknown[] {
  if (typeof value === 'string') {
    budget.spend(value.length / 4);
    return Array.from(toBytes(value), (byte) => new GoInteger('uint8', byte));
  }
  const items = itemsOf(value);
  if (items !== undefined) return items;
  if (value === null) throw new Error('the list is nil');
  return Array.from({ length: lengthOf(value) }, () => NO_ELEMENT);
}
