/**
 * `--application-namespaces` as Argo CD reads it: an entry in slashes is a regular expression (unanchored) or else a
 * glob, any other a glob over the whole name (behaviour of util/glob `MatchStringInList` with `REGEXP`; the vectors in
 * test/cluster come from its libraries, gobwas/glob and regexp2).
 */
import { compileGlob, type Glob } from '../glob.ts';

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
  const tests: Glob[] = [];
  const problems: NamespacePatternProblem[] = [];
  for (const pattern of patterns) {
    const isExpression = pattern.length > 1 && pattern.startsWith('/') && pattern.endsWith('/');
    const compiled = isExpression ? compileExpression(pattern.slice(1, -1)) : compileGlob(pattern);
    if (typeof compiled === 'string') problems.push({ pattern, what: compiled });
    else tests.push(compiled);
  }
  return { matches: (namespace) => tests.some((test) => test(namespace)), problems };
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

function compileExpression(source: string): Glob | string {
  for (const [syntax, what] of foreignSyntax) {
    if (syntax.test(source)) return `${what} is not supported in a regular expression`;
  }
  const [, options = '', rest = source] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(source) ?? [];
  const anchored = rest.replace(/\\[AzZ]/g, (anchor) => (anchor === '\\A' ? '^' : '$'));
  // Unicode first, for \p{…}; it refuses needless escapes, which are then read the old way.
  for (const mode of ['u', '']) {
    try {
      const expression = new RegExp(anchored, options + mode);
      return (namespace) => expression.test(namespace);
    } catch (error) {
      if (mode === '') return `no valid regular expression: ${(error as Error).message}`;
    }
  }
  return 'no valid regular expression';
}
