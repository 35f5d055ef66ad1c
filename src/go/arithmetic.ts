/**
 * Go's values, functions and formats, as the languages of conditions and templates need them. Pure, and a part of the
 * ground: it may import only others of it.
 */

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
  const [x, y] = [left, right].map((side) =>
    side instanceof GoDuration ? side.nanoseconds : integerValue(side),
  );
  if (x !== undefined && y !== undefined) return new GoDuration(BigInt(x) * BigInt(y));
  const [a, b] = [left, right].map((side) =>
    side instanceof GoDuration ? Number(side.nanoseconds) : floatValue(side),
  );
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

/** Go's `math.Frexp`: a fraction in [0.5, 1) and a power of two. */
function frexp(value: number): [number, number] {
  if (value === 0 || !Number.isFinite(value)) return [value, 0];
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(value))) + 1);
  let fraction = value * 2 ** -exponent;
  while (Math.abs(fraction) < 0.5) {
    fraction *= 2;
    exponent -= 1;
  }
  while (Math.abs(fraction) >= 1) {
    fraction /= 2;
    exponent += 1;
  }
  return [fraction, exponent];
}

/** Beyond this binary exponent every product is 0 or infinite. */
const MAX_EXPONENT = 4096;

/**
 * Go's `math.Pow`: it squares its way up, so that its last digits differ from those of JavaScript's `**`, and it
 * knows 1 to any power and -1 to an infinite one.
 */
export function goPow(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  const whole = Math.trunc(Math.abs(exponent));
  const special = base === 0 || !Number.isFinite(base) || !Number.isFinite(exponent) || whole >= 2 ** 63;
  if (special || exponent === 0 || (base < 0 && !Number.isInteger(exponent))) return base ** exponent;
  if (Math.abs(exponent) === 0.5) return exponent > 0 ? Math.sqrt(base) : 1 / Math.sqrt(base);
  let rest = Math.abs(exponent) - whole;
  let power = BigInt(whole);
  let result = 1;
  let binary = 0;
  if (rest !== 0) {
    if (rest > 0.5) {
      rest -= 1;
      power += 1n;
    }
    result = Math.exp(rest * Math.log(base));
  }
  let [square, shift] = frexp(base);
  for (; power !== 0n; power >>= 1n) {
    if (Math.abs(shift) > MAX_EXPONENT) {
      binary += shift;
      break;
    }
    if (power % 2n === 1n) {
      result *= square;
      binary += shift;
    }
    square *= square;
    shift *= 2;
    if (square < 0.5) {
      square += square;
      shift -= 1;
    }
  }
  if (exponent < 0) {
    result = 1 / result;
    binary = -binary;
  }
  // In two steps: one alone may leave the range although the result does not.
  const half = Math.trunc(binary / 2);
  return result * 2 ** half * 2 ** (binary - half);
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
    const wrapped = value.type.startsWith('u')
      ? BigInt.asUintN(bits, negative)
      : BigInt.asIntN(bits, negative);
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
