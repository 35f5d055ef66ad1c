/**
 * What text/template asks of a value through reflection: its truth, length, fields, elements, order.
 * `undefined` is Go's invalid value (a missing key, printed `<no value>`); `null` is a nil inside an interface,
 * on which a field is an error.
 */
import { byteLength, sliceBytes, toBytes } from '../../go/bytes.ts';
import { itemsOf } from '../../go/collections.ts';
import { isNil } from '../../go/nil.ts';
import { floatValue, integerValue } from '../../go/numbers.ts';
import {
  compareStrings,
  type GoFunction,
  GoInteger,
  GoSlice,
  goTypeOf,
  isGoObject,
  isPlainMap,
} from '../../go/typed.ts';
import { GoBytes, GoFloat, GoTypedMap, NIL_BYTES } from '../../go/value.ts';

/** A nil `map[string]interface {}`: empty, and no key can be set. */
export const NIL_MAP: Readonly<Record<string, unknown>> = Object.freeze({});

const isNilValue = (value: unknown): boolean => value === undefined || value === NIL_MAP || isNil(value);

const goMember = (value: object, name: string): unknown =>
  (value as { goMember?: (name: string) => unknown }).goMember?.(name);

/** An integer behind any integer kind, named types such as time.Duration included. */
export function anyInteger(value: unknown): number | bigint | undefined {
  return integerValue(isGoObject(value) ? value.goUnderlying?.() : value);
}

export function isTrue(value: unknown): boolean {
  switch (typeof value) {
    case 'undefined':
      return false;
    case 'string':
      return value !== '';
    case 'boolean':
      return value;
    case 'number':
      return value !== 0;
    case 'function':
      return true;
    default:
  }
  if (value === null) return false;
  const length = lengthOf(value);
  if (length !== undefined) return length > 0;
  const integer = anyInteger(value);
  if (integer !== undefined) return integer !== 0 && integer !== 0n;
  return value instanceof GoFloat ? value.value !== 0 : true;
}

/** Go's `len`; undefined for what has none. */
export function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof GoSlice) return value.items.length;
  if (value instanceof GoBytes) return value.value.length;
  if (value instanceof GoTypedMap) return value.entries.size;
  return isPlainMap(value) ? Object.keys(value).length : undefined;
}

export type Member =
  | { kind: 'value'; value: unknown }
  | { kind: 'method'; call: GoFunction }
  | { kind: 'error'; message: string };

/** `receiver.name`, own properties only. */
export function memberOf(receiver: unknown, name: string): Member {
  if (receiver === undefined) return { kind: 'value', value: undefined };
  if (receiver === null) return { kind: 'error', message: `nil pointer evaluating interface {}.${name}` };
  if (isPlainMap(receiver)) {
    return { kind: 'value', value: Object.hasOwn(receiver, name) ? receiver[name] : undefined };
  }
  if (receiver instanceof GoTypedMap) return { kind: 'value', value: receiver.entries.get(name) };
  if (isGoObject(receiver)) {
    const member = goMember(receiver, name);
    if (typeof member === 'function') return { kind: 'method', call: member as GoFunction };
    if (member !== undefined) return { kind: 'value', value: member };
  }
  return { kind: 'error', message: `can't evaluate field ${name} in type ${goTypeOf(receiver)}` };
}

/** A position inside 0…limit, or why it is none. */
function indexOf(index: unknown, limit: number): number | string {
  if (index === undefined || index === null) return 'cannot index slice/array with nil';
  const integer = anyInteger(index);
  if (integer === undefined) return `cannot index slice/array with type ${goTypeOf(index)}`;
  return integer < 0 || integer > limit ? `index out of range: ${integer}` : Number(integer);
}

/** One step of `index`; throws an Error with Go's reason. */
export function elementAt(item: unknown, index: unknown): unknown {
  if (item === undefined) throw new Error('index of untyped nil');
  if (item === null) throw new Error('index of nil pointer');
  const isText = typeof item === 'string';
  const items = isText ? undefined : itemsOf(item);
  if (isText || items !== undefined) {
    const length = isText ? byteLength(item) : (items as readonly unknown[]).length;
    const at = indexOf(index, length);
    if (typeof at === 'string') throw new Error(at);
    if (at >= length) throw new Error(`index out of range: ${at}`);
    return isText ? new GoInteger('uint8', toBytes(item)[at] as number) : (items as readonly unknown[])[at];
  }
  if (!isPlainMap(item) && !(item instanceof GoTypedMap))
    throw new Error(`can't index item of type ${goTypeOf(item)}`);
  if (index === undefined || index === null) throw new Error('value is nil; should be of type string');
  if (typeof index !== 'string') throw new Error(`value has type ${goTypeOf(index)}; should be string`);
  if (isPlainMap(item)) return Object.hasOwn(item, index) ? item[index] : null;
  return item.entries.get(index) ?? (item.element === 'string' ? '' : NIL_BYTES);
}

