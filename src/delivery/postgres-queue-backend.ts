import { type IQueueBackend, PostgresConnection, PostgresQueueBackend } from 'bullmq';
import type { Pool } from 'pg';
import { isTransient } from '../store/postgres-errors.ts';
import type { PostgresStore } from '../store/store.ts';

type BackendOptions = ConstructorParameters<typeof PostgresQueueBackend>[2];

const tries = 5;

/** BullMQ's backend on the store's pools. `worker`: it fetches jobs and waits for them. */
export function createPostgresQueueBackend(
  store: PostgresStore,
  name: string,
  options: object,
  worker: boolean,
): IQueueBackend {
  const connection = new SharedPoolConnection(worker ? store.relaxedPool : store.pool);
  const listenerName = worker ? 'herald worker' : undefined;
  return new OrderlyBackend(connection, name, options as BackendOptions, true, listenerName);
}

/**
 * BullMQ (6.7) lets every connection that finishes a job fetch the next in the same transaction, and fetching first
 * moves all delayed jobs that are due, in no order: with dozens at a time they deadlock, which costs a second and
 * hands finished jobs out again. Here a process fetches with one connection at a time and finishes with the others.
 */
class OrderlyBackend extends PostgresQueueBackend {
  #fetching: Promise<unknown> = Promise.resolve();

  override moveToActive(token: string, name?: string): Promise<unknown[]> {
    const fetched = this.#fetching.then(() => super.moveToActive(token, name));
    this.#fetching = fetched.catch(() => undefined);
    return fetched;
  }

  override moveToCompleted: PostgresQueueBackend['moveToCompleted'] = (job, value, remove, token) =>
    super.moveToCompleted(job, value, remove, token, false);

  override moveToFailed: PostgresQueueBackend['moveToFailed'] = (job, reason, remove, token, _, fields) =>
    super.moveToFailed(job, reason, remove, token, false, fields);
}

/** BullMQ's connection on the store's pool, whose tables were brought up to date when the store was opened. */
class SharedPoolConnection extends PostgresConnection {
  constructor(pool: Pool) {
    super(retryingPool(pool) as never);
  }

  /** BullMQ would remember a first connection that failed for ever. */
  override async waitUntilReady(): Promise<void> {}
}

/**
 * The pool as BullMQ uses it. Each of its statements is a transaction of its own, so one that the server gave up to
 * end a deadlock is simply repeated. Errors of idle connections are the store's to report.
 */
function retryingPool(pool: Pool) {
  return {
    options: { keepAlive: true },
    connect: () => pool.connect(),
    async query(text: string, values?: unknown[]) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await pool.query(text, values);
        } catch (error) {
          if (attempt === tries || !isTransient(error)) throw error;
        }
      }
    },
    end: async () => undefined,
    on: () => undefined,
    removeAllListeners: () => undefined,
  };
}
