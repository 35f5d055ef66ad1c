/**
 * `--application-namespaces` as Argo CD reads it: an entry in slashes is a regular expression (unanchored) or else a
 * glob, any other a glob over the whole name (behaviour of util/glob `MatchStringInList` with `REGEXP`; the vectors in
 * test/cluster come from its libraries, gobwas/glob and regexp2).
 */
export interface NamespacePatterns {
  matches(namespace: string): boolean;
  problems: NamespacePatternProblem[];
}

/** A pattern that matches nothing because it cannot be read; the others hold. */
export interface NamespacePatternProblem {
  pattern: string;
  what: string;
}

export function compileNamespacePatterns(patterns: readonly string[]): NamespacePatterns {
  const tests: RegExp[] = [];
  const problems: NamespacePatternProblem[] = [];
  for (const pattern of patterns) {
    const isExpression = pattern.length > 1 && pattern.startsWith('/') && pattern.endsWith('/');
    const compiled = isExpression ? compileExpression(pattern.slice(1, -1)) : compileGlob(pattern);
    if (compiled instanceof RegExp) tests.push(compiled);
    else problems.push({ pattern, what: compiled });
  }
  return { matches: (namespace) => tests.some((test) => test.test(namespace)), problems };
}

/** .NET syntax that JavaScript reads as something else, or not at all. */
const foreignSyntax: [RegExp, string][] = [
  [/\(\?>/, 'an atomic group (?>…)'],
  [/\(\?#/, 'a comment (?#…)'],
  [/\(\?\(/, 'a conditional (?(…)…)'],
  [/\(\?[a-wyz]*[xn]/, 'the option x or n'],
  [/-\[[^\]]*\]\]/, 'a class subtraction [a-z-[b]]'],
  [/\(\?P[<=>]/, 'a Python group (?P<…>…), which is (?<…>…) here'],
];

function compileExpression(source: string): RegExp | string {
  for (const [syntax, what] of foreignSyntax) {
    if (syntax.test(source)) return `${what} is not supported in a regular expression`;
  }
  const [, options = '', rest = source] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(source) ?? [];
  const anchored = rest.replace(/\\[AzZ]/g, (anchor) => (anchor === '\\A' ? '^' : '$'));
  // Unicode first, for \p{…}; it refuses needless escapes, which are then read the old way.
  for (const mode of ['u', '']) {
    try {
      return new RegExp(anchored, options + mode);
    } catch (error) {
      if (mode === '') return `no valid regular expression: ${(error as Error).message}`;
    }
  }
  return 'no valid regular expression';
}

/** Without separators, as Argo CD uses it: `*` and `**` are the same. */
function compileGlob(pattern: string): RegExp | string {
  let source = '';
  let depth = 0;
  const text = Array.from(pattern);
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    if (character === '\\') {
      i += 1;
      const escaped = text[i];
      if (escaped === undefined) return 'a backslash at the end escapes nothing';
      source += RegExp.escape(escaped);
    } else if (character === '*') {
      source += '.*';
    } else if (character === '?') {
      source += '.';
    } else if (character === '{') {
      depth += 1;
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
      source += RegExp.escape(character);
    }
  }
  if (depth > 0) return 'a brace is not closed';
  return new RegExp(`^(?:${source})$`, 'su');
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
    return low > high ? undefined : `${open}${RegExp.escape(low)}-${RegExp.escape(high)}]`;
  }
  if (body.length === 0 || dash === '-') return undefined;
  const characters = body.filter((character, i) => character !== '\\' || body[i - 1] === '\\');
  return `${open}${characters.map((character) => RegExp.escape(character)).join('')}]`;
}
