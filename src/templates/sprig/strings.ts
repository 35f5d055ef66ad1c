/** Sprig's functions on text. Those of goutils work on bytes, as there. */
import { byteLength, fromBytes, isAscii, normalizeBytes, sliceBytes, toBytes } from '../../go/bytes.ts';
import { itemsOf } from '../../go/collections.ts';
import { sprint } from '../../go/format.ts';
import { quote } from '../../go/strconv.ts';
import { replaceText, splitText, toLower, toUpper, trimCutset, trimSpace } from '../../go/strings.ts';
import { GoSlice } from '../../go/typed.ts';
import { type GoInt, GoTypedMap } from '../../go/value.ts';
import { contextual, pure, slow, type TemplateFunction } from '../gotemplate/functions.ts';
import type { FunctionContext } from '../gotemplate/run.ts';
import { intArgument, textOf } from './cast.ts';
import { checkList, checkText } from './limits.ts';
import { isDigit, isLetter, isLower, isSpace, isTitle, isUpper, lower, runesOf, upper } from './runes.ts';

function bounds(text: string, from: number, to: number): string {
  const length = byteLength(text);
  if (from < 0 || to > length || from > to)
    throw new Error(`slice bounds out of range [${from}:${to}] with length ${length}`);
  return sliceBytes(text, from, to);
}

function trunc(count: number, text: string): string {
  const length = byteLength(text);
  if (count < 0 && length + count > 0) return sliceBytes(text, length + count, length);
  return count >= 0 && length > count ? sliceBytes(text, 0, count) : text;
}

function substring(start: number, end: number, text: string): string {
  const length = byteLength(text);
  if (start < 0) return bounds(text, 0, end);
  return bounds(text, start, end < 0 || end > length ? length : end);
}

/** goutils' AbbreviateFull; an illegal width gives an empty text. */
function abbreviate(text: string, left: number, width: number): string {
  const length = byteLength(text);
  if (text === '' || width < 4) return '';
  if (length <= width) return text;
  let offset = Math.min(left, length);
  if (length - offset < width - 3) offset = length - (width - 3);
  if (offset <= 4) return `${bounds(text, 0, width - 3)}...`;
  if (width < 7) return '';
  if (offset + width - 3 < length) return `...${abbreviate(bounds(text, offset, length), 0, width - 3)}`;
  return `...${bounds(text, length - (width - 3), length)}`;
}

/** strings.Title: the first letter of each word; only letters, digits and `_` join ASCII words. */
function title(text: string): string {
  let previous = ' ';
  let out = '';
  for (const character of text) {
    out += isSeparator(previous) ? upper(character) : character;
    previous = character;
  }
  return out;
}

function isSeparator(character: string): boolean {
  if (character <= '\x7f') return !/^[A-Za-z0-9_]$/.test(character);
  return !isLetter(character) && !isDigit(character) && isSpace(character);
}

function untitle(text: string): string {
  let atWord = true;
  return runesOf(text)
    .map((character) => {
      if (isSpace(character)) {
        atWord = true;
        return character;
      }
      const mapped = atWord ? lower(character) : character;
      atWord = false;
      return mapped;
    })
    .join('');
}

/** A lower-case letter behind a space gets title case, which is upper case but for a few digraphs. */
const swapped = (character: string): string => {
  if (isUpper(character) || isTitle(character)) return lower(character);
  return isLower(character) ? upper(character) : character;
};

const swapCase = (text: string): string => runesOf(text).map(swapped).join('');

/** goutils takes each byte for a character; a text without white space is returned as it is. */
const latinSpace = (byte: number): boolean =>
  (byte >= 9 && byte <= 13) || byte === 32 || byte === 0x85 || byte === 0xa0;

function noSpace(text: string): string {
  const kept = toBytes(text).filter((byte) => !latinSpace(byte));
  return kept.length === byteLength(text) ? text : String.fromCharCode(...kept);
}

function initials(text: string): string {
  let out = '';
  let afterGap = true;
  for (const byte of toBytes(text)) {
    if (latinSpace(byte)) afterGap = true;
    else if (afterGap) {
      out += String.fromCharCode(byte);
      afterGap = false;
    }
  }
  return out;
}