/** Go's built-in `slice` (sprig replaces it with its own): at most three indexes. */
export function sliceOf(item: unknown, indexes: readonly unknown[]): unknown {
  if (item === undefined || item === null) throw new Error('slice of untyped nil');
  if (indexes.length > 3) throw new Error(`too many slice indexes: ${indexes.length}`);
  const length = typeof item === 'string' || itemsOf(item) !== undefined ? lengthOf(item) : undefined;
  if (length === undefined) throw new Error(`can't slice item of type ${goTypeOf(item)}`);
  if (typeof item === 'string' && indexes.length === 3) throw new Error('cannot 3-index slice a string');
  const bounds = [0, length, length];
  indexes.forEach((index, at) => {
    const bound = indexOf(index, length);
    if (typeof bound === 'string') throw new Error(bound);
    bounds[at] = bound;
  });
  const [from, to, cap] = bounds as [number, number, number];
  if (from > to || to > cap)
    throw new Error(`invalid slice index: ${from > to ? from : to} > ${from > to ? to : cap}`);
  if (typeof item === 'string') return sliceBytes(item, from, to);
  if (item instanceof GoBytes) return new GoBytes(item.value.slice(from, to));
  if (item instanceof GoSlice) return new GoSlice(item.element, item.items.slice(from, to));
  return (item as unknown[]).slice(from, to);
}

type BasicKind = 'bool' | 'int' | 'uint' | 'float' | 'string' | undefined;

function basicKind(value: unknown): BasicKind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (floatValue(value) !== undefined) return 'float';
  if (value instanceof GoInteger && value.type.startsWith('u')) return 'uint';
  return anyInteger(value) === undefined ? undefined : 'int';
}

/** The number that a value of kind int, uint or float compares by. */
const comparable = (value: unknown): number | bigint => anyInteger(value) ?? (floatValue(value) as number);

const isComparableType = (value: unknown): boolean =>
  typeof value !== 'function' && lengthOf(value) === undefined;

function areIdentical(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isGoObject(a) || !isGoObject(b) || a.goType !== b.goType) return false;
  return a.goKind !== 'ptr' && JSON.stringify(String(a)) === JSON.stringify(String(b));
}

const isInteger = (kind: BasicKind): boolean => kind === 'int' || kind === 'uint';

function equal(a: unknown, b: unknown): boolean {
  const left = basicKind(a);
  const right = basicKind(b);
  const nil = a === undefined || a === null || b === undefined || b === null;
  if (left !== right) {
    // biome-ignore lint/suspicious/noDoubleEquals: a number and a bigint of the same value are the same Go integer.
    if (isInteger(left) && isInteger(right)) return comparable(a) == comparable(b);
    if (nil) return false;
    throw new Error(`incompatible types for comparison: ${goTypeOf(a)} and ${goTypeOf(b)}`);
  }
  if (left === 'string' || left === 'bool') return a === b;
  // biome-ignore lint/suspicious/noDoubleEquals: a number and a bigint of the same value are the same Go integer.
  if (left !== undefined) return comparable(a) == comparable(b);
  if (isNilValue(a) || isNilValue(b)) return isNilValue(a) === isNilValue(b);
  if (!isComparableType(b) || !isComparableType(a)) {
    throw new Error(`non-comparable type: ${goTypeOf(isComparableType(b) ? a : b)}`);
  }
  return areIdentical(a, b);
}

/** Go's `eq first other…`: true at the first that is equal. */
export function isEqual(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => equal(first, other));
}

/** Go's `lt`. */
export function isLess(a: unknown, b: unknown): boolean {
  const left = basicKind(a);
  const right = basicKind(b);
  if (left === undefined || right === undefined) throw new Error('invalid type for comparison');
  if (left !== right && !(isInteger(left) && isInteger(right))) {
    throw new Error(`incompatible types for comparison: ${goTypeOf(a)} and ${goTypeOf(b)}`);
  }
  if (left === 'bool') throw new Error('invalid type for comparison');
  if (left === 'string') return compareStrings(a as string, b as string) < 0;
  return comparable(a) < comparable(b);
}
