/**
 * Tokens of Go's text/template. Spaces inside an action are tokens too, because `.a .b` and `.a.b` differ.
 * Source of the behaviour: text/template/parse of Go 1.26; conformance groups trim-markers, comments, parse-errors.
 */

export type TokenType =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'string'
  | 'rawString'
  | 'variable'
  | 'char'
  | 'dot'
  | 'field'
  | 'number'
  | 'complex'
  | 'identifier'
  | 'bool'
  | 'keyword'
  | 'leftParen'
  | 'rightParen'
  | 'punctuation'
  | 'end';

export interface Token {
  type: TokenType;
  text: string;
  /** Offset in the source. */
  at: number;
}

/** A template that Go's parser refuses too. `at` is an offset in the source. */
export class TemplateSyntaxError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

const SPACE = /[ \t\r\n]/;
const ALPHANUMERIC = /[\p{L}\p{Nd}_]+/uy;
const TRAILING_SPACE = /[ \t\r\n]+$/;
const LEADING_SPACE = /[ \t\r\n]*/y;
const SPACES = /[ \t\r\n]+/y;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*\.?[0-7_]*|0[bB][01_]*\.?[01_]*|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)i?/y;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW_QUOTED = /`[^`]*`/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])*'/y;

export interface Lexer {
  next(): Token;
}

export function createLexer(source: string): Lexer {
  let at = 0;
  let insideAction = false;
  let depth = 0;
  let actionStart = 0;

  const fail = (message: string, position = at): never => {
    throw new TemplateSyntaxError(message, position);
  };

  function match(pattern: RegExp): string {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? '';
  }

  function take(type: TokenType, length: number): Token {
    const token = { type, text: source.slice(at, at + length), at };
    at += length;
    return token;
  }

  const isSpaceAt = (position: number): boolean => SPACE.test(source[position] ?? '');

  /** 0 where no right delimiter stands, else its length with the trim marker. */
  function rightDelimiterAt(position: number): number {
    if (isSpaceAt(position) && source.startsWith('-}}', position + 1)) return 4;
    return source.startsWith('}}', position) ? 2 : 0;
  }

  function skipLeadingSpace(): void {
    at += match(LEADING_SPACE).length;
  }

  function skipComment(): void {
    const close = source.indexOf('*/', at + 2);
    if (close < 0) fail('unclosed comment');
    const start = at;
    at = close + 2;
    const delimiter = rightDelimiterAt(at);
    if (delimiter === 0) fail('comment ends before closing delimiter', start);
    at += delimiter;
    if (delimiter === 4) skipLeadingSpace();
  }

  /** Text up to the next action, or the left delimiter itself; comments vanish here. */
  function lexText(): Token {
    for (;;) {
      const open = source.indexOf('{{', at);
      if (open < 0) {
        return at < source.length ? take('text', source.length - at) : { type: 'end', text: '', at };
      }
      const trims = source[open + 2] === '-' && isSpaceAt(open + 3);
      const whole = source.slice(at, open);
      const text = trims ? whole.replace(TRAILING_SPACE, '') : whole;
      if (text !== '') {
        const token = { type: 'text' as const, text, at };
        at = open;
        return token;
      }
      at = open + 2 + (trims ? 2 : 0);
      if (source.startsWith('/*', at)) {
        skipComment();
        continue;
      }
      insideAction = true;
      depth = 0;
      actionStart = open;
      return { type: 'left', text: '{{', at: open };
    }
  }

  function lexRight(length: number): Token {
    const token = take('right', length);
    if (length === 4) skipLeadingSpace();
    insideAction = false;
    return token;
  }

  const isTerminatorAt = (position: number): boolean =>
    position >= source.length ||
    /[ \t\r\n.,|:()]/.test(source[position] as string) ||
    source.startsWith('}}', position);

  function takeWord(type: TokenType, prefix: number): Token {
    ALPHANUMERIC.lastIndex = at + prefix;
    const word = ALPHANUMERIC.exec(source)?.[0] ?? '';
    const end = at + prefix + word.length;
    if (!isTerminatorAt(end)) {
      const character = String.fromCodePoint(source.codePointAt(end) as number);
      fail(`bad character ${JSON.stringify(character)}`, end);
    }
    return take(type, prefix + word.length);
  }

  function lexIdentifier(): Token {
    const token = takeWord('identifier', 0);
    if (KEYWORDS.has(token.text)) token.type = 'keyword';
    else if (token.text === 'true' || token.text === 'false') token.type = 'bool';
    return token;
  }

  function lexNumber(): Token {
    let text = match(NUMBER);
    let type: TokenType = 'number';
    const sign = source[at + text.length];
    if (sign === '+' || sign === '-') {
      NUMBER.lastIndex = at + text.length;
      text += NUMBER.exec(source)?.[0] ?? '';
      type = 'complex';
      if (!text.endsWith('i')) fail(`bad number syntax: ${JSON.stringify(text)}`);
    }
    ALPHANUMERIC.lastIndex = at + text.length;
    if (text === '' || ALPHANUMERIC.test(source)) fail(`bad number syntax: ${JSON.stringify(text)}`);
    return take(type, text.length);
  }

  function takeQuoted(type: TokenType, pattern: RegExp, what: string): Token {
    const text = match(pattern);
    if (text === '') fail(`unterminated ${what}`);
    return take(type, text.length);
  }

  function lexSpace(): Token {
    const spaces = match(SPACES).length;
    // A trim-marked closing delimiter starts with the last of the spaces.
    if (rightDelimiterAt(at + spaces - 1) === 4) {
      if (spaces > 1) return take('space', spaces - 1);
      if (depth > 0) fail('unclosed left paren');
      return lexRight(4);
    }
    return take('space', spaces);
  }

  function lexParen(character: string): Token {
    depth += character === '(' ? 1 : -1;
    if (depth < 0) fail('unexpected right paren');
    return take(character === '(' ? 'leftParen' : 'rightParen', 1);
  }

  function lexDotOrField(): Token {
    const following = source[at + 1];
    if (following !== undefined && following >= '0' && following <= '9') return lexNumber();
    if (at + 1 >= source.length) fail('unclosed action', actionStart);
    return isTerminatorAt(at + 1) ? take('dot', 1) : takeWord('field', 1);
  }

  function lexAction(): Token {
    const right = rightDelimiterAt(at);
    if (right > 0) {
      if (depth > 0) fail('unclosed left paren');
      return lexRight(right);
    }
    const character = source[at];
    if (character === undefined) return fail('unclosed action', actionStart);
    switch (character) {
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        return lexSpace();
      case '=':
        return take('assign', 1);
      case ':':
        if (source[at + 1] !== '=') fail('expected :=');
        return take('declare', 2);
      case '|':
        return take('pipe', 1);
      case '"':
        return takeQuoted('string', QUOTED, 'quoted string');
      case '`':
        return takeQuoted('rawString', RAW_QUOTED, 'raw quoted string');
      case "'":
        return takeQuoted('char', CHARACTER, 'character constant');
      case '$':
        return isTerminatorAt(at + 1) ? take('variable', 1) : takeWord('variable', 1);
      case '.':
        return lexDotOrField();
      case '(':
      case ')':
        return lexParen(character);
      default:
    }
    if (/[-+0-9]/.test(character)) return lexNumber();
    ALPHANUMERIC.lastIndex = at;
    if (ALPHANUMERIC.test(source)) return lexIdentifier();
    if (character > ' ' && character <= '~') return take('punctuation', 1);
    return fail(`unrecognized character in action: ${JSON.stringify(character)}`);
  }

  return { next: () => (insideAction ? lexAction() : lexText()) };
}
