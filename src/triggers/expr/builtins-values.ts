/** Built-ins on numbers and collections: a list, longer than most files. */

import { negate } from '../../go/arithmetic.ts';
import { runeCount } from '../../go/bytes.ts';
import { entriesOf, GoAnyMap, GoArray, itemsOf, mapKey, sliceLike } from '../../go/collections.ts';
import { equal, order } from '../../go/compare.ts';
import { GoNilPointer, GoNilSlice } from '../../go/nil.ts';
import {
  floatValue,
  goFloat,
  goInt,
  integerValue,
  numberValue,
  truncateFloat,
  underlyingInteger,
} from '../../go/numbers.ts';
import { sortAsGo } from '../../go/sort.ts';
import { parseFloatText, parseIntText } from '../../go/strconv-parse.ts';
import { GoSlice, goKindOf, goTypeOf, isGoObject } from '../../go/typed.ts';
import type { Builtin } from './builtins-text.ts';
import { LimitError } from './errors.ts';
import { fetch, get, lengthOf } from './fetch.ts';
import type { Run } from './run.ts';

/** Go's limit of recursion through nested lists. */
const MAX_DEPTH = 1000;

const argument = (args: readonly unknown[], at: number): unknown => args[at] ?? null;

/** A list of any type; throws on anything else. */
function listAt(run: Run, args: readonly unknown[], at: number, verb: string): readonly unknown[] {
  const items = itemsOf(args[at]);
  if (items === undefined) throw new Error(`cannot ${verb} ${goTypeOf(argument(args, at))}`);
  run.spend(items.length);
  return items;
}

function mapAt(run: Run, args: readonly unknown[], verb: string): (readonly [unknown, unknown])[] {
  const entries = entriesOf(args[0]);
  if (entries === undefined) throw new Error(`cannot ${verb} ${goTypeOf(argument(args, 0))}`);
  run.spend(entries.length);
  return entries;
}

function typeName(value: unknown): string {
  if (value === null || value instanceof GoNilPointer) return 'nil';
  const type = goTypeOf(value);
  if (isGoObject(value) && /^[a-z].*\./.test(type)) return value.goPath ?? type;
  const kind = goKindOf(value);
  if (/^int\d*$/.test(kind)) return 'int';
  if (/^uint\d*$/.test(kind)) return 'uint';
  if (/^float\d+$/.test(kind)) return 'float';
  if (kind === 'slice' || kind === 'array') return 'array';
  if (isGoObject(value) && kind === 'ptr') return type.slice(1);
  return ['bool', 'string', 'map', 'func', 'struct'].includes(kind) ? kind : 'unknown';
}

function toInt(value: unknown): unknown {
  const integer = integerValue(value) ?? underlyingInteger(value);
  if (integer !== undefined) return goInt(integer);
  const float = floatValue(value);
  if (float !== undefined) return goInt(truncateFloat(float));
  const parsed = typeof value === 'string' ? parseIntText(value) : undefined;
  if (parsed === undefined)
    throw new Error(`invalid operation: int(${typeof value === 'string' ? value : goTypeOf(value)})`);
  return goInt(parsed);
}

function toFloat(value: unknown): unknown {
  const number = typeof value === 'string' ? parseFloatText(value) : numberValue(value);
  if (number === undefined)
    throw new Error(`invalid operation: float(${typeof value === 'string' ? value : goTypeOf(value)})`);
  return goFloat(number);
}

/** Go rounds halves away from zero. */
const roundAway = (value: number): number => {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole === 0 ? value * 0 : whole;
};

const rounding =
  (name: string, round: (value: number) => number): Builtin =>
  (_, args) => {
    const number = numberValue(argument(args, 0));
    if (number === undefined)
      throw new Error(`invalid argument for ${name} (type ${goTypeOf(argument(args, 0))})`);
    return goFloat(integerValue(args[0]) === undefined ? round(number) : number);
  };

/** The greatest (or least) number in the arguments and the lists in them; nil where there is none. */
function extreme(run: Run, name: string, args: readonly unknown[], sign: number, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new LimitError('lists are nested too deeply');
  let best: unknown = null;
  const take = (value: unknown): void => {
    if (best === null || (order(best, value) ?? 0) * sign < 0) best = value;
  };
  for (const arg of args) {
    const items = itemsOf(arg);
    if (items !== undefined) {
      run.spend(items.length);
      for (const item of items) {
        if (itemsOf(item) === undefined && numberValue(item) === undefined) {
          throw new Error(`invalid argument for ${name} (type ${goTypeOf(item)})`);
        }
        const value = extreme(run, name, [item], sign, depth + 1);
        if (value !== null) take(value);
      }
    } else if (numberValue(arg) !== undefined) {
      take(arg);
    } else if (args.length === 1) {
      return arg;
    } else {
      throw new Error(`invalid argument for ${name} (type ${goTypeOf(arg)})`);
    }
  }
  return best;
}

