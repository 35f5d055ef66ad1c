/** The built-in functions: their names, and what the checker demands of their arguments. */
import {
  ANY,
  deref,
  elementOf,
  FLOAT,
  INT,
  isUnknown,
  kindOf,
  LIST,
  nameOf,
  type StaticType,
  TIME,
  typeOf,
} from './types.ts';

type Validated = StaticType | string;

interface Signature {
  /** Go types of the overloads, tried in order. The first is the type of the bare name. */
  types: readonly string[];
  /** In place of the overloads: the type of the result, or what is wrong. */
  validate?: (name: string, args: readonly StaticType[]) => Validated;
}

const VARIADIC = 'func(...interface {}) (interface {}, error)';
const count = (wanted: number, given: number): string =>
  `invalid number of arguments (expected ${wanted}, got ${given})`;
const overloads = (...types: string[]): Signature => ({ types });
const validated = (validate: (name: string, args: readonly StaticType[]) => Validated): Signature => ({
  types: [VARIADIC],
  validate,
});

const kinds = (arg: StaticType): string => kindOf(deref(arg));
const isListLike = (arg: StaticType): boolean => isUnknown(arg) || ['slice', 'array'].includes(kinds(arg));
const isMapLike = (arg: StaticType): boolean => isUnknown(arg) || kinds(arg) === 'map';
/** Numbers of any type, durations and weekdays included. */
const isNumberLike = (arg: StaticType): boolean => isUnknown(arg) || /^(u?int\d*|float\d+)$/.test(kinds(arg));

/** One argument that must satisfy `accepts`. */
function one(accepts: (arg: StaticType) => boolean, result: (arg: StaticType) => StaticType): Signature {
  return validated((name, args) => {
    const [arg] = args;
    if (arg === undefined || args.length !== 1) return count(1, args.length);
    return accepts(arg) ? result(arg) : `invalid argument for ${name} (type ${nameOf(arg)})`;
  });
}

const lengthOf = one(
  (arg) => isListLike(arg) || isMapLike(arg) || kinds(arg) === 'string',
  () => INT,
);
const rounding = one(isNumberLike, () => FLOAT);
const conversion = (result: StaticType): Signature =>
  one(
    (arg) => isNumberLike(arg) || kinds(arg) === 'string',
    () => result,
  );
/** The element's type without what is known of a literal list. */
const firstElement = one(isListLike, (arg) => (isUnknown(arg) ? ANY : elementOf(typeOf(arg.go))));
const fromMap = one(isMapLike, () => LIST);
const fromList = (result: StaticType): Signature => one(isListLike, () => result);
const aggregate = validated((name, args) => {
  if (args.length === 0) return `not enough arguments to call ${name}`;
  for (const arg of args) {
    if (isListLike(arg)) return ANY;
    if (!isNumberLike(arg)) return `invalid argument for ${name} (type ${nameOf(arg)})`;
  }
  return args[0] as StaticType;
});
const bits = overloads('func(int, int) int');

