/** Numbers and characters in Go's syntax. */
import { unquoteCharacter } from '../../go/strconv-unquote.ts';
import type { NumberNode } from './ast.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

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
    const code = unquoteCharacter(text);
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
