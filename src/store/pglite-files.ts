import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the thread of the embedded PostgreSQL is told. */
export interface PgliteWorkerData {
  /** `initialise` makes the files and ends. */
  task: 'initialise' | 'serve';
  directory: string;
  /** A private directory; the socket in it has the name that PostgreSQL's clients expect. */
  socketDirectory: string;
  searchPath: string;
}

/** `close` closes the database and ends the thread; `ping` is answered, unless a statement never ends. */
export type PgliteRequest = 'close' | 'ping';

/** What the thread answers. */
export type PgliteMessage =
  | { type: 'pong' }
  /** `recovered`: the process before did not close the database. */
  | { type: 'ready'; recovered: boolean }
  /** `reason` is for people and names the mend; `retryable` as in StoreError. */
  | { type: 'failed'; reason: string; retryable: boolean };

/** Directories of sockets are named so; after a crash only such are removed. */
export const socketDirectoryPrefix = 'herald-';

export const socketName = '.s.PGSQL.5432';

export function databaseFiles(directory: string): string {
  return join(directory, 'postgres');
}

/** The major version of PostgreSQL that made the files; undefined when there are none. */
export function filesVersion(files: string): string | undefined {
  const file = join(files, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

export function isInitialised(directory: string): boolean {
  return filesVersion(databaseFiles(directory)) !== undefined;
}
