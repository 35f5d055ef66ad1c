import { textAt } from '../../json.ts';
import type { JsonObject } from '../../model.ts';
import { escapedPath } from './commits.ts';
import { cut, type Part } from './part.ts';

/** Characters of a description that GitHub takes. */
export const longestDescription = 140;

/** The status of the commit under `label`: the last one of a label is shown. */
export function commitStatus(section: JsonObject, message: string): Part {
  const body = {
    state: textAt(section, 'state'),
    target_url: textAt(section, 'targetURL'),
    description: cut(message, longestDescription),
    context: textAt(section, 'label'),
  };
  return {
    noun: 'commit status',
    permission: 'Commit statuses: Read and write',
    async perform({ revision }, calls, earlier) {
      if (earlier !== undefined) {
        const isOfLabel = (status: JsonObject) => textAt(status, 'context') === body.context;
        const statuses = await calls.list(`commits/${escapedPath(revision)}/statuses`, {
          query: { per_page: '100' },
          isEnough: (found) => found.some(isOfLabel),
        });
        if (!statuses.ok) return statuses;
        // The newest comes first.
        const last = statuses.value.find(isOfLabel);
        if (last !== undefined && isShownAs(last, body)) return { ok: true, how: 'found' };
      }
      const written = await calls.write('POST', `statuses/${escapedPath(revision)}`, body);
      return written.ok ? { ok: true, how: 'written' } : written;
    },
  };
}

/** Equal in every field; GitHub has null for a text that was empty. */
export function isShownAs(actual: JsonObject, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([field, text]) => textAt(actual, field) === text);
}
