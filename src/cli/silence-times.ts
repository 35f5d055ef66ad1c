import { timeText } from './table.ts';

/** The last moment that RFC 3339 can write. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Why a silence cannot begin and end then, in a sentence. Unix milliseconds. */
export function problemOfTimes(start: number, end: number, now: number): string | undefined {
  if (end > latest) return 'it would end after the year 9999: give an earlier end';
  if (end <= start) return `it would end at ${timeText(end)}, before it begins at ${timeText(start)}`;
  if (end <= now) return `it would end at ${timeText(end)}, which is over: give a later end`;
  return undefined;
}
