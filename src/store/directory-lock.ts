import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The process that last opened a directory. */
export interface DirectoryOwner {
  pid: number;
  since: string;
  /** Where its socket is, to be removed by the next owner after a crash. */
  socketDirectory: string;
}

export type DirectoryLock =
  | {
      ok: true /** The owner before, which crashed unless it tidied up. */;
      previous?: DirectoryOwner;
      release(): void;
    }
  | { ok: false; owner?: DirectoryOwner };

/**
 * Locks a directory against other processes, also those in other containers on the same machine. Node has no file
 * locks of its own; SQLite's are the kernel's, which end with the process, so that no lock is ever stale.
 */
export function lockDirectory(directory: string, owner: DirectoryOwner): DirectoryLock {
  const ownerFile = join(directory, 'herald.owner');
  const previous = readOwner(ownerFile);
  const lock = new DatabaseSync(join(directory, 'herald.lock'));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    return { ok: false, ...(previous ? { owner: previous } : {}) };
  }
  writeFileSync(ownerFile, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  return { ok: true, ...(previous ? { previous } : {}), release: () => lock.close() };
}

const sqliteBusy = 5;

function readOwner(file: string): DirectoryOwner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DirectoryOwner;
  } catch {
    return undefined;
  }
}
