import type { Silence as SilenceRow } from '../ledger/rows.ts';
import type { Matcher } from './matcher.ts';
import { parseMatchers } from './matcher-text.ts';
import type { Silence } from './mutes.ts';

/** A silence of the ledger holds for what one of its sets of matchers matches. `unreadable`: sets that hold nothing back. */
export function silencesOfRow(id: string, row: SilenceRow): { silences: Silence[]; unreadable: string[] } {
  const silences: Silence[] = [];
  const unreadable: string[] = [];
  for (const set of row.matchers) {
    const matchers: Matcher[] = [];
    const errors: string[] = [];
    for (const text of set) {
      const parsed = parseMatchers(text);
      if ('error' in parsed) errors.push(parsed.error);
      else matchers.push(...parsed.matchers);
    }
    if (errors.length > 0 || matchers.length === 0) unreadable.push(errors[0] ?? 'there are no matchers');
    else silences.push({ id, matchers, from: row.startsAt, until: row.endsAt });
  }
  return { silences, unreadable };
}
