import { setTimeout as delay } from 'node:timers/promises';
import { type BackendFactory, createRedisBackend, type IQueueBackend, type Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { queueSchema } from '../store/migrate.ts';
import type { PostgresStore, RedisStore, SqliteStore, Store } from '../store/store.ts';
import type { JobData } from './job-data.ts';
import { createPostgresQueueBackend } from './postgres-queue-backend.ts';
import { createSqliteQueueBackend } from './sqlite-queue-backend.ts';

/** How BullMQ reaches a store. */
export interface QueueBackends {
  prefix: string;
  /** For adding and asking: fails at once while the store is away. */
  producer: { connection: Redis | Pool; factory: BackendFactory<IQueueBackend, Redis | Pool> };
  /** For the worker: waits until the store is back. */
  worker(): { connection: Redis | Pool; factory: BackendFactory<IQueueBackend, Redis | Pool> };
  /** Why the producer cannot be used now; undefined when it can. */
  trouble(): string | undefined;
  /** The states of these jobs, 'unknown' for one that is not there. */
  states(queue: JobQueue, ids: string[]): Promise<string[]>;
  /** When the waiting job that is oldest was due, Unix milliseconds. */
  oldestWaiting(queue: JobQueue): Promise<number | undefined>;
  /** Ends the connections made here without waiting, and leaves jobs that still run to another worker. */
  abandon(): void;
}

export type JobQueue = Queue<JobData, void, string, JobData, void, string, IQueueBackend, Redis | Pool>;

export const queueName = 'deliveries';

export function queueBackends(store: Store, deadline: number): QueueBackends {
  switch (store.kind) {
    case 'sqlite':
      return sqliteBackends(store);
    case 'redis':
      return redisBackends(store, deadline);
    case 'postgres':
      return postgresBackends(store);
  }
}

/** Milliseconds between tries to fetch a job from a store that answers with an error. */
const errorDelay = 500;

function redisBackends(store: RedisStore, deadline: number): QueueBackends {
  const clients: Redis[] = [];
  const worker = { isAbandoned: false };
  const producer = store.createClient({
    commandTimeout: deadline,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  clients.push(producer);
  const factory: QueueBackends['producer']['factory'] = (name, opts, how) =>
    patient(createRedisBackend(name, { ...opts, connection: opts.connection as Redis }, how), worker);
  return {
    prefix: store.prefix,
    producer: { connection: producer, factory },
    worker() {
      const client = store.createClient({ maxRetriesPerRequest: null });
      clients.push(client);
      // BullMQ blocks on a connection of its own, which it cannot close while the server is away. We can.
      client.duplicate = (override) => {
        const blocking = store.createClient({ maxRetriesPerRequest: null, ...override } as object);
        clients.push(blocking);
        return blocking;
      };
      return { connection: client, factory };
    },
    // BullMQ would wait for the connection, however long that takes, and keep the jobs in memory meanwhile.
    trouble: () => (isUsable(producer.status) ? undefined : `Redis is not connected (${producer.status})`),
    states: (queue, ids) => Promise.all(ids.map((id) => queue.getJobState(id))),
    async oldestWaiting(queue) {
      const [oldest] = await queue.getJobs('waiting', 0, 0, true);
      return oldest?.data.dueAt;
    },
    abandon() {
      worker.isAbandoned = true;
      for (const client of clients) client.disconnect();
    },
  };
}

/** `wait`: it connects with the first command. */
function isUsable(status: string): boolean {
  return status === 'ready' || status === 'wait' || status === 'connecting' || status === 'connect';
}

function sqliteBackends(store: SqliteStore): QueueBackends {
  const worker = { isAbandoned: false };
  const factory: QueueBackends['producer']['factory'] = (name, opts) =>
    patient(createSqliteQueueBackend(store, name, opts), worker);
  return {
    prefix: 'herald',
    // BullMQ wants a connection to be named; this backend has the store.
    producer: { connection: {} as Pool, factory },
    worker: () => ({ connection: {} as Pool, factory }),
    trouble: () => undefined,
    states: (queue, ids) => Promise.all(ids.map((id) => queue.getJobState(id))),
    async oldestWaiting(queue) {
      const [oldest] = await queue.getJobs('waiting', 0, 0, true);
      return oldest?.data.dueAt;
    },
    abandon() {
      worker.isAbandoned = true;
    },
  };
}

/** Here the tables of BullMQ are read as well: it asks for states one by one, and for ranges from the wrong end. */
function postgresBackends(store: PostgresStore): QueueBackends {
  const worker = { isAbandoned: false };
  const factory: QueueBackends['producer']['factory'] = (name, opts, how) =>
    patient(createPostgresQueueBackend(store, name, opts, how?.withBlockingConnection === true), worker);
  return {
    prefix: 'herald',
    producer: { connection: store.pool, factory },
    worker: () => ({ connection: store.relaxedPool, factory }),
    trouble: () => undefined,
    async states(_, ids) {
      const { rows } = await store.pool.query<{ id: string; state: string }>(
        `SELECT id, state::text FROM ${queueSchema}.job WHERE queue = $1 AND id = ANY ($2)`,
        [queueName, ids],
      );
      const states = new Map(rows.map(({ id, state }) => [id, state]));
      return ids.map((id) => states.get(id) ?? 'unknown');
    },
    async oldestWaiting() {
      const { rows } = await store.pool.query<{ due: string }>(
        `SELECT data->>'dueAt' AS due FROM ${queueSchema}.job
          WHERE queue = $1 AND state = 'waiting' ORDER BY priority, seq LIMIT 1`,
        [queueName],
      );
      return rows[0] && Number(rows[0].due);
    },
    abandon() {
      worker.isAbandoned = true;
    },
  };
}

/**
 * Two habits of the worker that do not suit us. It fetches again at once when fetching fails with anything but a
 * refused connection, such as a server that is starting: without a pause that is a busy loop. And while it waits for
 * its jobs to end it renews their locks, for ever where one hangs: once abandoned it must not.
 */
function patient<Backend extends IQueueBackend>(backend: Backend, worker: { isAbandoned: boolean }): Backend {
  const moveToActive = backend.moveToActive.bind(backend);
  const extendLocks = backend.extendLocks.bind(backend);
  backend.moveToActive = async (token, name) => {
    try {
      return await moveToActive(token, name);
    } catch (error) {
      await delay(errorDelay);
      throw error;
    }
  };
  backend.extendLocks = async (...locks) => (worker.isAbandoned ? [] : extendLocks(...locks));
  return backend;
}
