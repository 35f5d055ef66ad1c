/** Globs as Argo CD matches names with them (gobwas/glob without separators, so that `*` and `**` are the same). Pure. */
import { RE2JS } from 're2js';

/** Whether a whole text is one that the glob means, in time linear in it. */
export type Glob = (text: string) => boolean;

/** RE2 takes no expression of which the groups are nested more deeply than a thousand times. */
const mostBraces = 500;

/** What is wrong with a pattern that cannot be read is answered as text. */
export function compileGlob(pattern: string): Glob | string {
  let source = '';
  let depth = 0;
  let braces = 0;
  const text = Array.from(pattern);
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    if (character === '\\') {
      i += 1;
      const escaped = text[i];
      if (escaped === undefined) return 'a backslash at the end escapes nothing';
      source += literal(escaped);
    } else if (character === '*') {
      source += '.*';
    } else if (character === '?') {
      source += '.';
    } else if (character === '{') {
      depth += 1;
      braces += 1;
      source += '(?:';
    } else if (character === '}' && depth > 0) {
      depth -= 1;
      source += ')';
    } else if (character === ',' && depth > 0) {
      source += '|';
    } else if (character === '[') {
      const end = closingBracket(text, i);
      const set = end === -1 ? undefined : characterSet(text.slice(i + 1, end));
      if (set === undefined) return 'a set in […] is either a list of characters or one range such as a-z';
      source += set;
      i = end;
    } else {
      source += literal(character);
    }
  }
  if (depth > 0) return 'a brace is not closed';
  if (braces > mostBraces) return `it has more than ${mostBraces} braces`;
  const compiled = RE2JS.compile(source, RE2JS.DOTALL);
  return (name) => compiled.matches(name);
}

function literal(character: string): string {
  return /^\w$/.test(character) ? character : `\\x{${character.codePointAt(0)?.toString(16)}}`;
}

function closingBracket(text: readonly string[], open: number): number {
  for (let i = open + 1; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === ']') return i;
  }
  return -1;
}

function characterSet(content: readonly string[]): string | undefined {
  const negated = content[0] === '!';
  const body = negated ? content.slice(1) : content;
  const [low = '', dash, high = ''] = body;
  const open = negated ? '[^' : '[';
  if (body.length === 3 && dash === '-') {
    return low > high ? undefined : `${open}${literal(low)}-${literal(high)}]`;
  }
  if (body.length === 0 || dash === '-') return undefined;
  const characters = body.filter((character, i) => character !== '\\' || body[i - 1] === '\\');
  return `${open}${characters.map(literal).join('')}]`;
}
