/**
 * The tables of the embedded store, oldest migration first. `PRAGMA user_version` counts those that a database has. A
 * migration that was released is never edited: add another.
 */
export const sqliteMigrations: readonly string[] = [
  `
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

-- The ledger, see ledger/ledger.ts. Times are Unix milliseconds.
CREATE TABLE entry (
  n          INTEGER PRIMARY KEY,
  scope      TEXT NOT NULL,
  kind       TEXT NOT NULL,
  key        TEXT NOT NULL,
  value      BLOB NOT NULL,
  expires_at INTEGER,
  UNIQUE (scope, kind, key)
) STRICT;
CREATE INDEX entry_kind ON entry (kind, n);
CREATE INDEX entry_expires ON entry (expires_at) WHERE expires_at IS NOT NULL;

-- The last write of each scope, so that a repetition changes nothing.
CREATE TABLE written (
  scope  TEXT PRIMARY KEY,
  term   INTEGER NOT NULL,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX written_term ON written (term);

-- In the order of seq. A delivery with a settlement is parked; one without is pending.
CREATE TABLE delivery (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  lane        TEXT NOT NULL,
  service     TEXT NOT NULL,
  body        TEXT NOT NULL,
  observed_at INTEGER NOT NULL,
  mark        TEXT,
  settlement  TEXT,
  settled_at  INTEGER
) STRICT;
CREATE INDEX delivery_lane ON delivery (lane, seq) WHERE settlement IS NULL;
CREATE INDEX delivery_pending ON delivery (seq) WHERE settlement IS NULL;
CREATE INDEX delivery_parked ON delivery (settled_at, seq) WHERE settlement IS NOT NULL;
CREATE INDEX delivery_parked_service ON delivery (service) WHERE settlement IS NOT NULL;

-- What Applications looked like, once for all deliveries that share it.
CREATE TABLE snapshot (
  digest TEXT PRIMARY KEY,
  packed BLOB NOT NULL
) STRICT;
CREATE TABLE delivery_snapshot (
  delivery TEXT NOT NULL,
  position INTEGER NOT NULL,
  digest   TEXT NOT NULL,
  PRIMARY KEY (delivery, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_snapshot_digest ON delivery_snapshot (digest);
`,
];
