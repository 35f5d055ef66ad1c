/**
 * Equality and order as expr-lang defines them over Go values (package vm/runtime): numbers loosely, across
 * integer and float; slices of any element by element in the same loose way; everything else, maps included,
 * as reflect.DeepEqual does, strictly by type. Templates' `eq` and `lt` have rules of their own.
 */
import { entriesOf, itemsOf } from './collections.ts';
import { GoDuration } from './duration.ts';
import { isNil } from './nil.ts';
import { integerValue, numberValue } from './numbers.ts';
import { compareTimes, GoTime } from './time.ts';
import { compareStrings, GoSlice, goTypeOf, isGoObject } from './typed.ts';

/** Counts the work of one evaluation; throws when it is used up. */
export interface Budget {
  spend(steps: number): void;
}

const NO_BUDGET: Budget = { spend: () => {} };

/** Slices whose elements expr-lang compares with Go's `==`; others compare deeply. */
const SIMPLE_ELEMENTS = /^(u?int\d*|float\d+|string)$/;

function equalNumbers(left: unknown, right: unknown): boolean | undefined {
  const a = numberValue(left);
  const b = a === undefined ? undefined : numberValue(right);
  if (a === undefined || b === undefined) return undefined;
  const [x, y] = [integerValue(left), integerValue(right)];
  return x !== undefined && y !== undefined
    ? x === y || (typeof x !== typeof y && BigInt(x) === BigInt(y))
    : a === b;
}

function equalItems(
  left: readonly unknown[],
  right: readonly unknown[],
  same: (a: unknown, b: unknown, budget: Budget) => boolean,
  budget: Budget,
): boolean {
  if (left.length !== right.length) return false;
  budget.spend(left.length);
  return left.every((item, at) => same(item, right[at], budget));
}

/** expr-lang's `==`. */
export function equal(left: unknown, right: unknown, budget: Budget = NO_BUDGET): boolean {
  if (typeof left === 'string' || typeof right === 'string') return left === right;
  if (typeof left === 'boolean' || typeof right === 'boolean') return left === right;
  if (left === null || right === null) return isNil(left) && isNil(right);
  const numbers = equalNumbers(left, right);
  if (numbers !== undefined) return numbers;
  if (left instanceof GoTime && right instanceof GoTime) return compareTimes(left, right) === 0;
  if (left instanceof GoDuration && right instanceof GoDuration)
    return left.nanoseconds === right.nanoseconds;
  const [a, b] = [itemsOf(left), itemsOf(right)];
  if (a !== undefined && b !== undefined) {
    const [x, y] = [goTypeOf(left), goTypeOf(right)];
    const anySlice = '[]interface {}';
    const simple = (type: string): boolean => type === anySlice || SIMPLE_ELEMENTS.test(type.slice(2));
    if ((x === anySlice && simple(y)) || (y === anySlice && simple(x)))
      return equalItems(a, b, equal, budget);
    if (x === y && simple(x)) return equalItems(a, b, equal, budget);
  }
  return (isNil(left) && isNil(right)) || deepEqual(left, right, budget);
}

/** Go's `reflect.DeepEqual`. */
export function deepEqual(left: unknown, right: unknown, budget: Budget = NO_BUDGET): boolean {
  if (left === right) return typeof left !== 'number' || !Number.isNaN(left);
  if (left === null || right === null || goTypeOf(left) !== goTypeOf(right)) return false;
  if (typeof left === 'string' || typeof left === 'boolean' || typeof left === 'function') return false;
  const numbers = equalNumbers(left, right);
  if (numbers !== undefined) return numbers;
  const [a, b] = [itemsOf(left), itemsOf(right)];
  if (a !== undefined && b !== undefined)
    return isNil(left) === isNil(right) && equalItems(a, b, deepEqual, budget);
  const [x, y] = [entriesOf(left), entriesOf(right)];
  if (x !== undefined && y !== undefined) {
    if (x.length !== y.length) return false;
    budget.spend(x.length);
    return x.every(([key, value], at) => {
      const [otherKey, other] = y[at] as readonly [unknown, unknown];
      return deepEqual(key, otherKey, budget) && deepEqual(value, other, budget);
    });
  }
  if (left instanceof GoTime && right instanceof GoTime) {
    return compareTimes(left, right) === 0 && left.location.name === right.location.name;
  }
  return (
    isGoObject(left) &&
    isGoObject(right) &&
    left.toString() === right.toString() &&
    !(left instanceof GoSlice)
  );
}

/**
 * expr-lang's order of numbers, strings (by bytes), times and durations: negative, 0 or positive, NaN where a
 * NaN is compared, undefined where the two have no order.
 */
export function order(left: unknown, right: unknown): number | undefined {
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  const a = numberValue(left);
  const b = a === undefined ? undefined : numberValue(right);
  if (a !== undefined && b !== undefined) {
    const [x, y] = [integerValue(left), integerValue(right)];
    if (typeof x === 'bigint' || typeof y === 'bigint') {
      if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0;
    }
    return a === b ? 0 : a - b;
  }
  if (left instanceof GoTime && right instanceof GoTime) return compareTimes(left, right);
  if (left instanceof GoDuration && right instanceof GoDuration) {
    return left.nanoseconds < right.nanoseconds ? -1 : left.nanoseconds > right.nanoseconds ? 1 : 0;
  }
  return undefined;
}
