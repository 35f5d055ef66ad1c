/** Regular expressions in RE2's syntax and with its linear running time. */
import { RE2JS } from 're2js';
import type { Budget } from '../../go/compare.ts';
import { regexpSize } from '../../go/regexp-size.ts';
import { LIMITS } from './limits.ts';

export interface Pattern {
  /** As of `regexpSize`: what it costs to compile, and for each character to match at worst. */
  readonly size: number;
  test(text: string): boolean;
}

/** Compiles a pattern; the text of an error where it is none. */
export function compilePattern(source: string): Pattern | string {
  try {
    const compiled = RE2JS.compile(source);
    return { size: regexpSize(source), test: (text) => compiled.matcher(text).find() };
  } catch (error) {
    return `bad regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Steps that compiling a short pattern takes. */
const COMPILING = 10;

/** Compiled patterns of one expression whose patterns are not constant; the oldest goes first. */
export function createPatternCache(budget: Budget): (source: string) => Pattern | string {
  const cache = new Map<string, Pattern | string>();
  return (source) => {
    const known = cache.get(source);
    if (known !== undefined) return known;
    budget.spend(4 * (COMPILING + source.length + regexpSize(source)));
    const pattern = compilePattern(source);
    if (cache.size >= LIMITS.patterns) cache.delete(cache.keys().next().value as string);
    cache.set(source, pattern);
    return pattern;
  };
}