/** goutils' WrapCustom on one line of bytes, written as Latin-1 so that positions are bytes. */
function wrap(
  context: FunctionContext,
  text: string,
  columns: number,
  separator: string,
  breakWords: boolean,
): string {
  const width = Math.max(columns, 1);
  const lineBreak = separator === '' ? '\n' : separator;
  checkText(context, text.length + (text.length / width) * lineBreak.length);
  const ascii = isAscii(text);
  const line = ascii ? text : Array.from(toBytes(text), (byte) => String.fromCharCode(byte)).join('');
  const pieces: string[] = [];
  let offset = 0;
  while (line.length - offset > width) {
    context.spend(1);
    if (line[offset] === ' ') {
      offset += 1;
      continue;
    }
    const space = line.slice(offset, offset + width + 1).lastIndexOf(' ') + offset;
    if (space >= offset) {
      pieces.push(line.slice(offset, space));
      offset = space + 1;
    } else if (breakWords) {
      pieces.push(line.slice(offset, offset + width));
      offset += width;
    } else {
      const next = line.indexOf(' ', offset + width);
      if (next < 0) {
        pieces.push(line.slice(offset));
        return rejoin(pieces, lineBreak, ascii);
      }
      pieces.push(line.slice(offset, next));
      offset = next + 1;
    }
  }
  pieces.push(line.slice(offset));
  return rejoin(pieces, lineBreak, ascii);
}

function rejoin(pieces: readonly string[], separator: string, ascii: boolean): string {
  if (ascii) return pieces.join(separator);
  const texts = pieces.map((piece) =>
    fromBytes(Uint8Array.from(piece, (character) => character.charCodeAt(0))),
  );
  return normalizeBytes(texts.join(separator));
}

function repeat(context: FunctionContext, count: number, text: string): string {
  if (count < 0) throw new Error('strings: negative Repeat count');
  checkText(context, count * text.length);
  return normalizeBytes(text.repeat(count));
}

function indent(context: FunctionContext, spaces: number, text: string): string {
  const lines = text.split('\n');
  const pad = repeat(context, spaces, ' ');
  checkText(context, text.length + lines.length * pad.length);
  return pad + lines.join(`\n${pad}`);
}

function replace(context: FunctionContext, old: string, by: string, text: string): string {
  const matches = old === '' ? text.length + 1 : Math.floor(text.length / old.length);
  if (text.length + matches * by.length > context.limits.text) {
    checkText(
      context,
      text.length + (old === '' ? matches : text.split(old).length - 1) * (by.length - old.length),
    );
  }
  return normalizeBytes(replaceText(text, old, by, -1));
}

/** Texts of a list, or of the value itself; nil elements are left out. */
export function textsOf(value: unknown): string[] {
  if (value === null) return [];
  const items = itemsOf(value);
  return items === undefined ? [textOf(value)] : items.filter((item) => item !== null).map(textOf);
}

function join(context: FunctionContext, separator: string, list: unknown): string {
  const texts = textsOf(list);
  checkText(
    context,
    texts.reduce((sum, text) => sum + text.length + separator.length, 0),
  );
  return normalizeBytes(texts.join(separator));
}

function indexed(context: FunctionContext, parts: readonly string[]): GoTypedMap {
  checkList(context, parts.length);
  context.spend(parts.length);
  return new GoTypedMap('string', new Map(parts.map((part, at) => [`_${at}`, part])));
}

/** Go's `strings.Map` writes U+FFFD for each byte that is no UTF-8. */
const validText = (text: string): string => (text.isWellFormed() ? text : runesOf(text).join(''));

const present = (values: readonly unknown[]): unknown[] => values.filter((value) => value !== null);

const LIST_OF_STRINGS = 'func(string, string) []string';
const TEXT = 'func(string) string';
const TWO_TEXTS = 'func(string, string) string';
const TEST = 'func(string, string) bool';

