import type { EventEmitter } from 'node:events';
import type { Redis, RedisOptions } from 'ioredis';
import type { Notification, Pool } from 'pg';

/** The opened store behind `--queue`: the ledger, the queue and the services' state live in it. */
export type Store = RedisStore | PostgresStore;

/** `replyMapping` changes the types of answers; nothing here wants another. */
export type RedisClientOptions = Omit<RedisOptions, 'replyMapping'>;

interface StoreBase {
  /** The URL without its password, for logs. */
  readonly name: string;
  /** Answers whether the store answers. Not bounded by itself: give it a deadline. */
  ping(): Promise<void>;
  /** Never rejects and never takes longer than `deadline` milliseconds. */
  close(deadline: number): Promise<void>;
}

export interface RedisStore extends StoreBase {
  readonly kind: 'redis';
  /** Every key begins with it. */
  readonly prefix: string;
  /** For ordinary commands. It fails at once while there is no connection, and connects again by itself. */
  readonly client: Redis;
  /** A further connection, closed with the store. */
  createClient(options: RedisClientOptions): Redis;
}

export interface PostgresStore extends StoreBase {
  readonly kind: 'postgres';
  /** The database is PGlite inside this process: one session, shared by all connections. */
  readonly embedded: boolean;
  /** Its `search_path` is the schema of the queue; our own tables are always named with their schema. */
  readonly pool: Pool;
  /**
   * For what may be done again: a commit does not wait for the disk, so a server that crashes may forget the last
   * second of it. What was fetched from the queue is such; what was added to it, and the ledger, is not.
   */
  readonly relaxedPool: Pool;
  /**
   * The embedded database hands a notification to whichever connection causes it, which is one of this process: here
   * are those of all connections, as `notification` events. Undefined for a server, where each connection listens.
   */
  readonly notifications?: EventEmitter<{ notification: [Notification] }>;
}

/** Why a store could not be opened. The message names the mend. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** Whether waiting may help: the store is away, not refused. */
  readonly retryable: boolean;

  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.retryable = options.retryable;
  }
}
