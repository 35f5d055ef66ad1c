/**
 * The store behind `--queue`, on SQLite, Redis or PostgreSQL: connections, time limits, and which replica leads. A
 * part of the ground: it may import only others of it.
 */
import type { EventEmitter } from 'node:events';
import type { StatementSync } from 'node:sqlite';
import type { Redis, RedisOptions } from 'ioredis';
import type { Pool } from 'pg';
import type { Clock } from '../clock.ts';
import type { DirectoryOwner } from './directory-lock.ts';
import type { Durability } from './group-commit.ts';

/** The opened store behind `--queue`: the ledger, the queue and the services' state live in it. */
export type Store = SqliteStore | RedisStore | PostgresStore;

/** `replyMapping` changes the types of answers; nothing here wants another. */
export type RedisClientOptions = Omit<RedisOptions, 'replyMapping'>;

interface StoreBase {
  /** The URL without its password, for logs. */
  readonly name: string;
  /** By which everything on the store goes: deadlines, and in SQLite what is due and what has run out. */
  readonly clock: Clock;
  /** Answers whether the store answers. Not bounded by itself: give it a deadline. */
  ping(): Promise<void>;
  /** Why it will not answer again before this process is restarted; undefined where that would not help. */
  lost?(): string | undefined;
  /** Never rejects and never takes longer than `deadline` milliseconds. */
  close(deadline: number): Promise<void>;
}

/** A database inside this process: a statement is done when its call returns, and nothing waits meanwhile. */
export interface SqliteStore extends StoreBase {
  readonly kind: 'sqlite';
  /** The process that has the directory open; undefined: none has. Absent: there is no directory. */
  owner?(): DirectoryOwner | undefined;
  lost(): string | undefined;
  /** For use inside of `read` and `write`, again and again. */
  prepare(sql: string): StatementSync;
  /** Runs at once. What may be long reads in pages, since the event loop stands still meanwhile. */
  read<Answer>(query: () => Answer): Promise<Answer>;
  /**
   * Makes a change as one unit, together with others of the same turn of the event loop, see {@link Durability};
   * `durable` unless given. Where `change` throws nothing of it is written.
   */
  write<Answer>(change: () => Answer, durability?: Durability): Promise<Answer>;
  /** `due`: jobs were added, or may be fetched earlier than before. */
  readonly jobs: EventEmitter<{ due: [] }>;
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
  /** Its `search_path` is the schema of the queue; our own tables are always named with their schema. */
  readonly pool: Pool;
  /**
   * For what may be done again: a commit does not wait for the disk, so a server that crashes may forget the last
   * second of it. What was fetched from the queue is such; what was added to it, and the ledger, is not.
   */
  readonly relaxedPool: Pool;
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
