import { parseRFC3339 } from '../go/time-parse.ts';

export const momentFix = 'Write it with its zone, such as 2026-12-01T00:00:00Z.';

const form = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)? ?([Zz]|[+-]\d{2}:\d{2}))?$/;

/**
 * Unix milliseconds of a time as RFC 3339 writes it; also without seconds, with spaces for the T and before the zone, and a
 * date alone, which begins in UTC. Undefined for what is no time, or none that there is: the 30th of February.
 */
export function parseMoment(text: string): number | undefined {
  const [, date, minutes = '00:00', seconds = ':00', zone = 'Z'] = form.exec(text) ?? [];
  const parsed =
    date === undefined ? undefined : parseRFC3339(`${date}T${minutes}${seconds}${zone.toUpperCase()}`);
  if (!parsed?.ok) return undefined;
  return parsed.time.seconds * 1_000 + Math.floor(parsed.time.nanosecond / 1e6);
}
