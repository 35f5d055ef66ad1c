/** Silences that stand on an Application or its AppProject. */
import { parseRFC3339 } from '../go/time-parse.ts';
import type { Problem } from '../model.ts';
import type { Silence } from './mutes.ts';

export const silenceUntil = 'herald.argoproj.io/silence-until';
export const silenceReason = 'herald.argoproj.io/silence-reason';

/** `of`: the object, for people. Undefined: it has none. */
export function silenceOfAnnotations(
  annotations: Readonly<Record<string, string>>,
  of: string,
): { silence?: Silence; problem?: Problem } {
  const text = annotations[silenceUntil];
  if (text === undefined || text === '') return {};
  const parsed = parseRFC3339(text);
  if (!parsed.ok) {
    return {
      problem: {
        key: `annotation ${silenceUntil}`,
        severity: 'error',
        what: `${JSON.stringify(text)} is no time, so nothing is silenced`,
        fix: 'Write it with its zone, such as 2026-12-01T00:00:00Z.',
      },
    };
  }
  const { seconds, nanosecond } = parsed.time;
  const until = seconds * 1_000 + Math.floor(nanosecond / 1e6);
  const reason = annotations[silenceReason];
  const id = reason === undefined || reason === '' ? `annotation of ${of}` : `annotation of ${of}: ${reason}`;
  return { silence: { id, matchers: [], from: Number.NEGATIVE_INFINITY, until } };
}
