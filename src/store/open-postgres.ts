import { Pool, type PoolClient, type PoolConfig } from 'pg';
import type { Logger } from '../log.ts';
import { settledWithin, unlessAborted, withDeadline } from './deadline.ts';
import { migrate, queueSchema } from './migrate.ts';
import { type PostgresStore, StoreError } from './store.ts';

export interface OpenPostgresOptions {
  url: string;
  name: string;
  log: Logger;
  /** Milliseconds for a connection and for each statement. */
  deadline: number;
  signal?: AbortSignal;
}

/** Connections of one process in each of its two pools. One of them listens. */
const connections = 8;

/** Other processes may be migrating at the same time. */
const migrationDeadline = 60_000;

/** Connects to PostgreSQL 13 or newer and brings its schemas up to date. */
export async function openPostgres(options: OpenPostgresOptions): Promise<PostgresStore> {
  const { url, name, log, deadline } = options;
  const sessions = (settings: string) =>
    createPool(
      {
        connectionString: url,
        // A server that stops answering must not hold a statement, and what it locks, for ever.
        options: `-c search_path=${queueSchema} -c statement_timeout=${deadline} ${settings}`,
        application_name: 'herald',
      },
      options,
    );
  const pool = sessions('');
  const relaxedPool = sessions('-c synchronous_commit=off');
  try {
    await prepare(pool, options);
  } catch (error) {
    void pool.end();
    throw error;
  }
  log.debug({ store: name }, 'PostgreSQL opened');
  return postgresStore(name, pool, relaxedPool);
}

function createPool(
  config: PoolConfig,
  { name, log, deadline }: Pick<OpenPostgresOptions, 'name' | 'log' | 'deadline'>,
): Pool {
  const pool = new Pool({
    max: connections,
    connectionTimeoutMillis: deadline,
    query_timeout: deadline,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...config,
  });
  // An idle connection that breaks is replaced with the next query.
  pool.on('error', (error) => log.warn({ store: name, error: error.message }, 'PostgreSQL connection lost'));
  return pool;
}

/** Connects once and migrates. */
async function prepare(pool: Pool, { name, log, deadline, signal }: OpenPostgresOptions): Promise<void> {
  signal?.throwIfAborted();
  const connecting = withDeadline(pool.connect(), deadline + 1_000, 'Connecting');
  let client: PoolClient | undefined;
  try {
    client = await unlessAborted(connecting, signal);
    // Without a listener the end of a connection that is in use would end the process.
    client.on('error', () => undefined);
    const migrating = withDeadline(migrate(client, log), migrationDeadline, 'Bringing the tables up to date');
    await unlessAborted(migrating, signal);
    client.release();
  } catch (error) {
    client?.release(error as Error);
    signal?.throwIfAborted();
    throw error instanceof StoreError ? error : openError(name, error as Error & { code?: string });
  }
}

function openError(name: string, error: Error & { code?: string }): StoreError {
  const message = error.message || error.code || String(error);
  switch (error.code) {
    case '28P01':
    case '28000':
      return refused(
        `PostgreSQL at ${name} refuses the login: ${message}. Check user and password in --queue`,
      );
    case '3D000':
      return refused(
        `PostgreSQL at ${name}: ${message}. Create it (CREATE DATABASE …) or name another in --queue`,
      );
    case '42501':
      return refused(
        `PostgreSQL at ${name} does not let Herald make its tables: ${message}. ` +
          'Let its user create schemas: GRANT CREATE ON DATABASE … TO …',
      );
    default:
      return new StoreError(`PostgreSQL at ${name} cannot be used: ${message}`, {
        retryable: true,
        cause: error,
      });
  }

  function refused(text: string): StoreError {
    return new StoreError(text, { retryable: false, cause: error });
  }
}

function postgresStore(name: string, pool: Pool, relaxedPool: Pool): PostgresStore {
  return {
    kind: 'postgres',
    name,
    pool,
    relaxedPool,
    async ping() {
      await pool.query('SELECT 1');
    },
    async close(deadline) {
      // Waits for connections in use, which a server that is away never gives back.
      const open = [pool, relaxedPool].filter((each) => !each.ending);
      await settledWithin(Promise.all(open.map((each) => each.end())), deadline);
    },
  };
}
