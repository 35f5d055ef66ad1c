/** Go's numbers: making them, reading them, and 64-bit wrap-around. */
import { GoInteger, isGoObject } from './typed.ts';
import { GoFloat, GoInt, GoInt64 } from './value.ts';

const isSafe = (value: bigint): boolean => value >= -9007199254740991n && value <= 9007199254740991n;

/** The narrowest holder of an integer: a number where it is safe. */
function compactInteger(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  return isSafe(value) ? Number(value) : value;
}

/** Go's `int`, wrapped to 64 bits. */
export function goInt(value: number | bigint): GoInt {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return new GoInt(value === 0 ? 0 : value);
  return new GoInt(compactInteger(BigInt.asIntN(64, BigInt(value))));
}

/** Go's `int64`, wrapped to 64 bits: a plain number where it is safe. */
export function goInt64(value: number | bigint): number | GoInt64 {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  const wrapped = BigInt.asIntN(64, BigInt(value));
  return isSafe(wrapped) ? Number(wrapped) : new GoInt64(wrapped);
}

/** Go's `float64`: a plain number only where it could not be taken for an integer. */
export function goFloat(value: number): number | GoFloat {
  return Number.isInteger(value) || !Number.isFinite(value) ? new GoFloat(value) : value;
}

/** The integer in a value of a built-in integer type; undefined for everything else, named types included. */
export function integerValue(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  if (value instanceof GoInt || value instanceof GoInt64 || value instanceof GoInteger) return value.value;
  return undefined;
}

/** The number in a float64; undefined for everything else. */
export function floatValue(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? undefined : value;
  return value instanceof GoFloat ? value.value : undefined;
}

/** Any built-in number as a float64; undefined for everything else. */
export function numberValue(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof GoFloat) return value.value;
  const integer = integerValue(value);
  return integer === undefined ? undefined : Number(integer);
}

/** The integer behind a named integer type such as time.Weekday or time.Duration. */
export function underlyingInteger(value: unknown): number | bigint | undefined {
  return isGoObject(value) ? integerValue(value.goUnderlying?.()) : undefined;
}

/** Go's conversion of a float64 to an integer on amd64: towards zero; what does not fit is the least int64. */
export function truncateFloat(value: number): number | bigint {
  if (!Number.isFinite(value) || value >= 9223372036854775808 || value < -9223372036854775808)
    return -(2n ** 63n);
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? (whole === 0 ? 0 : whole) : BigInt(whole);
}
