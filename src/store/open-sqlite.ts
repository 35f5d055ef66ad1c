import { EventEmitter } from 'node:events';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type DirectoryLock, lockDirectory, ownerOf } from './directory-lock.ts';
import { createGroupCommit } from './group-commit.ts';
import { explainSqlite, isFull, sqliteProblem } from './sqlite-errors.ts';
import { migrateSqlite } from './sqlite-migrate.ts';
import { type SqliteStore, StoreError } from './store.ts';

export interface OpenSqliteOptions {
  /** Undefined for a database in memory, which ends with the process. */
  directory: string | undefined;
  name: string;
  log: Logger;
  /** Another process runs on it, and this one only looks, or makes small changes, as a command does. */
  isGuest: boolean;
  /** @defaultValue systemClock */
  clock?: Clock;
}

/** Milliseconds that a statement waits while another process, such as a command, writes. */
const busyTimeout = 2_000;

const upkeepInterval = 60_000;

/** Pages of 4 KB that the file may shrink by at a time, so that nobody waits for it. */
const vacuumStep = 256;

/**
 * Nobody else works on the store, so what is under way belonged to a process that has ended: its locks need not run out
 * first. It counts, so that BullMQ gives up what ends the process again and again.
 */
const releaseJobs = `UPDATE job SET token = NULL, locked_until = NULL, stalled_since = NULL, stalled = stalled + 1
  WHERE token IS NOT NULL AND stalled < 20`;

/** What was not put off is due, also when the clock has been set back since. */
const dueNow = 'UPDATE job SET due = ? WHERE token IS NULL AND due > ? AND delay = 0';

/** Opens the store in a directory, making what is not there. Throws a StoreError. */
export function openSqlite(options: OpenSqliteOptions): SqliteStore {
  const { directory, name, log, isGuest, clock = systemClock } = options;
  if (directory === undefined)
    return createStore(openDatabase(undefined, isGuest, clock), { name, log, clock });
  const lock = prepareDirectory(directory, isGuest, clock);
  try {
    const store = createStore(openDatabase(directory, isGuest, clock), { name, log, clock, directory, lock });
    log.debug({ store: name }, 'SQLite opened');
    return store;
  } catch (error) {
    lock?.release();
    throw openError(directory, error);
  }
}

/** Makes and locks the directory. */
function prepareDirectory(
  directory: string,
  isGuest: boolean,
  clock: Clock,
): (DirectoryLock & { ok: true }) | undefined {
  let lock: DirectoryLock;
  try {
    if (isGuest) {
      statSync(databaseFile(directory));
      return undefined;
    }
    makeDirectory(directory);
    lock = lockDirectory(directory, { pid: process.pid, since: new Date(clock.now()).toISOString() });
  } catch (error) {
    throw openError(directory, error);
  }
  if (lock.ok) return lock;
  const by = lock.owner ? ` (process ${lock.owner.pid}, since ${lock.owner.since})` : '';
  throw new StoreError(
    `${directory} is in use by another Herald${by}. Stop that one, give --queue another directory, ` +
      'or use redis:// or postgres:// for several processes',
    // Two processes by mistake: waiting would look like working. A lock ends with the process that held it.
    { retryable: false },
  );
}

/**
 * One by one, since Node makes many at a time without an end in /proc, and hides why it cannot elsewhere. Each new entry
 * is on the disk with the directory that holds it, or a power failure would lose what is below.
 */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
  syncDirectory(dirname(directory));
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function databaseFile(directory: string): string {
  return join(directory, 'herald.db');
}

