/** The functions that text/template itself has. */

import { runeOf } from '../../go/bytes.ts';
import { sprint, sprintAll, sprintf, sprintln } from '../../go/format.ts';
import { isPrintable } from '../../go/strconv.ts';
import { goTypeOf } from '../../go/typed.ts';
import { queryEscape } from '../../go/url.ts';
import { GoInt } from '../../go/value.ts';
import { type FunctionTable, pure, type TemplateFunction } from './functions.ts';
import { elementAt, isEqual, isLess, isTrue, lengthOf, sliceOf } from './values.ts';

/** The text of arguments as `html`, `js` and `urlquery` take it: a missing value prints as in an action. */
function argumentText(args: readonly unknown[]): string {
  if (args.length === 1 && typeof args[0] === 'string') return args[0];
  return sprintAll(args.map((arg) => (arg === null || arg === undefined ? '<no value>' : arg)));
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

const escapeHtml = (text: string): string =>
  text.replace(/[\0"'&<>]/g, (character) => HTML[character] as string);

const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

function escapeJs(text: string): string {
  let out = '';
  for (const character of text) {
    const known = JS[character];
    const code = runeOf(character);
    if (known !== undefined) out += known;
    else if (code < 0x20) out += `\\u00${code.toString(16).toUpperCase().padStart(2, '0')}`;
    else if (code < 0x80 || isPrintable(String.fromCodePoint(code))) out += character;
    else out += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return out;
}

function length(value: unknown): GoInt {
  if (value === null) throw new Error('len of nil pointer');
  const found = lengthOf(value);
  if (found === undefined) throw new Error(`len of type ${goTypeOf(value)}`);
  return new GoInt(found);
}

function index(item: unknown, ...indexes: unknown[]): unknown {
  if (item === undefined || item === null) throw new Error('index of untyped nil');
  return indexes.reduce(elementAt, item);
}

const special = (name: 'and' | 'or' | 'call', type: string): TemplateFunction => ({
  ...pure(type, () => undefined),
  special: name,
});

const COMPARE = 'func(reflect.Value, reflect.Value) (bool, error)';

export const BUILTINS: FunctionTable = new Map<string, TemplateFunction>([
  ['and', special('and', 'func(reflect.Value, ...reflect.Value) reflect.Value')],
  ['or', special('or', 'func(reflect.Value, ...reflect.Value) reflect.Value')],
  ['call', special('call', 'func(reflect.Value, ...reflect.Value) reflect.Value')],
  ['not', pure('func(reflect.Value) bool', (value) => !isTrue(value))],
  ['html', pure('func(...interface {}) string', (...args) => escapeHtml(argumentText(args)))],
  ['js', pure('func(...interface {}) string', (...args) => escapeJs(argumentText(args)))],
  ['urlquery', pure('func(...interface {}) string', (...args) => queryEscape(argumentText(args)))],
  ['index', pure('func(reflect.Value, ...reflect.Value) (reflect.Value, error)', index)],
  [
    'slice',
    pure('func(reflect.Value, ...reflect.Value) (reflect.Value, error)', (item, ...at) => sliceOf(item, at)),
  ],
  ['len', pure('func(reflect.Value) (int, error)', length)],
  ['print', pure('func(...interface {}) string', (...args) => sprintAll(args))],
  ['printf', pure('func(string, ...interface {}) string', (format, ...args) => sprintf(format, args))],
  ['println', pure('func(...interface {}) string', (...args) => sprintln(args))],
  [
    'eq',
    pure('func(reflect.Value, ...reflect.Value) (bool, error)', (first, ...others) => isEqual(first, others)),
  ],
  ['ne', pure(COMPARE, (a, b) => !isEqual(a, [b]))],
  ['lt', pure(COMPARE, isLess)],
  ['le', pure(COMPARE, (a, b) => isLess(a, b) || isEqual(a, [b]))],
  ['gt', pure(COMPARE, (a, b) => !(isLess(a, b) || isEqual(a, [b])))],
  ['ge', pure(COMPARE, (a, b) => !isLess(a, b))],
]);

/** What an action writes for a value. */
export const printed = (value: unknown): string =>
  value === undefined || value === null ? '<no value>' : sprint(value);
