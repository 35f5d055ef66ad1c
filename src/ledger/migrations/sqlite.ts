/**
 * The ledger's tables in the embedded store. What Herald does not ask for by value is JSON, packed or not, so that a
 * field added to a value needs no migration. Times are Unix milliseconds.
 */
export const ledgerTables = `
CREATE TABLE row (
  n          INTEGER PRIMARY KEY,
  kind       TEXT NOT NULL,
  scope      TEXT NOT NULL,
  key        TEXT NOT NULL,
  value      BLOB NOT NULL,
  expires_at INTEGER,
  UNIQUE (scope, kind, key)
) STRICT;
CREATE INDEX row_kind ON row (kind, n);
CREATE INDEX row_expires ON row (expires_at) WHERE expires_at IS NOT NULL;

-- The last commit to a scope, so that a repetition changes nothing.
CREATE TABLE writer (
  scope  TEXT PRIMARY KEY,
  term   INTEGER NOT NULL,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX writer_term ON writer (term);

-- What Applications looked like, once for all deliveries that share it.
CREATE TABLE snapshot (
  digest  TEXT NOT NULL PRIMARY KEY,
  packed  BLOB NOT NULL,
  holders INTEGER NOT NULL
) STRICT;

-- In the order of seq; snapshots is a JSON array of digests. One with a settlement is parked, another pending.
CREATE TABLE delivery (
  seq        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  lane       TEXT NOT NULL,
  service    TEXT NOT NULL,
  body       TEXT NOT NULL,
  snapshots  TEXT NOT NULL,
  attempt    TEXT,
  settlement TEXT,
  settled_at INTEGER
) STRICT;
CREATE INDEX delivery_pending ON delivery (seq) WHERE settlement IS NULL;
CREATE INDEX delivery_lane ON delivery (lane, seq) WHERE settlement IS NULL;
CREATE INDEX delivery_parked ON delivery (settled_at, id) WHERE settlement IS NOT NULL;
CREATE INDEX delivery_parked_service ON delivery (service) WHERE settlement IS NOT NULL;
`;