function openDatabase(directory: string | undefined, isGuest: boolean, clock: Clock): DatabaseSync {
  if (directory !== undefined && !isGuest) makeFile(directory);
  const db = new DatabaseSync(directory === undefined ? ':memory:' : databaseFile(directory), {
    timeout: busyTimeout,
  });
  try {
    // The first takes effect in a new database only; the journal's mode stays in the file.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA temp_store = MEMORY');
    const { journal_mode: mode } = db.prepare('PRAGMA journal_mode = WAL').get() as { journal_mode: string };
    if (directory !== undefined && mode !== 'wal') {
      throw new StoreError(
        `The file system of ${directory} cannot hold the store (its journal would be ${mode}): ` +
          'give --queue a directory on a local disk',
        { retryable: false },
      );
    }
    db.exec('PRAGMA journal_size_limit = 16777216; PRAGMA synchronous = FULL');
    migrateSqlite(db, directory ?? 'memory', { isGuest });
    if (!isGuest) {
      const now = clock.now();
      db.exec(releaseJobs);
      db.prepare(dueNow).run(now, now);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLite gives its other files the mode of this one. */
function makeFile(directory: string): void {
  const file = databaseFile(directory);
  if (existsSync(file)) return;
  if (existsSync(join(directory, 'postgres'))) {
    throw new StoreError(
      `${directory} holds the store of a development version, which this release does not read: ` +
        'give --queue another directory, or move this one away to begin anew, which forgets what was notified',
      { retryable: false },
    );
  }
  closeSync(openSync(file, 'wx', 0o600));
  syncDirectory(directory);
}

function openError(directory: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message } = error as Error;
  const known = sqliteProblem(error, directory) ?? unwritable(directory);
  const what =
    known ??
    `${directory} cannot be used: ${message}. Give --queue a directory that this user can write: sqlite:DIRECTORY`;
  return new StoreError(what, { retryable: isFull(error, directory), cause: error });
}

/** SQLite does not say why it cannot open a file. */
function unwritable(directory: string): string | undefined {
  try {
    accessSync(directory, constants.W_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EROFS') {
      return `${directory} is on a file system that is read-only. Give --queue a directory that can be written: sqlite:DIRECTORY`;
    }
    return code === 'ENOENT'
      ? undefined
      : `${directory} cannot be used: ${message}. Give --queue a directory that this user can write: sqlite:DIRECTORY`;
  }
}

function createStore(
  db: DatabaseSync,
  context: {
    name: string;
    log: Logger;
    clock: Clock;
    directory?: string;
    lock?: { release(): void } | undefined;
  },
): SqliteStore {
  const { name, log, clock, directory, lock } = context;
  const jobs: SqliteStore['jobs'] = new EventEmitter();
  jobs.setMaxListeners(0);
  const files = directory === undefined ? [] : [databaseFile(directory), `${databaseFile(directory)}-wal`];
  const opened = files.map(identity);
  let isClosed = false;
  let damage: string | undefined;

  function lost(): string | undefined {
    if (damage === undefined && files.some((file, index) => identity(file) !== opened[index])) {
      damage =
        `The files of the store in ${directory} were removed or replaced while Herald runs: ` +
        'restart it, which begins with what is there now';
      log.error(
        { store: name, directory },
        'The files of the store were removed or replaced: restart Herald',
      );
    }
    return damage;
  }

  function check(): void {
    if (isClosed) throw new StoreError(`The store ${name} is closed`, { retryable: false });
    const reason = lost();
    if (reason !== undefined) throw new StoreError(reason, { retryable: false });
  }

  function explain(error: unknown): unknown {
    const explained = explainSqlite(error, directory ?? name);
    if (explained.isDamage) damage ??= explained.message;
    return explained.error;
  }

  const write = createGroupCommit(db, { check, explain, clock });
  const forgetExpired = db.prepare(
    'DELETE FROM service_state WHERE key IN (SELECT key FROM service_state WHERE expires_at < ? LIMIT 500)',
  );
  function keepUp(): void {
    cancelUpkeep = clock.after(upkeepInterval, keepUp);
    write(() => {
      forgetExpired.run(clock.now());
      db.exec(`PRAGMA incremental_vacuum(${vacuumStep})`);
    }, 'relaxed').catch((error: Error) => {
      log.warn({ store: name, error: error.message }, 'Upkeep of the store failed');
    });
  }
  let cancelUpkeep = clock.after(upkeepInterval, keepUp);

  return {
    kind: 'sqlite',
    name,
    clock,
    jobs,
    prepare: (sql) => db.prepare(sql),
    async read(query) {
      check();
      try {
        return query();
      } catch (error) {
        throw explain(error);
      }
    },
    write: (change, durability = 'durable') => write(change, durability),
    lost,
    ...(directory === undefined ? {} : { owner: () => ownerOf(directory) }),
    async ping() {
      check();
      db.prepare('SELECT term FROM lead').get();
    },
    async close() {
      if (isClosed) return;
      cancelUpkeep();
      write.flush();
      isClosed = true;
      db.close();
      lock?.release();
    },
  };
}

/** What a path names, and another file of the same name does not have; undefined when it names nothing. */
function identity(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
