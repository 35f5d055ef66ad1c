import { ledgerTables } from '../ledger/migrations/sqlite.ts';

const storeTables = `
-- The jobs of BullMQ, see delivery/sqlite-queue-backend.ts. A job with a token is active; without one it is waiting
-- when its time to run (due, Unix milliseconds) has come, and delayed until then.
CREATE TABLE job (
  seq              INTEGER PRIMARY KEY,
  id               TEXT NOT NULL UNIQUE,
  name             TEXT NOT NULL,
  data             TEXT NOT NULL,
  opts             TEXT NOT NULL,
  added_at         INTEGER NOT NULL,
  due              INTEGER NOT NULL,
  delay            INTEGER NOT NULL,
  token            TEXT,
  locked_until     INTEGER,
  stalled_since    INTEGER,
  stalled          INTEGER NOT NULL DEFAULT 0,
  attempts_made    INTEGER NOT NULL DEFAULT 0,
  attempts_started INTEGER NOT NULL DEFAULT 0,
  processed_at     INTEGER,
  processed_by     TEXT,
  failed_reason    TEXT,
  stacktrace       TEXT,
  deferred_failure TEXT
) STRICT;
CREATE INDEX job_due ON job (due, seq) WHERE token IS NULL;
CREATE INDEX job_locked ON job (locked_until) WHERE token IS NOT NULL;

-- Who leads: one row. An empty member is nobody.
CREATE TABLE lead (
  term   INTEGER NOT NULL,
  member TEXT NOT NULL,
  host   TEXT NOT NULL
) STRICT;
INSERT INTO lead (term, member, host) VALUES (0, '', '');

-- Small values of services; value is JSON, expires_at in Unix milliseconds.
CREATE TABLE service_state (
  key        TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX service_state_expires ON service_state (expires_at);
`;

/**
 * The tables of the embedded store, oldest migration first. `PRAGMA user_version` counts those that a database has. A
 * migration that was released is never edited: add another.
 */
export const sqliteMigrations: readonly string[] = [storeTables + ledgerTables];
