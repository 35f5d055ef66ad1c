/**
 * Go's fmt: `sprint` is `%v`, `sprintf` knows every verb and flag, the `%!v(BADVERB)` forms included.
 * Source of the behaviour: the fmt package of Go 1.26; conformance groups printf and print-println.
 * Longer than most files: each verb may meet each kind of value, nested, so that everything calls everything.
 */
import { fromBytes, normalizeBytes, runeCount, toBytes } from './bytes.ts';
import { canBackquote, codePoint, formatFloat, isPrintable, quote, quoteRune } from './strconv.ts';
import {
  compareStrings,
  GoInteger,
  GoSlice,
  goKindOf,
  goTypeOf,
  isGoObject,
  isPlainMap,
  sortedKeys,
} from './typed.ts';
import { GoBytes, GoFloat, GoInt, GoInt64, GoTypedMap } from './value.ts';

interface Flags {
  width: number | undefined;
  precision: number | undefined;
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%+v` and `%#v`. */
  plusV: boolean;
  sharpV: boolean;
}

const NO_FLAGS: Readonly<Flags> = {
  width: undefined,
  precision: undefined,
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
};

/** Go prints an address here; no address is worth printing, but the shape is kept. */
const ADDRESS = 0xc000010000;
const MAX_WIDTH = 1e6;

/** The integer inside a value whose Go kind is an integer. */
function integerOf(value: unknown): { value: bigint; signed: boolean } | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) ? { value: BigInt(value), signed: true } : undefined;
  if (typeof value === 'bigint') return { value, signed: true };
  if (value instanceof GoInt || value instanceof GoInt64) return { value: BigInt(value.value), signed: true };
  if (value instanceof GoInteger) return { value: BigInt(value.value), signed: !value.type.startsWith('u') };
  return undefined;
}

function truncateRunes(text: string, flags: Flags): string {
  if (flags.precision === undefined || text.length <= flags.precision) return text;
  let out = '';
  let left = flags.precision;
  for (const character of text) {
    if (left === 0) return out;
    out += character;
    left -= 1;
  }
  return out;
}

