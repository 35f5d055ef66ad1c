import { textAt } from '../../json.ts';
import type { JsonObject } from '../../model.ts';
import { BadSection, type Part } from './part.ts';

/** An event that starts workflows of the repository. GitHub knows no key of it: one may come twice. */
export function repositoryDispatch(section: JsonObject): Part {
  const payload = textAt(section, 'client_payload').trim();
  if (payload !== '' && !isJson(payload))
    throw new BadSection('repositoryDispatch.client_payload is no JSON');
  const event = JSON.stringify({ event_type: textAt(section, 'event_type').toWellFormed() });
  // As it is written, so that no number in it is rounded.
  const body = payload === '' ? event : `${event.slice(0, -1)},"client_payload":${payload}}`;
  return {
    noun: 'repository dispatch',
    permission: 'Contents: Read and write',
    isOfRepository: true,
    async perform(_, calls, earlier) {
      const written = await calls.write('POST', 'dispatches', body);
      if (!written.ok) return written;
      return { ok: true, how: earlier === undefined ? 'written' : 'blind' };
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
