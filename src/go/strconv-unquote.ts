/** Strings and characters as Go's source has them. */
import { fromBytes, toBytes } from './bytes.ts';

/** What stands behind a backslash for one character; so in expr-lang, too. */
export const simpleEscapes: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
]);

interface Unquoted {
  /** Code point, or a byte of `\x` and octal escapes. */
  value: number;
  isByte: boolean;
  length: number;
}

/** One character of a quoted literal at `at`, or undefined for bad syntax. */
function readCharacter(text: string, at: number, quote: string): Unquoted | undefined {
  const point = text.codePointAt(at);
  if (point === undefined || text[at] === quote || text[at] === '\n') return undefined;
  if (text[at] !== '\\') return { value: point, isByte: false, length: point > 0xffff ? 2 : 1 };
  const escape = text[at + 1] ?? '';
  const simple = simpleEscapes.get(escape);
  if (simple !== undefined) return { value: simple.charCodeAt(0), isByte: false, length: 2 };
  if (escape === quote) return { value: quote.charCodeAt(0), isByte: false, length: 2 };
  const octal = /^[0-3][0-7]{2}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined) return { value: Number.parseInt(octal, 8), isByte: true, length: 4 };
  const digits = { x: 2, u: 4, U: 8 }[escape];
  if (digits === undefined) return undefined;
  const hex = text.slice(at + 2, at + 2 + digits);
  if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) return undefined;
  const value = Number.parseInt(hex, 16);
  if (escape !== 'x' && (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))) return undefined;
  return { value, isByte: escape === 'x', length: 2 + digits };
}

/** Go's `strconv.Unquote` of a double-quoted or raw string literal; undefined for bad syntax. */
export function unquote(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner.replaceAll('\r', '');
  if (!/[\\\n]/.test(inner)) return inner;
  const parts: Unquoted[] = [];
  for (let at = 0; at < inner.length; ) {
    const part = readCharacter(inner, at, '"');
    if (part === undefined) return undefined;
    parts.push(part);
    at += part.length;
  }
  if (!parts.some((part) => part.isByte && part.value > 0x7f)) {
    return parts.map((part) => String.fromCodePoint(part.value)).join('');
  }
  const bytes = parts.flatMap((part) =>
    part.isByte ? [part.value] : [...toBytes(String.fromCodePoint(part.value))],
  );
  return fromBytes(Uint8Array.from(bytes));
}

/** The code point of a character literal, in single quotes; undefined for bad syntax. */
export function unquoteCharacter(literal: string): number | undefined {
  const part = readCharacter(literal, 1, "'");
  return part !== undefined && 1 + part.length === literal.length - 1 ? part.value : undefined;
}