function pad(text: string, flags: Flags, zero = flags.zero): string {
  if (flags.width === undefined || flags.width === 0) return text;
  const missing = flags.width - runeCount(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

function formatInteger(value: bigint, base: number, verb: string, flags: Flags, upper = false): string {
  const negative = value < 0n;
  const magnitude = negative ? -value : value;
  let least = 0;
  if (flags.precision !== undefined) {
    least = flags.precision;
    if (least === 0 && magnitude === 0n) return ' '.repeat(flags.width ?? 0);
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    least = flags.width - (negative || flags.plus || flags.space ? 1 : 0);
  }
  let text = magnitude.toString(base).padStart(least, '0');
  if (upper) text = text.toUpperCase();
  if (flags.sharp) {
    if (base === 2) text = `0b${text}`;
    else if (base === 8 && !text.startsWith('0')) text = `0${text}`;
    else if (base === 16) text = (upper ? '0X' : '0x') + text;
  }
  if (verb === 'O') text = `0o${text}`;
  if (negative) text = `-${text}`;
  else if (flags.plus) text = `+${text}`;
  else if (flags.space) text = ` ${text}`;
  return pad(text, flags, false);
}

/** As Go converts to uint64: a negative number becomes a large one, which is no character. */
const characterCode = (value: bigint): number => (value < 0n || value > 0x10ffffn ? 0x110000 : Number(value));

function formatUnicode(value: bigint, flags: Flags): string {
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase();
  let text = `U+${digits.padStart(Math.max(flags.precision ?? 4, 4), '0')}`;
  const code = characterCode(value);
  if (flags.sharp && code <= 0x10ffff && isPrintable(codePoint(code))) text += ` '${codePoint(code)}'`;
  return pad(text, flags, false);
}

/** With `#` the decimal point and the trailing zeros stay. */
function keepZeros(text: string, verb: string, precision: number): string {
  let digits = verb === 'g' || verb === 'G' || verb === 'x' ? (precision === -1 ? 6 : precision) : 0;
  const exponentAt = text.search(verb === 'x' || verb === 'X' ? /[pP]/ : /[pPeE]/);
  let body = exponentAt < 0 ? text : text.slice(0, exponentAt);
  const tail = exponentAt < 0 ? '' : text.slice(exponentAt);
  let point = false;
  let nonZero = false;
  for (const character of body.slice(1)) {
    if (character === '.') {
      point = true;
      continue;
    }
    if (character !== '0') nonZero = true;
    if (nonZero) digits -= 1;
  }
  if (!point) {
    if (body.length === 2 && body[1] === '0') digits -= 1;
    body += '.';
  }
  return body + '0'.repeat(Math.max(digits, 0)) + tail;
}

function formatFloatVerb(value: number, verb: string, fallback: number, flags: Flags): string {
  const precision = flags.precision ?? fallback;
  let text = formatFloat(value, verb, precision);
  if (!text.startsWith('-') && !text.startsWith('+')) text = `+${text}`;
  if (flags.space && text.startsWith('+') && !flags.plus) text = ` ${text.slice(1)}`;
  if (!Number.isFinite(value)) {
    if (Number.isNaN(value) && !flags.space && !flags.plus) text = text.slice(1);
    return pad(text, flags, false);
  }
  if (flags.sharp && verb !== 'b') text = keepZeros(text, verb, precision);
  if (!flags.plus && text.startsWith('+')) return pad(text.slice(1), flags);
  if (flags.zero && !flags.minus && flags.width !== undefined && flags.width > text.length) {
    return (text[0] as string) + '0'.repeat(flags.width - text.length) + text.slice(1);
  }
  return pad(text, flags);
}

function formatHexBytes(bytes: Uint8Array, upper: boolean, flags: Flags): string {
  const length = Math.min(bytes.length, flags.precision ?? bytes.length);
  if (length === 0) return pad('', flags);
  const prefix = flags.sharp ? (upper ? '0X' : '0x') : '';
  let text = prefix;
  for (let at = 0; at < length; at++) {
    if (flags.space && at > 0) text += ` ${prefix}`;
    const pair = (bytes[at] as number).toString(16).padStart(2, '0');
    text += upper ? pair.toUpperCase() : pair;
  }
  return pad(text, flags);
}

function formatQuoted(text: string, flags: Flags): string {
  const cut = truncateRunes(text, flags);
  if (flags.sharp && canBackquote(cut)) return pad(`\`${cut}\``, flags);
  return pad(quote(cut, flags.plus), flags);
}

/** `erroring`: inside a `%!…` form, where methods are not called. */
function badVerb(value: unknown, verb: string, flags: Flags): string {
  if (value === null) return `%!${verb}(<nil>)`;
  return `%!${verb}(${goTypeOf(value)}=${printValue(value, 'v', flags, 0, true)})`;
}

function printText(value: unknown, text: string, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return flags.sharpV ? formatQuoted(text, flags) : pad(truncateRunes(text, flags), flags);
    case 's':
      return pad(truncateRunes(text, flags), flags);
    case 'x':
    case 'X':
      return formatHexBytes(toBytes(text), verb === 'X', flags);
    case 'q':
      return formatQuoted(text, flags);
    default:
      return badVerb(value, verb, flags);
  }
}

function printInteger(original: unknown, value: bigint, signed: boolean, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      if (flags.sharpV && !signed) return formatInteger(value, 16, verb, { ...flags, sharp: true });
      return formatInteger(value, 10, verb, flags);
    case 'd':
      return formatInteger(value, 10, verb, flags);
    case 'b':
      return formatInteger(value, 2, verb, flags);
    case 'o':
    case 'O':
      return formatInteger(value, 8, verb, flags);
    case 'x':
    case 'X':
      return formatInteger(value, 16, verb, flags, verb === 'X');
    case 'c':
      return pad(codePoint(characterCode(value)), flags);
    case 'q':
      return pad(quoteRune(characterCode(value), flags.plus), flags);
    case 'U':
      return formatUnicode(value, flags);
    default:
      return badVerb(original, verb, flags);
  }
}

function printFloat(original: unknown, value: number, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return formatFloatVerb(value, 'g', -1, flags);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return formatFloatVerb(value, verb, -1, flags);
    case 'f':
    case 'e':
    case 'E':
      return formatFloatVerb(value, verb, 6, flags);
    case 'F':
      return formatFloatVerb(value, 'f', 6, flags);
    default:
      return badVerb(original, verb, flags);
  }
}

