import type { DatabaseSync } from 'node:sqlite';
import { sqliteMigrations } from './sqlite-migrations.ts';
import { StoreError } from './store.ts';

/** Spells HERA, and marks the file as a store of Herald's. */
const applicationId = 0x48455241;

/**
 * Brings the tables up to date, all of it or nothing. `place` is for messages. A guest changes nothing, since the
 * process that runs on the store may be of another release. Throws a StoreError that names the mend.
 */
export function migrateSqlite(db: DatabaseSync, place: string, { isGuest }: { isGuest: boolean }): void {
  const latest = sqliteMigrations.length;
  const version = pragma(db, 'user_version');
  if (version > 0 && pragma(db, 'application_id') !== applicationId) {
    throw refused(`The database in ${place} is not Herald's: give --queue another directory`);
  }
  if (version > latest) {
    throw refused(
      `The store in ${place} was made by a newer release of Herald (version ${version} of the tables, this release ` +
        `knows ${latest}): run that release, or give --queue another directory`,
    );
  }
  if (version === latest) return;
  if (isGuest) {
    throw refused(
      `The store in ${place} has version ${version} of the tables, and this release needs ${latest}: ` +
        'start the bridge of this release on it first',
    );
  }
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const sql of sqliteMigrations.slice(version)) db.exec(sql);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${latest}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function pragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}

function refused(message: string): StoreError {
  return new StoreError(message, { retryable: false });
}
