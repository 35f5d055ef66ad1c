import type { SqliteStore } from '../store/store.ts';

/** The statements of the ledger in the embedded store, by what they do. */
export function sqliteStatements({ prepare }: SqliteStore) {
  const columns = 'seq, id, lane, body, snapshots, attempt, settlement, settled_at';
  const rows = 'SELECT n, scope, kind, key, value, expires_at FROM row';
  const pending = 'settlement IS NULL';
  const parked = 'settlement IS NOT NULL';
  return {
    term: prepare('SELECT term FROM lead'),
    writer: prepare('SELECT term, number FROM writer WHERE scope = ?'),
    note: prepare(
      `INSERT INTO writer (scope, term, number) VALUES (?, ?, ?)
       ON CONFLICT (scope) DO UPDATE SET term = excluded.term, number = excluded.number`,
    ),
    forgetWriters: prepare(
      `DELETE FROM writer WHERE scope IN
         (SELECT scope FROM writer WHERE term < (SELECT term FROM lead) LIMIT ?)`,
    ),

    ofKind: prepare(`${rows} WHERE kind = ? AND n > ? ORDER BY n LIMIT ?`),
    ofScope: prepare(`${rows} WHERE scope = ? AND kind IN (SELECT value FROM json_each(?))`),
    ofKeys: prepare(`${rows} WHERE scope = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))`),
    put: prepare(
      `INSERT INTO row (scope, kind, key, value, expires_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (scope, kind, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
    ),
    removeRow: prepare('DELETE FROM row WHERE scope = ? AND kind = ? AND key = ?'),
    clear: prepare('DELETE FROM row WHERE scope = ?'),
    expire: prepare(
      'DELETE FROM row WHERE n IN (SELECT n FROM row WHERE expires_at < ? ORDER BY expires_at LIMIT ?)',
    ),

    find: prepare(`SELECT ${columns} FROM delivery WHERE id = ?`),
    add: prepare(
      `INSERT INTO delivery (id, lane, service, body, snapshots) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    remove: prepare('DELETE FROM delivery WHERE id = ?'),
    pending: prepare(`SELECT ${columns} FROM delivery WHERE ${pending} AND seq > ? ORDER BY seq LIMIT ?`),
    firstOfLane: prepare(`SELECT id FROM delivery WHERE lane = ? AND ${pending} ORDER BY seq LIMIT 1`),
    firstLane: prepare(`SELECT lane, id FROM delivery WHERE ${pending} ORDER BY lane, seq LIMIT 1`),
    nextLane: prepare(
      `SELECT lane, id FROM delivery WHERE lane > ? AND ${pending} ORDER BY lane, seq LIMIT 1`,
    ),
    mark: prepare('UPDATE delivery SET attempt = ? WHERE id = ?'),
    unmark: prepare('UPDATE delivery SET attempt = NULL WHERE id = ? AND attempt = ?'),
    park: prepare('UPDATE delivery SET settlement = ?, settled_at = ?, attempt = NULL WHERE id = ?'),
    parked: prepare(
      `SELECT ${columns} FROM delivery WHERE ${parked} AND (settled_at, id) < (?, ?)
       ORDER BY settled_at DESC, id DESC LIMIT ?`,
    ),
    parkedBefore: prepare(
      `SELECT ${columns} FROM delivery WHERE ${parked} AND settled_at < ? ORDER BY settled_at LIMIT ?`,
    ),
    parkedAmong: prepare(
      `SELECT id, settlement FROM delivery WHERE ${parked} AND id IN (SELECT value FROM json_each(?))`,
    ),
    countParked: prepare(`SELECT service, count(*) AS count FROM delivery WHERE ${parked} GROUP BY service`),
    unpark: prepare(
      `UPDATE delivery SET settlement = NULL, settled_at = NULL, attempt = NULL,
              seq = (SELECT max(seq) + 1 FROM delivery)
       WHERE id = ?`,
    ),

    snapshot: prepare('SELECT packed FROM snapshot WHERE digest = ?'),
    hold: prepare(
      `INSERT INTO snapshot (digest, packed, holders) VALUES (?, ?, 1)
       ON CONFLICT (digest) DO UPDATE SET holders = holders + 1`,
    ),
    release: prepare('UPDATE snapshot SET holders = holders - 1 WHERE digest = ?'),
    removeSnapshot: prepare('DELETE FROM snapshot WHERE digest = ? AND holders <= 0'),
  };
}