function printByteSlice(value: GoBytes, verb: string, flags: Flags, depth: number): string {
  const bytes = value.value;
  switch (verb) {
    case 's':
      return pad(truncateRunes(fromBytes(bytes), flags), flags);
    case 'x':
    case 'X':
      return formatHexBytes(bytes, verb === 'X', flags);
    case 'q':
      return formatQuoted(fromBytes(bytes), flags);
    default: {
      const items = Array.from(bytes, (byte) => new GoInteger('uint8', byte));
      return printItems(items, depth === 0 ? '[]byte' : '[]uint8', verb, flags, depth);
    }
  }
}

function printItems(
  items: readonly unknown[],
  type: string,
  verb: string,
  flags: Flags,
  depth: number,
): string {
  const anyElements = type === '[]interface {}';
  const texts = items.map((item) => printElement(item, anyElements, verb, flags, depth));
  return bounded(flags.sharpV ? `${type}{${texts.join(', ')}}` : `[${texts.join(' ')}]`);
}

function printElement(
  item: unknown,
  inInterface: boolean,
  verb: string,
  flags: Flags,
  depth: number,
): string {
  if (item === null || item === undefined) return flags.sharpV && inInterface ? 'interface {}(nil)' : '<nil>';
  return printValue(item, verb, flags, depth + 1, false);
}

function printEntries(
  entries: readonly (readonly [string, unknown])[],
  type: string,
  verb: string,
  flags: Flags,
  depth: number,
): string {
  const anyElements = type === 'map[string]interface {}';
  const texts = entries.map(
    ([key, item]) =>
      `${printText(key, key, verb, flags)}:${printElement(item, anyElements, verb, flags, depth)}`,
  );
  return bounded(flags.sharpV ? `${type}{${texts.join(', ')}}` : `map[${texts.join(' ')}]`);
}

function printPointer(value: unknown, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      if (flags.sharpV) return `(${goTypeOf(value)})(0x${ADDRESS.toString(16)})`;
      return formatInteger(BigInt(ADDRESS), 16, 'v', { ...flags, sharp: !flags.sharp });
    case 'p':
      return formatInteger(BigInt(ADDRESS), 16, 'v', { ...flags, sharp: !flags.sharp });
    case 'b':
    case 'o':
    case 'd':
    case 'x':
    case 'X':
      return printInteger(value, BigInt(ADDRESS), false, verb, flags);
    default:
      return badVerb(value, verb, flags);
  }
}

const POINTER_KINDS: ReadonlySet<string> = new Set(['func', 'map', 'slice', 'ptr']);
const STRING_VERBS = 'vsxXq';

/** Deeper than this a value is a cycle or an attack; Go would overflow its stack. */
const MAX_DEPTH = 1000;

/** Longer than this a text is an attack: a list that holds another twice, that holds another twice … */
const MAX_TEXT = 4_000_000;

function bounded(text: string): string {
  if (text.length > MAX_TEXT) throw new RangeError(`the text is longer than ${MAX_TEXT} characters`);
  return text;
}

function printValue(value: unknown, verb: string, flags: Flags, depth: number, erroring: boolean): string {
  if (depth > MAX_DEPTH) throw new RangeError('value is nested too deeply to print');
  if (value === null || value === undefined) {
    if (verb === 'v' || verb === 'T') return pad('<nil>', flags);
    return badVerb(null, verb, flags);
  }
  if (depth === 0 && verb === 'T') return pad(truncateRunes(goTypeOf(value), flags), flags);
  if (depth === 0 && verb === 'p') {
    return POINTER_KINDS.has(goKindOf(value)) ? printPointer(value, 'p', flags) : badVerb(value, verb, flags);
  }
  if (verb === 'w' && !erroring && !(value instanceof GoBytes)) return badVerb(value, verb, flags);
  if (typeof value === 'string') return printText(value, value, verb, flags);
  if (typeof value === 'boolean') {
    return verb === 't' || verb === 'v' ? pad(String(value), flags) : badVerb(value, verb, flags);
  }
  const integer = integerOf(value);
  if (integer !== undefined) return printInteger(value, integer.value, integer.signed, verb, flags);
  if (typeof value === 'number') return printFloat(value, value, verb, flags);
  if (value instanceof GoFloat) return printFloat(value, value.value, verb, flags);
  if (Array.isArray(value)) return printItems(value, '[]interface {}', verb, flags, depth);
  if (value instanceof GoSlice) return printItems(value.items, goTypeOf(value), verb, flags, depth);
  if (value instanceof GoBytes) return printByteSlice(value, verb, flags, depth);
  if (value instanceof GoTypedMap) {
    const entries = [...value.entries].sort(([a], [b]) => compareStrings(a, b));
    return printEntries(entries, goTypeOf(value), verb, flags, depth);
  }
  if (isPlainMap(value)) {
    const entries = sortedKeys(value).map((key) => [key, value[key]] as const);
    return printEntries(entries, 'map[string]interface {}', verb, flags, depth);
  }
  if (typeof value === 'function') return printPointer(value, verb, flags);
  return printObject(value, verb, flags, depth, erroring);
}

