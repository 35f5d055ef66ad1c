import type { JobJson, JobsOptions } from 'bullmq';
import type { SqliteStore } from '../store/store.ts';

/** A job in the embedded store, see store/sqlite-migrations.ts. */
export interface JobRow {
  seq: number;
  id: string;
  name: string;
  data: string;
  opts: string;
  added_at: number;
  delay: number;
  token: string | null;
  stalled: number;
  attempts_made: number;
  attempts_started: number;
  processed_at: number | null;
  processed_by: string | null;
  failed_reason: string | null;
  stacktrace: string | null;
  deferred_failure: string | null;
}

/** The statements of the queue, by what they do. */
export function jobStatements(store: SqliteStore) {
  const active = 'token IS NOT NULL';
  const put = 'token = NULL, locked_until = NULL, stalled_since = NULL';
  const one = (sql: string) => store.prepare(sql);
  return {
    add: one(
      `INSERT INTO job (id, name, data, opts, added_at, due, delay) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    nextDue: one('SELECT due FROM job WHERE token IS NULL ORDER BY due, seq LIMIT 1'),
    take: one(
      `UPDATE job SET token = ?, locked_until = ?, processed_at = ?, processed_by = ?,
              attempts_started = attempts_started + 1
       WHERE seq = (SELECT seq FROM job WHERE token IS NULL AND due <= ? ORDER BY due, seq LIMIT 1) RETURNING *`,
    ),
    token: one('SELECT token FROM job WHERE id = ?'),
    job: one('SELECT * FROM job WHERE id = ?'),
    state: one(
      `SELECT CASE WHEN ${active} THEN 'active' WHEN due > ? THEN 'delayed' ELSE 'waiting' END AS state
       FROM job WHERE id = ?`,
    ),
    remove: one('DELETE FROM job WHERE id = ?'),
    removeUnlocked: one('DELETE FROM job WHERE id = ? AND (token IS NULL OR locked_until <= ?)'),
    updateData: one('UPDATE job SET data = ? WHERE id = ?'),
    putBack: one(
      `UPDATE job SET ${put}, due = ?, delay = ?, attempts_made = attempts_made + ?,
              failed_reason = coalesce(?, failed_reason), stacktrace = coalesce(?, stacktrace)
       WHERE id = ?`,
    ),
    promoteOne: one('UPDATE job SET due = ?, delay = 0 WHERE id = ? AND token IS NULL AND due > ?'),
    promote: one(
      `UPDATE job SET due = ?, delay = 0 WHERE seq IN
         (SELECT seq FROM job WHERE token IS NULL AND due > ? ORDER BY due, seq LIMIT ?)`,
    ),
    extend: one('UPDATE job SET locked_until = ?, stalled_since = NULL WHERE id = ? AND token = ?'),
    expired: one(`SELECT 1 FROM job WHERE ${active} AND locked_until < ? LIMIT 1`),
    reclaim: one(
      `UPDATE job SET ${put}, stalled = stalled + 1, deferred_failure =
              CASE WHEN stalled >= ? THEN 'job stalled more than allowable limit' ELSE deferred_failure END
       WHERE ${active} AND locked_until < ? AND stalled_since <= ? RETURNING id`,
    ),
    markStalled: one(
      `UPDATE job SET stalled_since = ? WHERE ${active} AND locked_until < ? AND stalled_since IS NULL`,
    ),
    countWaiting: one('SELECT count(*) AS count FROM job WHERE token IS NULL AND due <= ?'),
    countDelayed: one('SELECT count(*) AS count FROM job WHERE token IS NULL AND due > ? AND due < ?'),
    countActive: one(`SELECT count(*) AS count FROM job WHERE ${active}`),
  };
}

/** A job as BullMQ wants it. */
export function jsonOf(row: JobRow): JobJson {
  return {
    id: row.id,
    name: row.name,
    data: row.data,
    opts: JSON.parse(row.opts) as JobsOptions,
    progress: 0,
    attemptsMade: row.attempts_made,
    attemptsStarted: row.attempts_started,
    timestamp: row.added_at,
    delay: row.delay,
    failedReason: row.failed_reason ?? '',
    stacktrace: row.stacktrace ?? '[]',
    returnvalue: 'null',
    stalledCounter: row.stalled,
    ...(row.processed_at === null ? {} : { processedOn: row.processed_at }),
    ...(row.processed_by === null ? {} : { processedBy: row.processed_by }),
    ...(row.deferred_failure === null ? {} : { deferredFailure: row.deferred_failure }),
  };
}