export const STRING_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  hello: pure('func() string', () => 'Hello!'),
  trim: pure(TEXT, trimSpace),
  upper: pure(TEXT, (text: string) => toUpper(validText(text))),
  lower: pure(TEXT, (text: string) => toLower(validText(text))),
  title: slow(TEXT, (text: string) => title(validText(text))),
  untitle: slow(TEXT, untitle),
  swapcase: slow(TEXT, swapCase),
  nospace: pure(TEXT, noSpace),
  initials: slow(TEXT, initials),
  trunc: pure('func(int, string) string', (count: GoInt, text: string) => trunc(intArgument(count), text)),
  substr: pure('func(int, int, string) string', (start: GoInt, end: GoInt, text: string) =>
    substring(intArgument(start), intArgument(end), text),
  ),
  abbrev: pure('func(int, string) string', (width: GoInt, text: string) =>
    intArgument(width) < 4 ? text : abbreviate(text, 0, intArgument(width)),
  ),
  abbrevboth: pure('func(int, int, string) string', (left: GoInt, right: GoInt, text: string) => {
    const [from, width] = [intArgument(left), intArgument(right)];
    return width < 4 || (from > 0 && width < 7) ? text : abbreviate(text, from, width);
  }),
  repeat: contextual('func(int, string) string', (context, count: GoInt, text: string) =>
    repeat(context, intArgument(count), text),
  ),
  trimall: pure(TWO_TEXTS, (cutset: string, text: string) => trimCutset(text, cutset)),
  trimAll: pure(TWO_TEXTS, (cutset: string, text: string) => trimCutset(text, cutset)),
  trimPrefix: pure(TWO_TEXTS, (prefix: string, text: string) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimSuffix: pure(TWO_TEXTS, (suffix: string, text: string) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  contains: pure(TEST, (part: string, text: string) => text.includes(part)),
  hasPrefix: pure(TEST, (prefix: string, text: string) => text.startsWith(prefix)),
  hasSuffix: pure(TEST, (suffix: string, text: string) => text.endsWith(suffix)),
  replace: contextual('func(string, string, string) string', replace),
  plural: pure('func(string, string, int) string', (one: string, many: string, count: GoInt) =>
    intArgument(count) === 1 ? one : many,
  ),
  indent: contextual('func(int, string) string', (context, spaces: GoInt, text: string) =>
    indent(context, intArgument(spaces), text),
  ),
  nindent: contextual(
    'func(int, string) string',
    (context, spaces: GoInt, text: string) => `\n${indent(context, intArgument(spaces), text)}`,
  ),
  wrap: contextual('func(int, string) string', (context, width: GoInt, text: string) =>
    wrap(context, text, intArgument(width), '', false),
  ),
  wrapWith: contextual(
    'func(int, string, string) string',
    (context, width: GoInt, separator: string, text: string) =>
      wrap(context, text, intArgument(width), separator, true),
  ),
  quote: pure('func(...interface {}) string', (...values) =>
    present(values)
      .map((value) => quote(textOf(value)))
      .join(' '),
  ),
  squote: pure('func(...interface {}) string', (...values) =>
    present(values)
      .map((value) => `'${sprint(value)}'`)
      .join(' '),
  ),
  cat: pure('func(...interface {}) string', (...values) =>
    normalizeBytes(present(values).map(sprint).join(' ')),
  ),
  join: contextual('func(string, interface {}) string', join),
  toString: pure('func(interface {}) string', textOf),
  toStrings: pure('func(interface {}) []string', (value) =>
    value instanceof GoSlice && value.element === 'string' ? value : new GoSlice('string', textsOf(value)),
  ),
  split: contextual('func(string, string) map[string]string', (context, separator: string, text: string) =>
    indexed(context, splitText(text, separator, -1)),
  ),
  splitn: contextual(
    'func(string, int, string) map[string]string',
    (context, separator: string, count: GoInt, text: string) =>
      indexed(context, splitText(text, separator, intArgument(count))),
  ),
  splitList: pure(
    LIST_OF_STRINGS,
    (separator: string, text: string) => new GoSlice('string', splitText(text, separator, -1)),
  ),
};
