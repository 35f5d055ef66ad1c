import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The process that last opened a directory. */
export interface DirectoryOwner {
  pid: number;
  since: string;
}

export type DirectoryLock = { ok: true; release(): void } | { ok: false; owner?: DirectoryOwner };

/**
 * Locks a directory against other processes, also those in other containers on the same machine. Node has no file
 * locks of its own; SQLite's are the kernel's, which end with the process, so that no lock is ever stale.
 */
export function lockDirectory(directory: string, owner: DirectoryOwner): DirectoryLock {
  const ownerFile = join(directory, 'herald.owner');
  const lock = new DatabaseSync(join(directory, 'herald.lock'));
  try {
    // Whoever looks who has it open holds it for a moment.
    lock.exec('PRAGMA busy_timeout = 200; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    const held = readOwner(ownerFile);
    return { ok: false, ...(held ? { owner: held } : {}) };
  }
  writeFileSync(ownerFile, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  return { ok: true, release: () => lock.close() };
}

/** The process that has the directory open; undefined: none has, though one may have left its name. Locks nothing. */
export function ownerOf(directory: string): DirectoryOwner | undefined {
  const path = join(directory, 'herald.lock');
  if (!existsSync(path)) return undefined;
  const lock = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  try {
    lock.prepare('SELECT count(*) FROM sqlite_master').get();
    return undefined;
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    return readOwner(join(directory, 'herald.owner')) ?? { pid: 0, since: '' };
  } finally {
    lock.close();
  }
}

const sqliteBusy = 5;

function readOwner(file: string): DirectoryOwner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DirectoryOwner;
  } catch {
    return undefined;
  }
}
