/** Tokens of expr-lang. */
import { simpleEscapes } from '../../go/strconv-unquote.ts';
import { CompileError } from './errors.ts';
import { LIMITS } from './limits.ts';

export type TokenKind = 'identifier' | 'number' | 'string' | 'bytes' | 'operator' | 'bracket' | 'eof';

export interface Token {
  kind: TokenKind;
  /** The text; of a string or bytes literal what it stands for. */
  value: string;
  at: number;
}

const LETTER = /[\p{L}_$]/u;
const WORD = /[\p{L}\p{Nd}_$]/u;
const WORDS = /[\p{L}\p{Nd}_$]*/uy;
const SPACE = /\p{White_Space}+/uy;
const NUMBER =
  /(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*)(?:\.(?!\.)[0-9a-fA-F_]*)?(?:[eE][+-]?[0-9_]*)?/y;
const DECIMAL = /[0-9_]*(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]*)?/y;
const OPERATOR_WORDS: ReadonlySet<string> = new Set([
  'not',
  'in',
  'or',
  'and',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? '';
}

/** The character of a code, U+FFFD for a surrogate as Go encodes one. */
const character = (code: number): string =>
  code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);

/** Reads the escape after a backslash at `at`. In bytes literals only byte escapes are known. */
function readEscape(
  source: string,
  at: number,
  quote: string,
  bytes: boolean,
): { text: string; length: number } {
  const letter = source[at + 1] ?? '';
  const simple = simpleEscapes.get(letter) ?? (letter === quote ? quote : undefined);
  if (simple !== undefined) return { text: simple, length: 2 };
  const patterns: Record<string, RegExp> = {
    x: /\\x([0-9a-fA-F]{2})/y,
    u: /\\u(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))/y,
    U: /\\U([0-9a-fA-F]{8})/y,
  };
  const octal = matchAt(/\\[0-3][0-7]{2}/y, source, at);
  if (octal !== '') {
    const code = Number.parseInt(octal.slice(1), 8);
    if (code <= 255 || !bytes) return { text: String.fromCharCode(code), length: 4 };
  }
  const pattern = bytes && letter !== 'x' ? undefined : patterns[letter];
  if (pattern !== undefined) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    const code =
      match === null ? Number.POSITIVE_INFINITY : Number.parseInt(match[1] ?? (match[2] as string), 16);
    if (match !== null && code <= 0x10ffff) return { text: character(code), length: match[0].length };
  }
  throw new CompileError('unknown escape in a string: use \\\\ for a backslash', at);
}

function readString(
  source: string,
  start: number,
  quote: string,
  bytes = false,
): { value: string; end: number } {
  let value = '';
  let at = start + 1;
  for (;;) {
    const next = source[at];
    if (next === undefined || next === '\n') throw new CompileError('string is not closed', start);
    if (next === quote) return { value, end: at + 1 };
    if (next === '\\') {
      const escape = readEscape(source, at, quote, bytes);
      value += escape.text;
      at += escape.length;
      continue;
    }
    // Bytes are kept as one character each.
    const code = source.codePointAt(at) as number;
    const plain = next === '\r' ? '\n' : String.fromCodePoint(code);
    value += bytes && code > 0x7f ? String.fromCharCode(...new TextEncoder().encode(plain)) : plain;
    at += code > 0xffff ? 2 : 1;
  }
}

/** A raw string; a doubled backtick stands for one. */
function readRawString(source: string, start: number): { value: string; end: number } {
  let value = '';
  let at = start + 1;
  for (;;) {
    const close = source.indexOf('`', at);
    if (close < 0) throw new CompileError('string is not closed', start);
    value += source.slice(at, close);
    if (source[close + 1] !== '`') return { value, end: close + 1 };
    value += '`';
    at = close + 2;
  }
}

function readNumber(source: string, at: number): string {
  const radix = /0[xXoObB]/y;
  const text = matchAt(radix, source, at) === '' ? matchAt(DECIMAL, source, at) : matchAt(NUMBER, source, at);
  const rest = matchAt(WORDS, source, at + text.length);
  if (rest !== '') throw new CompileError(`bad number ${text}${rest}`, at);
  return text;
}

const characterAt = (source: string, at: number): string => {
  const code = source.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
};

/** The end of a comment that starts at `at`, or `at` where none does. */
function skipComment(source: string, at: number): number {
  if (source.startsWith('//', at)) {
    const end = source.indexOf('\n', at);
    return end < 0 ? source.length : end + 1;
  }
  if (!source.startsWith('/*', at)) return at;
  const end = source.indexOf('*/', at + 2);
  if (end < 0) throw new CompileError('comment is not closed', at);
  return end + 2;
}

function readOperator(source: string, at: number): string {
  const first = source[at] as string;
  const second = source[at + 1] ?? '';
  if ('&!=*<>'.includes(first)) return '&=*'.includes(second) && second !== '' ? first + second : first;
  if (first === '?') return second === '.' || second === '?' ? first + second : first;
  if ('|:#.'.includes(first)) return second === first ? first + second : first;
  return ',;%+-^/'.includes(first) ? first : '';
}

export function tokenize(source: string): Token[] {
  if (source.length > LIMITS.source) throw new CompileError(`longer than ${LIMITS.source} characters`, 0);
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: TokenKind, value: string, end: number): void => {
    tokens.push({ kind, value, at });
    at = end;
  };
  while (at < source.length) {
    at += matchAt(SPACE, source, at).length;
    const comment = skipComment(source, at);
    if (comment > at) {
      at = comment;
      continue;
    }
    const next = characterAt(source, at);
    if (next === '') break;
    const quote = source[at + 1] ?? '';
    if (next === '"' || next === "'") {
      const { value, end } = readString(source, at, next);
      push('string', value, end);
    } else if (next === '`') {
      const { value, end } = readRawString(source, at);
      push('string', value, end);
    } else if ((next === 'b' || next === 'B') && (quote === '"' || quote === "'")) {
      const { value, end } = readString(source, at + 1, quote, true);
      push('bytes', value, end);
    } else if (/[0-9]/.test(next) || (next === '.' && /[0-9]/.test(quote))) {
      const text = readNumber(source, at);
      push('number', text, at + text.length);
    } else if ('()[]{}'.includes(next)) {
      push('bracket', next, at + 1);
    } else if (LETTER.test(next) || WORD.test(next)) {
      const word = matchAt(WORDS, source, at);
      push(OPERATOR_WORDS.has(word) ? 'operator' : 'identifier', word, at + word.length);
    } else {
      const operator = readOperator(source, at);
      if (operator === '') throw new CompileError(`unknown character ${JSON.stringify(next)}`, at);
      push('operator', operator, at + operator.length);
      // `#index` is two tokens; the name may start with a digit.
      const name = operator.startsWith('#') ? matchAt(WORDS, source, at) : '';
      if (name !== '') push('identifier', name, at + name.length);
    }
  }
  // Where the text ends, not where the line after it would begin.
  tokens.push({ kind: 'eof', value: '', at: source.trimEnd().length });
  return tokens;
}
