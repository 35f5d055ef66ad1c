/** Built-ins on strings, JSON, base64 and dates. */

import { toIndex } from '../../go/arithmetic.ts';
import { fromBytes, toBytes } from '../../go/bytes.ts';
import { itemsOf } from '../../go/collections.ts';
import { parseDuration } from '../../go/duration.ts';
import { sprint } from '../../go/format.ts';
import { decodeJsonFloats, encodeJson } from '../../go/json.ts';
import { GoLocation, loadLocation, localLocation, UTC } from '../../go/location.ts';
import { GoNilSlice } from '../../go/nil.ts';
import { goInt } from '../../go/numbers.ts';
import {
  indexOfText,
  replaceText,
  splitText,
  toLower,
  toUpper,
  trimCutset,
  trimSpace,
} from '../../go/strings.ts';
import { type GoTime, timeFromMillis } from '../../go/time.ts';
import { LAYOUTS } from '../../go/time-layout.ts';
import { parseTime } from '../../go/time-parse.ts';
import { GoSlice, goTypeOf } from '../../go/typed.ts';
import { LimitError } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { Run } from './run.ts';

export type Builtin = (run: Run, args: readonly unknown[]) => unknown;

/** An argument that must be a string. */
function textAt(args: readonly unknown[], at: number): string {
  const value = args[at];
  if (typeof value !== 'string')
    throw new Error(`argument ${at + 1} must be a string, not ${goTypeOf(value ?? null)}`);
  return value;
}

const textFunction =
  (call: (text: string) => unknown): Builtin =>
  (_, args) =>
    call(textAt(args, 0));

const pairFunction =
  (call: (text: string, part: string) => unknown): Builtin =>
  (_, args) =>
    call(textAt(args, 0), textAt(args, 1));

function split(run: Run, args: readonly unknown[], after: boolean): unknown {
  const count = args.length > 2 ? toIndex(args[2]) : -1;
  const parts = splitText(textAt(args, 0), textAt(args, 1), count, after);
  run.spend(parts.length);
  return count === 0 ? new GoNilSlice('string') : new GoSlice('string', parts);
}

function join(run: Run, args: readonly unknown[]): string {
  const glue = args.length > 1 ? textAt(args, 1) : '';
  const list = args[0] ?? null;
  const items = Array.isArray(list) || goTypeOf(list) === '[]string' ? itemsOf(list) : undefined;
  if (items === undefined) throw new Error(`cannot join ${goTypeOf(list)}`);
  const texts = items.map((_, at) => textAt(items, at));
  const length = texts.reduce((sum, text) => sum + text.length + glue.length, 0);
  if (length > LIMITS.text) throw new LimitError(`a text of more than ${LIMITS.text} characters`);
  run.spend(texts.length);
  return texts.join(glue);
}

function replace(run: Run, args: readonly unknown[]): string {
  const [text, old, by] = [textAt(args, 0), textAt(args, 1), textAt(args, 2)];
  const matches = old === '' ? text.length + 1 : by.length > old.length ? text.split(old).length - 1 : 0;
  if (text.length + matches * by.length > LIMITS.text) {
    throw new LimitError(`a text of more than ${LIMITS.text} characters`);
  }
  run.spend(1);
  return replaceText(text, old, by, args.length > 3 ? toIndex(args[3]) : -1);
}

function repeat(run: Run, args: readonly unknown[]): string {
  const text = textAt(args, 0);
  const count = toIndex(args[1] ?? null);
  if (count < 0) throw new Error(`cannot repeat ${count} times`);
  if (count > LIMITS.memory) throw new LimitError(`more than ${LIMITS.memory} elements`);
  run.grow(toBytes(text).length * count);
  return text.repeat(count);
}

function fromBase64(text: string): string {
  const plain = text.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain) || plain.length % 4 !== 0) throw new Error('illegal base64 data');
  return fromBytes(Uint8Array.from(atob(plain), (character) => character.charCodeAt(0)));
}

const toBase64 = (text: string): string => {
  let binary = '';
  for (const byte of toBytes(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
};

const DATE_LAYOUTS = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  LAYOUTS.RFC3339,
  LAYOUTS.RFC822,
  LAYOUTS.RFC850,
  LAYOUTS.RFC1123,
];

function zone(name: string): GoLocation {
  const location = loadLocation(name, localLocation());
  if (location === undefined) throw new Error(`unknown time zone ${name}`);
  return location;
}

function parseAs(layout: string, text: string, location: GoLocation | undefined): GoTime {
  const parsed =
    location === undefined
      ? parseTime(layout, text, UTC, localLocation())
      : parseTime(layout, text, location, location);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.time;
}

function date(run: Run, args: readonly unknown[]): GoTime {
  const location = args[0] instanceof GoLocation ? args[0] : undefined;
  const texts = location === undefined ? args : args.slice(1);
  const text = textAt(texts, 0);
  if (texts.length === 2) return parseAs(textAt(texts, 1), text, location);
  // Looking a zone up takes long.
  if (texts.length === 3) run.spend(4_000);
  if (texts.length === 3) return parseAs(textAt(texts, 1), text, zone(textAt(texts, 2)));
  const local = location ?? localLocation();
  for (const layout of DATE_LAYOUTS) {
    const parsed = parseTime(layout, text, location ?? UTC, local);
    if (parsed.ok) return parsed.time;
  }
  throw new Error(`invalid date ${text}`);
}

export const TEXT_BUILTINS: Readonly<Record<string, Builtin>> = {
  string: (run, args) => {
    run.walk(args[0]);
    return sprint(args[0] ?? null);
  },
  trim: (_, args) =>
    args.length > 1 ? trimCutset(textAt(args, 0), textAt(args, 1)) : trimSpace(textAt(args, 0)),
  trimPrefix: (_, args) => {
    const [text, part] = [textAt(args, 0), args.length > 1 ? textAt(args, 1) : ' '];
    return text.startsWith(part) ? text.slice(part.length) : text;
  },
  trimSuffix: (_, args) => {
    const [text, part] = [textAt(args, 0), args.length > 1 ? textAt(args, 1) : ' '];
    return text.endsWith(part) ? text.slice(0, text.length - part.length) : text;
  },
  upper: textFunction(toUpper),
  lower: textFunction(toLower),
  split: (run, args) => split(run, args, false),
  splitAfter: (run, args) => split(run, args, true),
  replace,
  repeat,
  join,
  indexOf: pairFunction((text, part) => goInt(indexOfText(text, part))),
  lastIndexOf: pairFunction((text, part) => goInt(indexOfText(text, part, true))),
  hasPrefix: pairFunction((text, part) => text.startsWith(part)),
  hasSuffix: pairFunction((text, part) => text.endsWith(part)),
  toJSON: (run, args) => {
    run.walk(args[0]);
    return encodeJson(args[0] ?? null, { indent: '  ' });
  },
  fromJSON: (run, args) => {
    const text = textAt(args, 0);
    run.spend(text.length / 4);
    return decodeJsonFloats(text);
  },
  toBase64: textFunction(toBase64),
  fromBase64: textFunction(fromBase64),
  now: (run, args) => {
    const location = args[0] instanceof GoLocation ? args[0] : localLocation();
    return timeFromMillis(run.now, location);
  },
  duration: textFunction((text) => {
    const duration = parseDuration(text);
    if (duration === undefined) throw new Error(`invalid duration ${JSON.stringify(text)}`);
    return duration;
  }),
  date,
  timezone: textFunction(zone),
};
