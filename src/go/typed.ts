/**
 * The Go types that value.ts leaves out because no Application has them: other integers, typed slices,
 * functions, and values with methods. They come from literals and functions of the two languages.
 */
import { GoBytes, GoFloat, GoInt, GoInt64, GoTypedMap } from './value.ts';

/** An integer of a type other than int and int64: `uint8` (a byte of a string), `int32`, `uint64` … */
export class GoInteger {
  readonly type: string;
  readonly value: number | bigint;
  constructor(type: string, value: number | bigint) {
    this.type = type;
    this.value = value;
  }
}

/** A slice whose elements are not `any`: `[]string`, `[]int`, `[][]interface {}`. `element` is the Go type's name. */
export class GoSlice {
  readonly element: string;
  readonly items: readonly unknown[];
  constructor(element: string, items: readonly unknown[]) {
    this.element = element;
    this.items = items;
  }
}

/**
 * A Go value with methods, such as time.Time, time.Duration or *semver.Version. `toString()` is Go's `String()`.
 */
export interface GoObject {
  /** Name of the type: `time.Time`. */
  readonly goType: string;
  /** The type with its package's whole path, where that is longer: `github.com/…/shared.AppDetail`. */
  readonly goPath?: string;
  /** Its kind: `struct`, `ptr`, `int64`, `int`. Default `struct`. */
  readonly goKind?: string;
  /** The value without its type's methods, where the kind is an integer (nanoseconds of a Duration). */
  goUnderlying?(): unknown;
  /** Go's `GoString()` or what `%#v` prints. */
  goSyntax?(): string;
  /** A method of the value, bound to it, or an exported field; undefined where the type has none of the name. */
  goMember?(name: string): unknown;
  toString(): string;
}

/** A function of Go with its type, such as `func(string) time.Time`, for `%T` and messages. */
export interface GoFunction {
  (...args: unknown[]): unknown;
  readonly goType?: string;
}

/** Never of a plain map, whatever its keys: it came from outside. */
export function isGoObject(value: unknown): value is GoObject {
  if (typeof value !== 'object' || value === null || isPlainMap(value)) return false;
  return typeof (value as { goType?: unknown }).goType === 'string';
}

/** A `map[string]any`: own enumerable properties only, whatever the prototype. */
export function isPlainMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}

/** Go's `reflect.TypeOf(value).String()`; `<nil>` for nil. */
export function goTypeOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64';
    case 'bigint':
      return 'int64';
    case 'function':
      return (value as GoFunction).goType ?? 'func()';
    case 'undefined':
      return '<nil>';
    default:
  }
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (isPlainMap(value)) return 'map[string]interface {}';
  if (value instanceof GoInt) return 'int';
  if (value instanceof GoInt64) return 'int64';
  if (value instanceof GoFloat) return 'float64';
  if (value instanceof GoBytes) return '[]uint8';
  if (value instanceof GoTypedMap)
    return value.element === 'string' ? 'map[string]string' : 'map[string][]uint8';
  if (value instanceof GoInteger) return value.type;
  if (value instanceof GoSlice) return `[]${value.element}`;
  return isGoObject(value) ? value.goType : 'struct {}';
}

/** Go's `reflect.ValueOf(value).Kind().String()`; `invalid` for nil. */
export function goKindOf(value: unknown): string {
  if (typeof value === 'function') return 'func';
  if (isGoObject(value)) return value.goKind ?? 'struct';
  const type = goTypeOf(value);
  if (type === '<nil>') return 'invalid';
  if (type.startsWith('[]')) return 'slice';
  return type.startsWith('map[') ? 'map' : type;
}

const KEY_ORDER = (a: string, b: string): number => {
  // Go sorts by bytes; UTF-16 order differs from it only beside surrogates.
  for (let at = 0; at < a.length && at < b.length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh !== rightHigh && Math.min(left, right) >= 0xd800) return leftHigh ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
};

/** Compares two strings as Go does, byte by byte. */
export const compareStrings = KEY_ORDER;

/** Keys of a map in the order in which Go prints and ranges over them. */
export function sortedKeys(map: Record<string, unknown>): string[] {
  return Object.keys(map).sort(KEY_ORDER);
}
