/** Conversions as the Go package cast does them for sprig: what cannot be converted is zero. */
import { fromBytes } from '../../go/bytes.ts';
import { sprint } from '../../go/format.ts';
import { floatValue, goInt64, integerValue, numberValue, truncateFloat } from '../../go/numbers.ts';
import { parseFloatText } from '../../go/strconv-parse.ts';
import { GoInteger, isGoObject } from '../../go/typed.ts';
import { GoBytes, GoInt, GoInt64 } from '../../go/value.ts';
import { parseFloat64, parseInteger } from '../gotemplate/literals.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** time.Month and time.Weekday are the only named types that cast knows. */
function namedInteger(value: unknown): number | bigint | undefined {
  if (!isGoObject(value) || (value.goType !== 'time.Month' && value.goType !== 'time.Weekday'))
    return undefined;
  return integerValue(value.goUnderlying?.());
}

/** `12.000` counts as 12. */
const withoutZeroDecimals = (text: string): string => text.replace(/\.0+$/, '');

export function toInt64(value: unknown): bigint {
  const integer = integerValue(value) ?? namedInteger(value);
  if (integer !== undefined) return BigInt.asIntN(64, BigInt(integer));
  const float = floatValue(value);
  if (float !== undefined) return BigInt(truncateFloat(float));
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'string') return 0n;
  const parsed = parseInteger(withoutZeroDecimals(value));
  return parsed === undefined || parsed > MAX_INT64 || parsed < MIN_INT64 ? 0n : parsed;
}

export function toFloat64(value: unknown): number {
  const number = numberValue(value) ?? namedInteger(value);
  if (number !== undefined) return Number(number);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return 0;
  const parsed = parseFloat64(value) ?? parseFloatText(value) ?? 0;
  return /\d/.test(value) && !Number.isFinite(parsed) ? 0 : parsed;
}

export const int64 = (value: bigint): number | GoInt64 => goInt64(BigInt.asIntN(64, value));

/** Go's `int` parameter as a number. */
export const intArgument = (value: GoInt): number => Number(value.value);

/** Sprig's `toString`: bytes are text, everything else prints as `%v`. */
export function textOf(value: unknown): string {
  return value instanceof GoBytes ? fromBytes(value.value) : sprint(value);
}

/** Seconds since the epoch where a date function takes an integer. */
export function secondsOf(value: unknown): number | undefined {
  const accepted =
    typeof value === 'number' ||
    value instanceof GoInt ||
    value instanceof GoInt64 ||
    value instanceof GoInteger;
  const integer = accepted ? integerValue(value) : undefined;
  return integer === undefined ? undefined : Number(integer);
}