function printObject(
  value: { toString(): string },
  verb: string,
  flags: Flags,
  depth: number,
  erroring: boolean,
): string {
  const object = isGoObject(value) ? value : undefined;
  if (!erroring) {
    if (flags.sharpV) {
      if (object?.goSyntax !== undefined) return pad(truncateRunes(object.goSyntax(), flags), flags);
    } else if (STRING_VERBS.includes(verb)) {
      return printText(value, value.toString(), verb, flags);
    }
  }
  const underlying = object?.goUnderlying?.();
  const integer = integerOf(underlying);
  if (integer !== undefined) return printInteger(value, integer.value, integer.signed, verb, flags);
  if (underlying !== undefined) return printValue(underlying, verb, flags, depth + 1, erroring);
  return `{${printText(value, value.toString(), 'v', flags)}}`;
}

/**
 * Go's `fmt.Sprint` of one value, which is `%v`: how templates print a value and how oncePer becomes a key.
 * Throws a RangeError where the value is nested or repeated beyond what any text should hold.
 */
export function sprint(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatFloat(value, 'g', -1);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return printValue(value, 'v', NO_FLAGS, 0, false);
}

const isTextValue = (value: unknown): boolean => typeof value === 'string';

/** Go's `fmt.Sprint`: a space between two operands where neither is a string. */
export function sprintAll(args: readonly unknown[]): string {
  let text = '';
  args.forEach((arg, at) => {
    if (at > 0 && !isTextValue(arg) && !isTextValue(args[at - 1])) text += ' ';
    text += sprint(arg);
  });
  return normalizeBytes(text);
}

/** Go's `fmt.Sprintln`. */
export function sprintln(args: readonly unknown[]): string {
  return normalizeBytes(`${args.map(sprint).join(' ')}\n`);
}

interface Cursor {
  at: number;
  argument: number;
  /** An `[n]` was just read. */
  afterIndex: boolean;
  goodIndex: boolean;
  reordered: boolean;
}

/** Decimal digits at the cursor; an absurd number ends the format, as in Go. */
function readNumber(format: string, cursor: Cursor, end: number): number | undefined {
  let number: number | undefined;
  while (cursor.at < end) {
    const digit = format.charCodeAt(cursor.at) - 48;
    if (digit < 0 || digit > 9) break;
    if ((number ?? 0) > MAX_WIDTH) {
      cursor.at = end;
      return undefined;
    }
    number = (number ?? 0) * 10 + digit;
    cursor.at += 1;
  }
  return number;
}

function readIndex(format: string, cursor: Cursor, count: number): void {
  cursor.afterIndex = false;
  if (format[cursor.at] !== '[') return;
  cursor.reordered = true;
  const close = format.length - cursor.at < 3 ? -1 : format.indexOf(']', cursor.at + 1);
  if (close < 0) {
    cursor.goodIndex = false;
    cursor.at += 1;
    return;
  }
  const inner: Cursor = { ...cursor, at: cursor.at + 1 };
  const number = readNumber(format, inner, close);
  const parsed = number !== undefined && inner.at === close;
  cursor.at = close + 1;
  cursor.afterIndex = parsed;
  if (parsed && number >= 1 && number <= count) cursor.argument = number - 1;
  else cursor.goodIndex = false;
}

