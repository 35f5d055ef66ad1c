/** Go's slices, arrays and maps under one view each, however they are held. */

import { sprint } from './format.ts';
import { integerValue } from './numbers.ts';
import {
  compareStrings,
  GoInteger,
  type GoObject,
  GoSlice,
  goTypeOf,
  isPlainMap,
  sortedKeys,
} from './typed.ts';
import { GoBytes, GoTypedMap, NIL_BYTES } from './value.ts';

/** A fixed-size array such as `[2]interface {}`, which expr-lang's `toPairs` makes. */
export class GoArray implements GoObject {
  readonly goType: string;
  readonly goKind = 'array';
  readonly items: readonly unknown[];
  constructor(element: string, items: readonly unknown[]) {
    this.goType = `[${items.length}]${element}`;
    this.items = items;
  }
  toString(): string {
    return `[${this.items.map(sprint).join(' ')}]`;
  }
}

/** A `map[interface {}]E`: expr-lang's `groupBy` and `fromPairs` make one. Keys are equal when type and value are. */
export class GoAnyMap implements GoObject {
  readonly goType: string;
  readonly goKind = 'map';
  readonly entries: ReadonlyMap<string, readonly [unknown, unknown]>;
  constructor(element: string, entries: ReadonlyMap<string, readonly [unknown, unknown]>) {
    this.goType = `map[interface {}]${element}`;
    this.entries = entries;
  }
  toString(): string {
    const entries = [...this.entries.values()].sort(([a], [b]) => compareKeys(a, b));
    return `map[${entries.map(([key, value]) => `${sprint(key)}:${sprint(value)}`).join(' ')}]`;
  }
}

/** The identity of a key of a `map[interface {}]`; undefined where Go cannot hash it (slices, maps, functions). */
export function mapKey(key: unknown): string | undefined {
  if (Array.isArray(key) || key instanceof GoSlice || key instanceof GoBytes) return undefined;
  if (isPlainMap(key) || key instanceof GoTypedMap || key instanceof GoAnyMap || typeof key === 'function') {
    return undefined;
  }
  return `${goTypeOf(key)} ${sprint(key)}`;
}

/** How Go orders the keys of a map of any type when it prints it: nil, then by kind, then by value. */
function compareKeys(left: unknown, right: unknown): number {
  const rank = (key: unknown): number =>
    key === null
      ? 0
      : typeof key === 'boolean'
        ? 1
        : integerValue(key) !== undefined
          ? 2
          : typeof key === 'string'
            ? 4
            : 3;
  const byRank = rank(left) - rank(right);
  if (byRank !== 0) return byRank;
  if (typeof left === 'string') return compareStrings(left, right as string);
  const [a, b] = [Number(sprint(left)), Number(sprint(right))];
  return Number.isNaN(a) || Number.isNaN(b) ? compareStrings(sprint(left), sprint(right)) : a - b;
}

/** The elements of a slice or array; undefined for anything else, strings included. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof GoSlice || value instanceof GoArray) return value.items;
  if (value instanceof GoBytes) return Array.from(value.value, (byte) => new GoInteger('uint8', byte));
  return undefined;
}

/** A slice of the same type over other items. */
export function sliceLike(value: unknown, items: readonly unknown[]): unknown {
  if (value instanceof GoSlice) return new GoSlice(value.element, items);
  if (value instanceof GoArray) return new GoSlice(value.goType.slice(value.goType.indexOf(']') + 1), items);
  return items;
}

/** The entries of a map in the order in which Go prints them; undefined for anything else. */
export function entriesOf(value: unknown): (readonly [unknown, unknown])[] | undefined {
  if (value instanceof GoTypedMap) return [...value.entries].sort(([a], [b]) => compareStrings(a, b));
  if (value instanceof GoAnyMap) return [...value.entries.values()].sort(([a], [b]) => compareKeys(a, b));
  return isPlainMap(value) ? sortedKeys(value).map((key) => [key, value[key]] as const) : undefined;
}

/** What a map answers for a missing key: the zero value of its elements. */
export function zeroElement(map: unknown): unknown {
  if (map instanceof GoTypedMap) return map.element === 'string' ? '' : NIL_BYTES;
  return null;
}

/** An empty `map[string]any` to fill: without a prototype, so that no key is special. */
export const newMap = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;
