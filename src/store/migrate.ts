import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  type PgQueryable,
  runMigrations,
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
  UnsupportedPostgresVersionError,
} from 'bullmq';
import type { PoolClient } from 'pg';
import { ledgerTables } from '../ledger/migrations/postgres.ts';
import type { Logger } from '../log.ts';
import { storeTables } from './schema.ts';
import { StoreError } from './store.ts';

interface Migration {
  sql: string;
  /** The number of the oldest migration whose release can still work with the tables after this one. */
  oldestReader: number;
}

/** In order, numbered from 1. One that was released is never edited: add another. */
const migrations: readonly Migration[] = [{ oldestReader: 1, sql: storeTables + ledgerTables }];

/** BullMQ's tables have a schema of their own, so that none of its names can meet one of ours. */
export const queueSchema = 'herald_queue';

/** Spells HERA. Held while the tables are brought up to date, so that replicas starting together take turns. */
const advisoryLock = 0x48455241;

/** For one statement of a migration, milliseconds. */
const statementTimeout = 60_000;

/**
 * Brings BullMQ's schema and ours up to date; several processes may do so at once. A database that a newer release
 * has migrated is used as it is, as long as that release says that older ones can.
 */
export async function migrate(client: PoolClient, log: Logger): Promise<void> {
  const session = sessionOf(client);
  await session.query(`SET statement_timeout = ${statementTimeout}`);
  try {
    // Before the transactions, not in them: one that waited inside would not see that the schema exists by now.
    await session.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    await refuseDevelopmentVersions(session);
    await migrateQueue(session, log);
    await migrateOwn(session, log);
  } catch (error) {
    const isFinal =
      error instanceof UnsupportedPostgresVersionError || error instanceof SchemaVersionMismatchError;
    throw isFinal ? new StoreError(error.message, { retryable: false, cause: error }) : error;
  } finally {
    await session.query('SELECT pg_advisory_unlock($1)', [advisoryLock]).catch(() => undefined);
    await session.query('RESET statement_timeout').catch(() => undefined);
  }
}

function sessionOf(client: PoolClient): PgQueryable {
  return {
    async query<R>(text: string, values?: readonly unknown[]) {
      const config = { text, query_timeout: statementTimeout, ...(values ? { values: [...values] } : {}) };
      const { rows, rowCount } = await client.query(config);
      return { rows: rows as R[], rowCount };
    },
  };
}

async function migrateQueue(session: PgQueryable, log: Logger): Promise<void> {
  const version = await queueVersion(session);
  if (version >= LATEST_SCHEMA_VERSION) return;
  await runMigrations(session, queueSchema);
  log.info({ from: version, to: LATEST_SCHEMA_VERSION }, 'Queue tables brought up to date');
}

async function queueVersion(session: PgQueryable): Promise<number> {
  try {
    return await assertSchemaCompatibility(session, queueSchema);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    // The schema itself is missing too.
    if ((error as { code?: string }).code === '3F000') return 0;
    throw error;
  }
}

/** Before the first release the tables were numbered elsewhere. */
async function refuseDevelopmentVersions(session: PgQueryable): Promise<void> {
  const { rows } = await session.query<{ exists: boolean }>(
    "SELECT to_regclass('herald.version') IS NOT NULL AS exists",
  );
  if (!rows[0]?.exists) return;
  throw new StoreError(
    'The tables were made by a development version of Herald and cannot be brought up to date: remove them ' +
      `(DROP SCHEMA herald, ${queueSchema} CASCADE), or give --queue another database`,
    { retryable: false },
  );
}

async function migrateOwn(session: PgQueryable, log: Logger): Promise<void> {
  const version = await ownVersion(session);
  if (version.applied >= migrations.length) {
    if (version.oldestReader > migrations.length) throw tooNew(version.applied);
    return;
  }
  await session.query('BEGIN');
  try {
    await session.query('CREATE SCHEMA IF NOT EXISTS herald');
    await session.query(
      'CREATE TABLE IF NOT EXISTS herald.migration (applied int PRIMARY KEY, oldest_reader int NOT NULL, at timestamptz NOT NULL DEFAULT now())',
    );
    for (const [index, migration] of migrations.entries()) {
      if (index < version.applied) continue;
      await session.query(migration.sql);
      await session.query('INSERT INTO herald.migration (applied, oldest_reader) VALUES ($1, $2)', [
        index + 1,
        migration.oldestReader,
      ]);
    }
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  log.info({ from: version.applied, to: migrations.length }, 'Tables brought up to date');
}

async function ownVersion(session: PgQueryable): Promise<{ applied: number; oldestReader: number }> {
  const exists = await session.query<{ exists: boolean }>(
    "SELECT to_regclass('herald.migration') IS NOT NULL AS exists",
  );
  if (!exists.rows[0]?.exists) return { applied: 0, oldestReader: 0 };
  const { rows } = await session.query<{ applied: number; oldest_reader: number }>(
    'SELECT coalesce(max(applied), 0)::int AS applied, coalesce(max(oldest_reader), 0)::int AS oldest_reader FROM herald.migration',
  );
  return { applied: rows[0]?.applied ?? 0, oldestReader: rows[0]?.oldest_reader ?? 0 };
}

function tooNew(version: number): StoreError {
  return new StoreError(
    `The tables were made by a newer release of Herald (version ${version} of the tables, this release knows ` +
      `${migrations.length}): run that release, or give --queue another database`,
    { retryable: false },
  );
}