/** The value of a `*`. */
function starValue(args: readonly unknown[], cursor: Cursor): number | undefined {
  if (cursor.argument >= args.length) return undefined;
  const arg = args[cursor.argument];
  cursor.argument += 1;
  const found = integerOf(isGoObject(arg) ? arg.goUnderlying?.() : arg)?.value;
  if (found === undefined || found > BigInt(MAX_WIDTH) || found < -BigInt(MAX_WIDTH)) return undefined;
  return Number(found);
}

function readFlags(format: string, cursor: Cursor): Flags {
  const flags: Flags = { ...NO_FLAGS };
  for (; cursor.at < format.length; cursor.at++) {
    const character = format[cursor.at];
    if (character === '#') flags.sharp = true;
    else if (character === '0') flags.zero = true;
    else if (character === '+') flags.plus = true;
    else if (character === '-') flags.minus = true;
    else if (character === ' ') flags.space = true;
    else break;
  }
  return flags;
}

/** Width and precision; returns the `%!(BADWIDTH)` forms to print. */
function readSizes(format: string, cursor: Cursor, flags: Flags, args: readonly unknown[]): string {
  let errors = '';
  readIndex(format, cursor, args.length);
  if (format[cursor.at] === '*') {
    cursor.at += 1;
    flags.width = starValue(args, cursor);
    if (flags.width === undefined) errors += '%!(BADWIDTH)';
    else if (flags.width < 0) {
      flags.width = -flags.width;
      flags.minus = true;
      flags.zero = false;
    }
    cursor.afterIndex = false;
  } else {
    flags.width = readNumber(format, cursor, format.length);
    if (cursor.afterIndex && flags.width !== undefined) cursor.goodIndex = false;
  }
  if (cursor.at + 1 < format.length && format[cursor.at] === '.') {
    cursor.at += 1;
    if (cursor.afterIndex) cursor.goodIndex = false;
    readIndex(format, cursor, args.length);
    if (format[cursor.at] === '*') {
      cursor.at += 1;
      flags.precision = starValue(args, cursor);
      if (flags.precision !== undefined && flags.precision < 0) flags.precision = undefined;
      if (flags.precision === undefined) errors += '%!(BADPREC)';
      cursor.afterIndex = false;
    } else {
      flags.precision = readNumber(format, cursor, format.length) ?? 0;
    }
  }
  if (!cursor.afterIndex) readIndex(format, cursor, args.length);
  return errors;
}

function formatArgument(verb: string, flags: Flags, cursor: Cursor, args: readonly unknown[]): string {
  if (verb === '%') return '%';
  if (!cursor.goodIndex) return `%!${verb}(BADINDEX)`;
  if (cursor.argument >= args.length) return `%!${verb}(MISSING)`;
  if (verb === 'v' || verb === 'w') {
    flags.sharpV = flags.sharp;
    flags.sharp = false;
    flags.plusV = flags.plus;
    flags.plus = false;
  }
  const arg = args[cursor.argument];
  cursor.argument += 1;
  return printValue(arg ?? null, verb, flags, 0, false);
}

/** Go's `fmt.Sprintf` over Go values. */
export function sprintf(format: string, args: readonly unknown[]): string {
  const cursor: Cursor = { at: 0, argument: 0, afterIndex: false, goodIndex: true, reordered: false };
  let out = '';
  while (cursor.at < format.length) {
    const percent = format.indexOf('%', cursor.at);
    if (percent < 0) {
      out += format.slice(cursor.at);
      break;
    }
    out += format.slice(cursor.at, percent);
    cursor.at = percent + 1;
    cursor.goodIndex = true;
    const flags = readFlags(format, cursor);
    out += readSizes(format, cursor, flags, args);
    if (cursor.at >= format.length) {
      out += '%!(NOVERB)';
      break;
    }
    const verb = String.fromCodePoint(format.codePointAt(cursor.at) as number);
    cursor.at += verb.length;
    out = bounded(out + formatArgument(verb, flags, cursor, args));
  }
  if (!cursor.reordered && cursor.argument < args.length) {
    const extra = args.slice(cursor.argument);
    const texts = extra.map((arg) => (arg === null ? '<nil>' : `${goTypeOf(arg)}=${sprint(arg)}`));
    out += `%!(EXTRA ${texts.join(', ')})`;
  }
  return normalizeBytes(out);
}
