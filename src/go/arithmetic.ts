/** expr-lang's arithmetic over Go values (package vm/runtime): integers give `int`, a float on either side float64. */
import { normalizeBytes } from './bytes.ts';
import { GoDuration } from './duration.ts';
import { floatValue, goFloat, goInt, goInt64, integerValue, numberValue, truncateFloat } from './numbers.ts';
import { addDuration, GoTime, subtractTimes } from './time.ts';
import { GoInteger, goTypeOf } from './typed.ts';
import { GoInt } from './value.ts';

function mismatch(operator: string, left: unknown, right: unknown): never {
  throw new Error(`invalid operation: ${goTypeOf(left)} ${operator} ${goTypeOf(right)}`);
}

type Integers = (a: bigint, b: bigint) => bigint;
type Floats = (a: number, b: number) => number;

/** Undefined where one side is no number. */
function calculate(left: unknown, right: unknown, floats: Floats, integers: Integers): unknown {
  const [x, y] = [integerValue(left), integerValue(right)];
  if (x !== undefined && y !== undefined) {
    if (typeof x === 'number' && typeof y === 'number') {
      const quick = floats(x, y);
      if (Number.isSafeInteger(quick)) return goInt(quick);
    }
    return goInt(integers(BigInt(x), BigInt(y)));
  }
  const [a, b] = [numberValue(left), numberValue(right)];
  return a === undefined || b === undefined ? undefined : goFloat(floats(a, b));
}

export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && typeof right === 'string') return normalizeBytes(left + right);
  const sum = calculate(
    left,
    right,
    (a, b) => a + b,
    (a, b) => a + b,
  );
  if (sum !== undefined) return sum;
  if (left instanceof GoTime && right instanceof GoDuration) return addDuration(left, right);
  if (left instanceof GoDuration && right instanceof GoTime) return addDuration(right, left);
  if (left instanceof GoDuration && right instanceof GoDuration) {
    return new GoDuration(left.nanoseconds + right.nanoseconds);
  }
  return mismatch('+', left, right);
}

export function subtract(left: unknown, right: unknown): unknown {
  const difference = calculate(
    left,
    right,
    (a, b) => a - b,
    (a, b) => a - b,
  );
  if (difference !== undefined) return difference;
  if (left instanceof GoTime && right instanceof GoTime) return subtractTimes(left, right);
  if (left instanceof GoTime && right instanceof GoDuration) {
    return addDuration(left, new GoDuration(-right.nanoseconds));
  }
  if (left instanceof GoDuration && right instanceof GoDuration) {
    return new GoDuration(left.nanoseconds - right.nanoseconds);
  }
  return mismatch('-', left, right);
}

/** A duration times an integer stays one; times a float it is a plain float64. */
export function multiply(left: unknown, right: unknown): unknown {
  const product = calculate(
    left,
    right,
    (a, b) => a * b,
    (a, b) => a * b,
  );
  if (product !== undefined) return product;
  const [x, y] = [left, right].map((side) => (side instanceof GoDuration ? side.nanoseconds : integerValue(side)));
  if (x !== undefined && y !== undefined) return new GoDuration(BigInt(x) * BigInt(y));
  const [a, b] = [left, right].map((side) => (side instanceof GoDuration ? Number(side.nanoseconds) : floatValue(side)));
  return a === undefined || b === undefined ? mismatch('*', left, right) : goFloat(a * b);
}

/** Always float64. */
export function divide(left: unknown, right: unknown): unknown {
  const [a, b] = [numberValue(left), numberValue(right)];
  return a === undefined || b === undefined ? mismatch('/', left, right) : goFloat(a / b);
}

export function modulo(left: unknown, right: unknown): unknown {
  const [x, y] = [integerValue(left), integerValue(right)];
  if (x === undefined || y === undefined) return mismatch('%', left, right);
  if (BigInt(y) === 0n) throw new Error('integer divide by zero');
  return goInt(BigInt(x) % BigInt(y));
}

/** Go's `math.Pow`, which knows 1 to any power and -1 to an infinite one. */
export function goPow(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent))) return 1;
  return base ** exponent;
}

/** Always float64. */
export function power(left: unknown, right: unknown): unknown {
  return goFloat(goPow(toFloat(left), toFloat(right)));
}

export function negate(value: unknown): unknown {
  if (value instanceof GoInt) return goInt(-BigInt(value.value));
  if (value instanceof GoInteger) {
    const bits = Number(/\d+$/.exec(value.type)?.[0] ?? 64);
    const negative = -BigInt(value.value);
    const wrapped = value.type.startsWith('u') ? BigInt.asUintN(bits, negative) : BigInt.asIntN(bits, negative);
    return new GoInteger(value.type, Number(wrapped));
  }
  const integer = integerValue(value);
  if (integer !== undefined) return goInt64(-BigInt(integer));
  const float = floatValue(value);
  if (float === undefined) throw new Error(`invalid operation: - ${goTypeOf(value)}`);
  return goFloat(-float);
}

/** expr-lang's conversion to an index: floats are truncated, anything else is an error. */
export function toIndex(value: unknown): number {
  const integer = integerValue(value);
  if (integer !== undefined) return Number(integer);
  const float = floatValue(value);
  if (float === undefined) throw new Error(`invalid operation: int(${goTypeOf(value)})`);
  return Number(truncateFloat(float));
}

function toFloat(value: unknown): number {
  const number = numberValue(value);
  if (number === undefined) throw new Error(`invalid operation: float(${goTypeOf(value)})`);
  return number;
}
