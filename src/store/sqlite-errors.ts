import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from './store.ts';

/** Primary result codes of SQLite; an extended one has them in its lowest byte. */
const code = { busy: 5, readonly: 8, ioError: 10, corrupt: 11, full: 13, notDatabase: 26 } as const;

/** Bytes of a file system without which SQLite cannot make the files that it needs. */
const leastRoom = 256 * 1024;

/** Whether there is no room left in the directory `place`: then waiting may help. */
export function isFull(error: unknown, place: string): boolean {
  const { code: system, errcode } = error as { code?: string; errcode?: number };
  if (system === 'ENOSPC' || system === 'EDQUOT' || primary(errcode) === code.full) return true;
  // SQLite says so of some of its files only.
  return primary(errcode) === code.ioError && roomIn(place) < leastRoom;
}

function roomIn(place: string): number {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize;
  } catch {
    return dirname(place) === place ? Number.POSITIVE_INFINITY : roomIn(dirname(place));
  }
}

/** What is wrong with the store in `place`, and how to mend it; undefined for what is not known. */
export function sqliteProblem(error: unknown, place: string): string | undefined {
  if (isFull(error, place)) return `The disk that holds ${place} is full: free some space`;
  const { message, errcode } = error as { message: string; errcode?: number };
  switch (primary(errcode)) {
    case code.corrupt:
    case code.notDatabase:
      return (
        `The database in ${place} is damaged: ${message}. Restore the directory from a backup, ` +
        'or move it away to begin anew, which forgets what was notified'
      );
    case code.readonly:
      return `The store in ${place} cannot be written: ${message}. Let this user write the directory and its files`;
    case code.busy:
      return `The store in ${place} is being written by another process for too long: ${message}`;
    default:
      return undefined;
  }
}

/** An error of a statement, for whoever asked for it. `isDamage`: trying again will not help. */
export function explainSqlite(
  error: unknown,
  place: string,
): { error: unknown; isDamage: boolean; message: string } {
  const { errcode } = error as { errcode?: number };
  const message = sqliteProblem(error, place);
  if (error instanceof StoreError || message === undefined) {
    return { error, isDamage: false, message: String(error) };
  }
  const isDamage = primary(errcode) === code.corrupt || primary(errcode) === code.notDatabase;
  return { error: new StoreError(message, { retryable: !isDamage, cause: error }), isDamage, message };
}

function primary(errcode: number | undefined): number | undefined {
  return errcode === undefined ? undefined : errcode & 0xff;
}
