/** Matchers of a silence: as they are given on a command line, and what can be none. */
import { createMatcher, type Matcher, matchesNothing, mostMatchers } from '../alerts/matcher.ts';
import { parseMatchers } from '../alerts/matcher-text.ts';
import { didYouMean } from '../go/did-you-mean.ts';
import { foreignLabels, reservedLabels } from '../model.ts';
import { CommandFailure } from './io.ts';

/** All of which have to hold. A first one without an operator names a trigger, as for amtool it does an alertname. */
export function readMatchers(texts: readonly string[]): { matchers: Matcher[]; warnings: string[] } {
  const matchers: Matcher[] = [];
  const warnings: string[] = [];
  for (const [index, text] of texts.entries()) {
    const isName = index === 0 && /^[^=~{}"]*[^=~{}"\s][^=~{}"]*$/.test(text);
    const parsed = isName ? triggerNamed(text.trim()) : parseMatchers(text);
    if ('error' in parsed) {
      const fix = `write it as in project=web, severity=~"warning|info"`;
      throw new CommandFailure(
        `the matcher ${JSON.stringify(text)} cannot be read: ${parsed.error} (${fix})`,
      );
    }
    if (parsed.warning !== undefined) warnings.push(`the matcher ${text} is ambiguous: ${parsed.warning}`);
    matchers.push(...parsed.matchers);
  }
  return { matchers, warnings };
}

function triggerNamed(name: string): ReturnType<typeof parseMatchers> {
  const matcher = createMatcher('trigger', '=', [name]);
  return 'error' in matcher ? matcher : { matchers: [matcher] };
}

/** Why a silence cannot have them, in a sentence. Source: Alertmanager refuses what would hold for everything (check 40). */
export function problemOf(matchers: readonly Matcher[]): string | undefined {
  if (matchers.length === 0) return 'nothing says what is silenced: write matchers, such as name=shop';
  if (matchers.length > mostMatchers) return `there are more than ${mostMatchers} matchers`;
  if (matchers.some(({ label }) => label === '')) return 'a matcher names no label';
  if (matchesNothing(matchers))
    return 'the matchers would silence everything: name something, such as severity=warning';
  return undefined;
}

/** Sentences about labels that are probably meant otherwise, so that the silence would be for nothing. */
export function doubtfulLabels(matchers: readonly Matcher[]): string[] {
  return [...new Set(matchers.map(({ label }) => label))].flatMap((label) => {
    if ((reservedLabels as readonly string[]).includes(label)) return [];
    const foreign = Object.hasOwn(foreignLabels, label) ? foreignLabels[label] : undefined;
    const meant = foreign ?? didYouMean(label, reservedLabels);
    if (meant === undefined) return [];
    return [`the label ${label} is none that every alert has: did you mean ${meant}?`];
  });
}