/** Every number in the arguments and the lists in them. */
function numbersIn(run: Run, name: string, args: readonly unknown[], depth = 0): number[] {
  if (depth > MAX_DEPTH) throw new LimitError('lists are nested too deeply');
  run.spend(args.length);
  return args.flatMap((arg) => {
    const items = itemsOf(arg);
    if (items !== undefined) return numbersIn(run, name, items, depth + 1);
    const integer = underlyingInteger(arg);
    const number = integer === undefined ? numberValue(arg) : Number(integer);
    if (number === undefined) throw new Error(`invalid argument for ${name} (type ${goTypeOf(arg)})`);
    return [number];
  });
}

/** A sum in Go's order: a nested list is added up first. */
function sumIn(args: readonly unknown[]): number {
  return args.reduce<number>((sum, arg) => {
    const items = itemsOf(arg);
    return sum + (items === undefined ? (numberValue(arg) ?? Number(underlyingInteger(arg))) : sumIn(items));
  }, 0);
}

function mean(run: Run, args: readonly unknown[]): unknown {
  const numbers = numbersIn(run, 'mean', args);
  return goFloat(numbers.length === 0 ? 0 : sumIn(args) / numbers.length);
}

function median(run: Run, args: readonly unknown[]): unknown {
  const numbers = numbersIn(run, 'median', args).sort((a, b) => a - b);
  const middle = numbers.length / 2;
  if (numbers.length === 0) return goFloat(0);
  if (numbers.length % 2 === 1) return goFloat(numbers[Math.floor(middle)] as number);
  return goFloat(((numbers[middle - 1] as number) + (numbers[middle] as number)) / 2);
}

function take(run: Run, args: readonly unknown[]): unknown {
  const items = listAt(run, args, 0, 'take from');
  const count = integerValue(argument(args, 1)) ?? underlyingInteger(argument(args, 1));
  if (count === undefined) throw new Error(`cannot take ${goTypeOf(argument(args, 1))} elements`);
  if (count < 0) throw new Error(`cannot take ${count} elements`);
  return sliceLike(args[0], items.slice(0, Number(count)));
}

function fromPairs(run: Run, args: readonly unknown[]): GoAnyMap {
  const entries = new Map<string, readonly [unknown, unknown]>();
  for (const pair of listAt(run, args, 0, 'make a map of')) {
    const items = itemsOf(pair);
    if (items?.length !== 2) throw new Error('each element must be a list of a key and a value');
    const [key, value] = items as [unknown, unknown];
    const identity = mapKey(key);
    if (identity === undefined) throw new Error(`${goTypeOf(key)} cannot be a key`);
    entries.set(identity, [key, value]);
  }
  return new GoAnyMap('interface {}', entries);
}

function unique(run: Run, args: readonly unknown[]): unknown[] {
  const out: unknown[] = [];
  for (const item of listAt(run, args, 0, 'uniq')) {
    run.spend(out.length);
    if (!out.some((known) => equal(item, known, run))) out.push(item);
  }
  return out;
}

function concat(run: Run, args: readonly unknown[]): unknown {
  const out = args.flatMap((_, at) => [...listAt(run, args, at, 'concat')]);
  run.grow(out.length);
  return out.length === 0 ? new GoNilSlice('interface {}') : out;
}

function flatten(run: Run, items: readonly unknown[], depth = 0): unknown[] {
  if (depth > MAX_DEPTH) throw new LimitError('lists are nested too deeply');
  run.spend(items.length);
  return items.flatMap((item) => {
    const inner = itemsOf(item);
    return inner === undefined ? [item] : flatten(run, inner, depth + 1);
  });
}

/** Whether `left` goes before `right`; throws where the two have no order. */
export function before(left: unknown, right: unknown): boolean {
  const comparison = order(left, right);
  if (comparison === undefined) throw new Error(`cannot order ${goTypeOf(left)} and ${goTypeOf(right)}`);
  return comparison < 0;
}

