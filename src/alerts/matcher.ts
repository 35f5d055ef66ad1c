/** What is compared of a label, in the forms that people write: maps of ours, and strings of Alertmanager. */
import { RE2JS } from 're2js';
import { regexpSize } from '../go/regexp-size.ts';

export type Operator = '=' | '!=' | '=~' | '!~';

/**
 * Compares one label of an alert. A label may have several values (a destination has a server and a name, an
 * Application several repositories): the positive operators hold when one of them matches, the negative ones when
 * none does. A label that is missing has the empty value (Alertmanager: pkg/labels, check 47).
 */
export interface Matcher {
  readonly label: string;
  readonly operator: Operator;
  /** Alternatives of `=` and `!=`; the one regular expression of the others. */
  readonly values: readonly string[];
  matches(values: readonly string[]): boolean;
}

/** The values of a label; none where it is missing. */
export type LabelValues = (label: string) => readonly string[];

/** What a regular expression of a matcher may cost; `regexpSize` has the measure. */
const largestPattern = 2_500;
/** Characters of a value; a longer one matches no regular expression. */
const longestValue = 512;
/** Values of which a regular expression remembers whether it matches them: most alerts have the same few. */
const remembered = 1_000;
/** Matchers that are read together. */
export const mostMatchers = 100;

/** Makes a matcher, or says in a sentence why the value can be none. */
export function createMatcher(
  label: string,
  operator: Operator,
  values: readonly string[],
): Matcher | { error: string } {
  const isNegative = operator.startsWith('!');
  const test = operator.endsWith('~') ? anchored(values[0] ?? '') : isOneOf(values);
  if (typeof test === 'object') return test;
  return {
    label,
    operator,
    values,
    matches: (found) => (found.length === 0 ? test('') : found.some(test)) !== isNegative,
  };
}

/** Whether all of them hold. */
export function matchesAll(matchers: readonly Matcher[], labels: LabelValues): boolean {
  return matchers.every((matcher) => matcher.matches(labels(matcher.label)));
}

/** Whether they match an alert without any label: such a rule would hold for everything (check 40). */
export function matchesNothing(matchers: readonly Matcher[]): boolean {
  return matchesAll(matchers, () => []);
}

/** What the regular expressions among them cost, see `regexpSize`. */
export function patternSize(matchers: readonly Matcher[]): number {
  return matchers
    .filter(({ operator }) => operator.endsWith('~'))
    .reduce((sum, { values: [pattern = ''] }) => sum + regexpSize(pattern), 0);
}

/** As Alertmanager writes it: `severity=~"warn.*"`; `parseMatchers` reads the same from it. */
export function printMatcher({ label, operator, values }: Matcher): string {
  const name = /^[^\s{}!=~,\\"'`]+$/.test(label) ? label : quote(label);
  const [value = ''] = values;
  if (operator.endsWith('~') || values.length === 1) return `${name}${operator}${quote(value)}`;
  const pattern = values.map((each) => RE2JS.quote(each)).join('|');
  return `${name}${operator === '=' ? '=~' : '!~'}${quote(pattern)}`;
}

/** So that both grammars of matchers read it alike: the classic one knows no other escapes. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

function isOneOf(values: readonly string[]): (value: string) => boolean {
  const all = new Set(values);
  return (value) => all.has(value);
}

function anchored(pattern: string): ((value: string) => boolean) | { error: string } {
  if (regexpSize(pattern) > largestPattern) return { error: 'the regular expression is too large' };
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    const known = new Map<string, boolean>();
    return (value) => {
      if (value.length > longestValue) return false;
      const found = known.get(value);
      if (found !== undefined) return found;
      if (known.size >= remembered) known.clear();
      const matches = compiled.testExact(value);
      known.set(value, matches);
      return matches;
    };
  } catch (error) {
    return { error: `bad regular expression: ${error instanceof Error ? error.message : String(error)}` };
  }
}
