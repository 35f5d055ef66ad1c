/** Numbers and quoted strings as Go's strconv writes and reads them. */
import { normalizeBytes, rawByte, runeOf } from './bytes.ts';

/** Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and of the spaces only U+0020. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) as number;
  if (code < 0x7f) return code >= 0x20;
  return PRINTABLE.test(character);
}

const SIMPLE_ESCAPES = new Map<number, string>([
  [7, '\\a'],
  [8, '\\b'],
  [12, '\\f'],
  [10, '\\n'],
  [13, '\\r'],
  [9, '\\t'],
  [11, '\\v'],
]);

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

function escapeRune(character: string, quote: string, asciiOnly: boolean): string {
  if (character === quote || character === '\\') return `\\${character}`;
  const code = runeOf(character);
  if (asciiOnly ? code >= 0x20 && code < 0x7f : isPrintable(String.fromCodePoint(code))) {
    return String.fromCodePoint(code);
  }
  const simple = SIMPLE_ESCAPES.get(code);
  if (simple !== undefined) return simple;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

const NOTHING_TO_QUOTE = /^[ !#-[\]-~]*$/;

/** Go's `strconv.Quote`, or `QuoteToASCII`. */
export function quote(text: string, asciiOnly = false): string {
  if (NOTHING_TO_QUOTE.test(text)) return `"${text}"`;
  let out = '"';
  for (const character of normalizeBytes(text)) {
    const raw = rawByte(character);
    out += raw === undefined ? escapeRune(character, '"', asciiOnly) : `\\x${hex(raw, 2)}`;
  }
  return `${out}"`;
}

/** Go's `strconv.QuoteRune`, or `QuoteRuneToASCII`. */
export function quoteRune(code: number, asciiOnly = false): string {
  return `'${escapeRune(codePoint(code), "'", asciiOnly)}'`;
}

/** The character of a code point; U+FFFD for what is none. */
export function codePoint(code: number): string {
  const valid =
    Number.isInteger(code) && code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return String.fromCodePoint(valid ? code : 0xfffd);
}

/** Go's `strconv.CanBackquote`. */
export function canBackquote(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code === 0xfeff || rawByte(character) !== undefined) return false;
    if ((code < 0x20 && code !== 9) || code === 0x60 || code === 0x7f) return false;
  }
  return true;
}

/** Decimal digits of a float: value = 0.DIGITS × 10^point. */
interface Digits {
  digits: string;
  point: number;
}

const trimZeros = (digits: string): string => digits.replace(/0+$/, '');

function shortestDigits(value: number): Digits {
  if (value === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return { digits: trimZeros(mantissa.replace('.', '')), point: Number(exponent) + 1 };
}

/** Mantissa and exponent of two: value = mantissa × 2^exponent. */
function decompose(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const fraction = bits & 0xfffffffffffffn;
  const biased = Number((bits >> 52n) & 0x7ffn);
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

/** numerator / denominator, halves to even. */
function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  if (twice > denominator || (twice === denominator && quotient % 2n === 1n)) return quotient + 1n;
  return quotient;
}

/** value × 10^places rounded to an integer, halves to even, exactly. */
function scaled(value: number, places: number): bigint {
  const { mantissa, exponent } = decompose(value);
  let numerator = mantissa;
  let denominator = 1n;
  if (places >= 0) numerator *= 10n ** BigInt(places);
  else denominator *= 10n ** BigInt(-places);
  if (exponent >= 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  return divideHalfEven(numerator, denominator);
}

/** The first `count` significant digits, rounded. */
function significantDigits(value: number, count: number): Digits {
  if (value === 0) return { digits: '', point: 0 };
  const point = Number(value.toExponential().split('e')[1]) + 1;
  const text = scaled(value, count - point).toString();
  return { digits: trimZeros(text), point: text.length > count ? point + 1 : point };
}

/** A precision beyond this adds only zeros: a double has at most 1074 digits behind the point. */
const ALL_DIGITS = 1100;

function fixed(value: number, precision: number): string {
  const places = Math.min(precision, ALL_DIGITS);
  const text = scaled(value, places)
    .toString()
    .padStart(places + 1, '0');
  if (precision === 0) return text;
  return `${text.slice(0, text.length - places)}.${text.slice(text.length - places)}${'0'.repeat(precision - places)}`;
}

function exponentText(exponent: number, letter: string): string {
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${letter}${exponent < 0 ? '-' : '+'}${digits}`;
}

function scientific({ digits, point }: Digits, precision: number, letter: string): string {
  const all = digits === '' ? '0' : digits;
  const rest = precision > 0 ? `.${all.slice(1, precision + 1).padEnd(precision, '0')}` : '';
  return `${all[0]}${rest}${exponentText(digits === '' ? 0 : point - 1, letter)}`;
}

function plain({ digits, point }: Digits, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (precision <= 0) return whole;
  const behind = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  return `${whole}.${behind.slice(0, precision).padEnd(precision, '0')}`;
}

function general(value: number, precision: number, letter: string): string {
  const shortest = precision < 0;
  const wanted = precision === 0 ? 1 : precision;
  const found = shortest ? shortestDigits(value) : significantDigits(value, wanted);
  const count = found.digits.length;
  let limit = wanted;
  if (limit > count && count >= found.point) limit = count;
  if (shortest) limit = 6;
  const exponent = found.point - 1;
  if (exponent < -4 || exponent >= limit) {
    return scientific(found, (shortest || wanted > count ? count : wanted) - 1, letter);
  }
  return plain(found, Math.max(count - found.point, 0));
}

function hexadecimal(value: number, precision: number, upper: boolean): string {
  let { mantissa, exponent } = decompose(value);
  let power = 0;
  if (mantissa !== 0n) {
    while (mantissa < 1n << 52n) {
      mantissa <<= 1n;
      exponent -= 1;
    }
    power = exponent + 52;
  }
  if (precision >= 0 && precision < 13) {
    mantissa = divideHalfEven(mantissa, 1n << BigInt(52 - precision * 4)) << BigInt(52 - precision * 4);
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n;
      power += 1;
    }
  }
  const behind = (mantissa & 0xfffffffffffffn).toString(16).padStart(13, '0');
  const digits = precision < 0 ? trimZeros(behind) : behind.slice(0, precision).padEnd(precision, '0');
  const text = `0x${mantissa >> 52n}${digits === '' ? '' : `.${digits}`}${exponentText(power, 'p')}`;
  return upper ? text.toUpperCase() : text;
}

/**
 * Go's `strconv.FormatFloat(value, verb, precision, 64)`, verb one of `e E f g G x X b`, precision -1 for the
 * shortest text that reads back as the same value.
 */
export function formatFloat(value: number, verb: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + formatMagnitude(Math.abs(value), verb, precision);
}

function formatMagnitude(value: number, verb: string, precision: number): string {
  switch (verb) {
    case 'e':
    case 'E': {
      const found = precision < 0 ? shortestDigits(value) : significantDigits(value, precision + 1);
      return scientific(found, precision < 0 ? Math.max(found.digits.length - 1, 0) : precision, verb);
    }
    case 'f': {
      if (precision >= 0) return fixed(value, precision);
      const found = shortestDigits(value);
      return plain(found, Math.max(found.digits.length - found.point, 0));
    }
    case 'g':
    case 'G':
      return general(value, precision, verb === 'g' ? 'e' : 'E');
    case 'x':
    case 'X':
      return hexadecimal(value, precision, verb === 'X');
    default: {
      const { mantissa, exponent } = decompose(value);
      return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
    }
  }
}