export function isDescending(direction: unknown): boolean {
  if (typeof direction !== 'string')
    throw new Error(`the order must be a string, not ${goTypeOf(direction)}`);
  if (direction !== 'asc' && direction !== 'desc')
    throw new Error(`unknown order ${direction}: use asc or desc`);
  return direction === 'desc';
}

const SORTABLE: ReadonlySet<string> = new Set(['[]interface {}', '[]int', '[]float64', '[]string']);

function sort(run: Run, args: readonly unknown[]): unknown {
  const list = argument(args, 0);
  const descending = args.length > 1 && isDescending(argument(args, 1));
  if (!SORTABLE.has(goTypeOf(list))) return new GoNilSlice('interface {}');
  const items = listAt(run, args, 0, 'sort');
  run.spend(items.length * Math.ceil(Math.log2(items.length + 2)));
  run.grow(items.length);
  return sortAsGo(items, descending ? (a, b) => before(b, a) : before);
}

const bits =
  (name: string, calculate: (x: bigint, y: bigint) => bigint): Builtin =>
  (_, args) => {
    const [x, y] = [integerValue(argument(args, 0)), integerValue(argument(args, 1))];
    if (x === undefined || y === undefined) throw new Error(`${name} takes integers`);
    return goInt(calculate(BigInt(x), BigInt(y)));
  };

/** Shifting by more than the width leaves only the sign. */
function shift(count: bigint, call: (count: bigint) => bigint): bigint {
  if (count < 0n) throw new Error(`invalid operation: negative shift count ${count}`);
  return call(count > 64n ? 64n : count);
}

/** The element or nil, whatever is wrong with the list. */
const ends =
  (index: number): Builtin =>
  (run, args) => {
    try {
      return fetch(argument(args, 0), goInt(index), 'it', run);
    } catch (error) {
      if (error instanceof LimitError) throw error;
      return null;
    }
  };

export const VALUE_BUILTINS: Readonly<Record<string, Builtin>> = {
  len: (_, args) => {
    const value = argument(args, 0);
    return goInt(typeof value === 'string' ? runeCount(value) : lengthOf(value));
  },
  type: (_, args) => typeName(argument(args, 0)),
  abs: (_, args) => {
    const value = argument(args, 0);
    const number = numberValue(value);
    if (number === undefined) throw new Error(`invalid argument for abs (type ${goTypeOf(value)})`);
    return number < 0 ? negate(value) : value;
  },
  ceil: rounding('ceil', Math.ceil),
  floor: rounding('floor', Math.floor),
  round: rounding('round', roundAway),
  int: (_, args) => toInt(argument(args, 0)),
  float: (_, args) => toFloat(argument(args, 0)),
  max: (run, args) => extreme(run, 'max', args, 1),
  min: (run, args) => extreme(run, 'min', args, -1),
  mean,
  median,
  first: ends(0),
  last: ends(-1),
  get: (_, args) => get(argument(args, 0), argument(args, 1)),
  take,
  keys: (run, args) => mapAt(run, args, 'get keys from').map(([key]) => key),
  values: (run, args) => mapAt(run, args, 'get values from').map(([, value]) => value),
  toPairs: (run, args) =>
    new GoSlice(
      '[2]interface {}',
      mapAt(run, args, 'make pairs of').map((pair) => new GoArray('interface {}', pair)),
    ),
  fromPairs,
  reverse: (run, args) => {
    const items = listAt(run, args, 0, 'reverse');
    run.grow(items.length);
    return items.toReversed();
  },
  uniq: unique,
  concat,
  flatten: (run, args) => {
    const out = flatten(run, listAt(run, args, 0, 'flatten'));
    run.grow(out.length);
    return out;
  },
  sort,
  bitand: bits('bitand', (x, y) => x & y),
  bitor: bits('bitor', (x, y) => x | y),
  bitxor: bits('bitxor', (x, y) => x ^ y),
  bitnand: bits('bitnand', (x, y) => x & ~y),
  bitshl: bits('bitshl', (x, y) => shift(y, (count) => x << count)),
  bitshr: bits('bitshr', (x, y) => shift(y, (count) => x >> count)),
  bitushr: bits('bitushr', (x, y) => shift(y, (count) => BigInt.asUintN(64, x) >> count)),
  bitnot: (_, args) => {
    const value = integerValue(argument(args, 0));
    if (value === undefined) throw new Error(`bitnot takes an integer, not ${goTypeOf(argument(args, 0))}`);
    return goInt(~BigInt(value));
  },
};
