/** Numbers, characters and strings in Go's syntax. */
import { fromBytes, toBytes } from '../../go/bytes.ts';
import type { NumberNode } from './ast.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

const SIMPLE: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

interface Unquoted {
  /** Code point, or a byte of `\x` and octal escapes. */
  value: number;
  isByte: boolean;
  length: number;
}

/** One character of a quoted literal at `at`, or undefined for bad syntax. */
function unquoteCharacter(text: string, at: number, quote: string): Unquoted | undefined {
  const point = text.codePointAt(at);
  if (point === undefined || text[at] === quote || text[at] === '\n') return undefined;
  if (text[at] !== '\\') return { value: point, isByte: false, length: point > 0xffff ? 2 : 1 };
  const escape = text[at + 1] ?? '';
  const simple = Object.hasOwn(SIMPLE, escape) ? SIMPLE[escape] : undefined;
  if (simple !== undefined) return { value: simple, isByte: false, length: 2 };
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
  if (!inner.includes('\\')) return inner;
  const parts: Unquoted[] = [];
  for (let at = 0; at < inner.length; ) {
    const part = unquoteCharacter(inner, at, '"');
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

/** The code point of a character literal; undefined for bad syntax. */
function unquoteChar(literal: string): number | undefined {
  const part = unquoteCharacter(literal, 1, "'");
  return part !== undefined && 1 + part.length === literal.length - 1 ? part.value : undefined;
}

/** Go's rule: underscores stand between digits, or between a base prefix and a digit. */
function underscoresOk(text: string): boolean {
  const body = text.replace(/^[-+]/, '');
  const prefix = /^0[bBoOxX]/.exec(body)?.[0] ?? '';
  const isDigit = /^0[xX]$/.test(prefix) ? /[0-9a-fA-F]/ : /[0-9]/;
  let last: 'start' | 'digit' | 'underscore' | 'other' = prefix === '' ? 'start' : 'digit';
  for (const character of body.slice(prefix.length)) {
    if (isDigit.test(character)) last = 'digit';
    else if (character === '_') {
      if (last !== 'digit') return false;
      last = 'underscore';
    } else if (last === 'underscore') return false;
    else last = 'other';
  }
  return last !== 'underscore';
}

/** Go's `strconv.ParseInt(text, 0, …)` without a range. */
export function parseInteger(text: string): bigint | undefined {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  const body = text.slice(sign.length);
  if (body.includes('_') && !underscoresOk(text)) return undefined;
  const digits = body.replaceAll('_', '');
  let value: bigint;
  if (/^0[xX][0-9a-fA-F]+$/.test(digits) || /^0[bB][01]+$/.test(digits) || /^0[oO][0-7]+$/.test(digits)) {
    value = BigInt(digits.toLowerCase());
  } else if (/^0[0-7]+$/.test(digits)) value = BigInt(`0o${digits.slice(1)}`);
  else if (/^(?:0|[1-9][0-9]*)$/.test(digits)) value = BigInt(digits);
  else return undefined;
  return sign === '-' ? -value : value;
}

function parseHexFloat(text: string): number | undefined {
  const found = /^([-+]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([-+]?[0-9]+)$/.exec(text);
  if (found === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found;
  if (whole === '' && fraction === '') return undefined;
  const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

/** Go's `strconv.ParseFloat(text, 64)` for texts that start like a number; infinite where out of range. */
export function parseFloat64(text: string): number | undefined {
  const plain = text.replaceAll('_', '');
  if (plain !== text && !underscoresOk(text)) return undefined;
  if (/^[-+]?0[xX]/.test(plain)) return parseHexFloat(plain);
  if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(plain)) return undefined;
  return Number(plain);
}

function realNumber(at: number, text: string, float: number): NumberNode {
  const whole = Number.isInteger(float) ? BigInt(float) : undefined;
  const integer = whole !== undefined && whole >= MIN_INT64 && whole <= MAX_INT64 ? whole : undefined;
  const unsigned = whole !== undefined && whole >= 0n && whole <= MAX_UINT64 ? whole : undefined;
  return { type: 'number', at, text, integer, unsigned, float, imaginary: undefined };
}

const COMPLEX = /^([-+]?[^i]*?[^eEpP])([-+][^-+]*(?:[eEpP][-+]?[0-9]+)?)i$/;

/** A number token's node, or why it is none. */
export function parseNumber(at: number, text: string): NumberNode | string {
  if (text.startsWith("'")) {
    const code = unquoteChar(text);
    if (code === undefined) return `malformed character constant: ${text}`;
    return { ...realNumber(at, text, code), integer: BigInt(code) };
  }
  if (text.endsWith('i')) {
    const pair = COMPLEX.exec(text);
    const real = pair === null ? 0 : parseFloat64(pair[1] as string);
    const imaginary = parseFloat64(pair === null ? text.slice(0, -1) : (pair[2] as string));
    if (real === undefined || imaginary === undefined)
      return `illegal number syntax: ${JSON.stringify(text)}`;
    if (imaginary === 0) return realNumber(at, text, real);
    return { type: 'number', at, text, integer: undefined, unsigned: undefined, float: real, imaginary };
  }
  const whole = parseInteger(text);
  if (whole !== undefined && whole >= MIN_INT64 && whole <= MAX_UINT64) {
    const integer = whole <= MAX_INT64 ? whole : undefined;
    const unsigned = whole >= 0n && !/^[-+]/.test(text) ? whole : whole === 0n ? whole : undefined;
    if (integer === undefined && unsigned === undefined) return `integer overflow: ${JSON.stringify(text)}`;
    return { type: 'number', at, text, integer, unsigned, float: Number(whole), imaginary: undefined };
  }
  const float = parseFloat64(text);
  if (float === undefined || !Number.isFinite(float)) return `illegal number syntax: ${JSON.stringify(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${JSON.stringify(text)}`;
  return realNumber(at, text, float);
}
