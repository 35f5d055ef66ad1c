import { CommandFailure, exitCode } from './io.ts';

/** Ids that are hashes are shown this long; commands take any beginning that is unambiguous. */
export const shownIdLength = 12;

/** The one of `ids` that begins with what was given; `none` is the error where there is none, in one line. */
export function idOf(given: string, ids: Iterable<string>, none: string): string {
  const all = [...ids];
  const wanted = given.toLowerCase();
  const found = all.includes(given) ? [given] : all.filter((id) => id.toLowerCase().startsWith(wanted));
  const [id] = found;
  if (id === undefined || given === '') throw new CommandFailure(none, { exit: exitCode.negative });
  if (found.length === 1) return id;
  const error = `${given} is the beginning of ${found.length} ids: write more of it`;
  throw new CommandFailure(error, { exit: exitCode.negative });
}
