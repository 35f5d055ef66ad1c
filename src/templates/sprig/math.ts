/** Sprig's arithmetic: on int64 with wrap-around, and on floats through decimals. */

import { sprint } from '../../go/format.ts';
import { goFloat, goInt } from '../../go/numbers.ts';
import { GoSlice } from '../../go/typed.ts';
import { GoFloat, type GoInt } from '../../go/value.ts';
import { contextual, pure, type TemplateFunction } from '../gotemplate/functions.ts';
import type { FunctionContext } from '../gotemplate/run.ts';
import { int64, intArgument, toFloat64, toInt64 } from './cast.ts';
import { add, type Decimal, decimalOf, divide, floatOf, multiply, subtract } from './decimal.ts';
import { checkList } from './limits.ts';

const wrapped = (value: bigint): bigint => BigInt.asIntN(64, value);

function quotient(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Error('runtime error: integer divide by zero');
  return a / b;
}

function remainder(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Error('runtime error: integer divide by zero');
  return a % b;
}

function decimals(first: unknown, rest: readonly unknown[], operate: (a: Decimal, b: Decimal) => Decimal) {
  const result = rest.reduce<Decimal>(
    (sum, value) => operate(sum, decimalOf(toFloat64(value))),
    decimalOf(toFloat64(first)),
  );
  return goFloat(floatOf(result));
}

/** Go's `math.Max` and `math.Min`, which a NaN makes NaN. */
const maxFloat = (a: number, b: number): number => Math.max(a, b);
const minFloat = (a: number, b: number): number => Math.min(a, b);

const extreme = (first: unknown, rest: readonly unknown[], better: (a: bigint, b: bigint) => boolean) =>
  int64(rest.map(toInt64).reduce((best, value) => (better(value, best) ? value : best), toInt64(first)));

function round(value: unknown, places: number, roundOn: number): number {
  const power = 10 ** places;
  const scaled = power * toFloat64(value);
  const fraction = scaled % 1;
  return (fraction >= roundOn ? Math.ceil(scaled) : Math.floor(scaled)) / power;
}

function steps(context: FunctionContext, start: number, stop: number, step: number): number[] {
  if (stop < start ? step >= 0 : step <= 0) return [];
  checkList(context, Math.abs((stop - start) / step));
  const numbers: number[] = [];
  for (let value = start; stop < start ? value > stop : value < stop; value += step) numbers.push(value);
  return numbers;
}

const intSlice = (numbers: readonly number[]): GoSlice =>
  new GoSlice(
    'int',
    numbers.map((number) => goInt(number)),
  );

function sequence(context: FunctionContext, params: readonly GoInt[]): string {
  const [first, second, third] = params.map(intArgument);
  const run = (start: number, end: number, step: number): string => {
    const direction = end < start ? -1 : 1;
    return steps(context, start, end + direction, step).join(' ');
  };
  switch (params.length) {
    case 1:
      return run(1, first as number, (first as number) < 1 ? -1 : 1);
    case 2:
      return run(first as number, second as number, (second as number) < (first as number) ? -1 : 1);
    case 3:
      if ((third as number) < (first as number) && (second as number) > 0) return '';
      return run(first as number, third as number, second as number);
    default:
      return '';
  }
}

/** Go's `strconv.ParseInt(text, base, 64)` with the value that it returns beside a range error. */
export function parseDecimal(text: string, base: 8 | 10): { value: bigint; ok: boolean } {
  if (!(base === 8 ? /^[+-]?[0-7]+$/ : /^[+-]?[0-9]+$/).test(text)) return { value: 0n, ok: false };
  const digits = text.replace(/^[+-]/, '');
  const magnitude = base === 8 ? BigInt(`0o${digits}`) : BigInt(digits);
  const value = text.startsWith('-') ? -magnitude : magnitude;
  if (value === wrapped(value)) return { value, ok: true };
  return { value: value < 0n ? -(2n ** 63n) : 2n ** 63n - 1n, ok: false };
}

function octal(value: unknown) {
  const parsed = parseDecimal(sprint(value), 8);
  return int64(parsed.ok ? parsed.value : 0n);
}

const FOLD = 'func(interface {}, ...interface {}) float64';
const FOLD_INT = 'func(interface {}, ...interface {}) int64';
const BINARY = 'func(interface {}, interface {}) int64';
const FLOAT = 'func(interface {}) float64';

export const MATH_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  atoi: pure('func(string) int', (text: string) => goInt(parseDecimal(text, 10).value)),
  int: pure('func(interface {}) int', (value) => goInt(toInt64(value))),
  int64: pure('func(interface {}) int64', (value) => int64(toInt64(value))),
  float64: pure(FLOAT, (value) => goFloat(toFloat64(value))),
  toDecimal: pure('func(interface {}) int64', octal),
  add1: pure('func(interface {}) int64', (value) => int64(toInt64(value) + 1n)),
  add: pure('func(...interface {}) int64', (...values) =>
    int64(values.reduce((sum: bigint, value) => sum + toInt64(value), 0n)),
  ),
  sub: pure(BINARY, (a, b) => int64(toInt64(a) - toInt64(b))),
  div: pure(BINARY, (a, b) => int64(quotient(toInt64(a), toInt64(b)))),
  mod: pure(BINARY, (a, b) => int64(remainder(toInt64(a), toInt64(b)))),
  mul: pure(FOLD_INT, (first, ...rest) =>
    int64(rest.reduce((product: bigint, value) => wrapped(product * toInt64(value)), toInt64(first))),
  ),
  add1f: pure(FLOAT, (value) => decimals(value, [1], add)),
  addf: pure('func(...interface {}) float64', (...values) => decimals(0, values, add)),
  subf: pure(FOLD, (first, ...rest) => decimals(first, rest, subtract)),
  mulf: pure(FOLD, (first, ...rest) => decimals(first, rest, multiply)),
  divf: pure(FOLD, (first, ...rest) => decimals(first, rest, divide)),
  max: pure(FOLD_INT, (first, ...rest) => extreme(first, rest, (a, b) => a > b)),
  biggest: pure(FOLD_INT, (first, ...rest) => extreme(first, rest, (a, b) => a > b)),
  min: pure(FOLD_INT, (first, ...rest) => extreme(first, rest, (a, b) => a < b)),
  maxf: pure(FOLD, (first, ...rest) => goFloat(rest.map(toFloat64).reduce(maxFloat, toFloat64(first)))),
  minf: pure(FOLD, (first, ...rest) => goFloat(rest.map(toFloat64).reduce(minFloat, toFloat64(first)))),
  floor: pure(FLOAT, (value) => goFloat(Math.floor(toFloat64(value)))),
  ceil: pure(FLOAT, (value) => goFloat(Math.ceil(toFloat64(value)))),
  round: pure(
    'func(interface {}, int, ...float64) float64',
    (value, places: GoInt, roundOn?: number | GoFloat) => {
      const limit = roundOn instanceof GoFloat ? roundOn.value : (roundOn ?? 0.5);
      return goFloat(round(value, intArgument(places), limit));
    },
  ),
  until: contextual('func(int) []int', (context, count: GoInt) => {
    const stop = intArgument(count);
    return intSlice(steps(context, 0, stop, stop < 0 ? -1 : 1));
  }),
  untilStep: contextual('func(int, int, int) []int', (context, start: GoInt, stop: GoInt, step: GoInt) =>
    intSlice(steps(context, intArgument(start), intArgument(stop), intArgument(step))),
  ),
  seq: contextual('func(...int) string', (context, ...params: GoInt[]) => sequence(context, params)),
};