const SIGNATURES: Readonly<Record<string, Signature>> = {
  all: overloads('func([]interface {}, func(interface {}) bool) bool'),
  none: overloads('func([]interface {}, func(interface {}) bool) bool'),
  any: overloads('func([]interface {}, func(interface {}) bool) bool'),
  one: overloads('func([]interface {}, func(interface {}) bool) bool'),
  filter: overloads('func([]interface {}, func(interface {}) bool) []interface {}'),
  map: overloads('func([]interface {}, func(interface {}) interface {}) []interface {}'),
  find: overloads('func([]interface {}, func(interface {}) bool) interface {}'),
  findIndex: overloads('func([]interface {}, func(interface {}) bool) int'),
  findLast: overloads('func([]interface {}, func(interface {}) bool) interface {}'),
  findLastIndex: overloads('func([]interface {}, func(interface {}) bool) int'),
  count: overloads('func([]interface {}, func(interface {}) bool) int'),
  sum: overloads('func([]interface {}, func(interface {}) bool) int'),
  groupBy: overloads('func([]interface {}, func(interface {}) interface {}) map[interface {}][]interface {}'),
  sortBy: overloads('func([]interface {}, func(interface {}) bool, string) []interface {}'),
  reduce: overloads(
    'func([]interface {}, func(interface {}, interface {}) interface {}, interface {}) interface {}',
  ),
  len: lengthOf,
  type: overloads('func(interface {}) string'),
  abs: one(isNumberLike, (arg) => arg),
  ceil: rounding,
  floor: rounding,
  round: rounding,
  int: conversion(INT),
  float: conversion(FLOAT),
  string: overloads('func(interface {}) string'),
  trim: overloads('func(string) string', 'func(string, string) string'),
  trimPrefix: overloads('func(string, string) string', 'func(string) string'),
  trimSuffix: overloads('func(string, string) string', 'func(string) string'),
  upper: overloads('func(string) string'),
  lower: overloads('func(string) string'),
  split: overloads('func(string, string) []string', 'func(string, string, int) []string'),
  splitAfter: overloads('func(string, string) []string', 'func(string, string, int) []string'),
  replace: overloads('func(string, string, string, int) string', 'func(string, string, string) string'),
  repeat: overloads('func(string, int) string'),
  join: overloads(
    'func([]string, string) string',
    'func([]interface {}, string) string',
    'func([]interface {}) string',
    'func([]string) string',
  ),
  indexOf: overloads('func(string, string) int'),
  lastIndexOf: overloads('func(string, string) int'),
  hasPrefix: overloads('func(string, string) bool'),
  hasSuffix: overloads('func(string, string) bool'),
  max: aggregate,
  min: aggregate,
  mean: aggregate,
  median: aggregate,
  toJSON: overloads('func(interface {}) string'),
  fromJSON: overloads('func(string) interface {}'),
  toBase64: overloads('func(string) string'),
  fromBase64: overloads('func(string) string'),
  now: validated((_, args) =>
    args.length === 0 || (args.length === 1 && args[0]?.go === '*time.Location')
      ? TIME
      : count(0, args.length),
  ),
  duration: overloads('func(string) (time.Duration, error)'),
  date: validated((_, args) => {
    if (args.length < 1) return 'invalid number of arguments (expected at least 1, got 0)';
    const texts = args[0]?.go === '*time.Location' ? args.length - 1 : args.length;
    return texts > 3 ? `invalid number of arguments (expected at most 3, got ${texts})` : TIME;
  }),
  timezone: overloads('func(string) (*time.Location, error)'),
  first: firstElement,
  last: firstElement,
  get: overloads(VARIADIC),
  take: validated((_, args) => {
    const [list, number] = args;
    if (list === undefined || number === undefined || args.length !== 2) return count(2, args.length);
    if (!isListLike(list)) return `cannot take from ${nameOf(list)}`;
    const signed = isUnknown(number) || /^int\d*$/.test(kinds(number));
    return signed ? list : `cannot take ${nameOf(number)} elements`;
  }),
  keys: fromMap,
  values: fromMap,
  toPairs: fromMap,
  fromPairs: fromList(typeOf('map[interface {}]interface {}')),
  reverse: fromList(LIST),
  uniq: fromList(LIST),
  concat: validated((_, args) => {
    if (args.length === 0) return 'invalid number of arguments (expected at least 1, got 0)';
    const wrong = args.find((arg) => !isListLike(arg));
    return wrong === undefined ? LIST : `cannot concat ${nameOf(wrong)}`;
  }),
  flatten: fromList(LIST),
  sort: overloads(
    'func([]interface {}, string) []interface {}',
    'func([]int, string) []interface {}',
    'func([]float64, string) []interface {}',
    'func([]string, string) []interface {}',
    'func([]interface {}) []interface {}',
    'func([]float64) []interface {}',
    'func([]string) []interface {}',
    'func([]int) []interface {}',
  ),
  bitand: bits,
  bitor: bits,
  bitxor: bits,
  bitnand: bits,
  bitshl: bits,
  bitshr: bits,
  bitushr: bits,
  bitnot: overloads('func(int) int'),
};

export const isBuiltin = (name: string): boolean => Object.hasOwn(SIGNATURES, name);

export const builtinNames = (): string[] => Object.keys(SIGNATURES);

export const signatureOf = (name: string): Signature => SIGNATURES[name] as Signature;

/** The type of a built-in's bare name. */
export const builtinType = (name: string): StaticType => ({
  go: signatureOf(name).types[0] as string,
  builtin: name,
});
