import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Pool } from 'pg';
import type { Logger } from '../log.ts';
import { settledWithin } from './deadline.ts';
import { queueSchema } from './migrate.ts';
import { createPool, postgresStore, prepare } from './open-postgres.ts';
import {
  isInitialised,
  type PgliteMessage,
  type PgliteRequest,
  type PgliteWorkerData,
  socketDirectoryPrefix,
  socketName,
} from './pglite-files.ts';
import { type PostgresStore, StoreError } from './store.ts';

export interface OpenPgliteOptions {
  directory: string;
  name: string;
  log: Logger;
  /** Milliseconds for each statement. */
  deadline: number;
  signal?: AbortSignal;
  /** Milliseconds after which a statement that does not end is ended with its thread. */
  patience?: number;
}

/** Making a new database takes seconds on a slow machine; replaying a long log after a crash too. */
const startDeadline = 60_000;

/** Longer paths do not fit into the address of a Unix socket (108 bytes on Linux, 104 on macOS). */
const maxSocketDirectory = 80;

const defaultPatience = 60_000;

/** They share one session: more of them would only wait for each other. */
const connections = 8;

/** On which BullMQ tells of new jobs. */
const queueChannel = 'bullmq_jobs';

/**
 * Nobody else has the directory open, so what is under way belonged to a process that has ended: its locks need not
 * run out first. It counts, so that BullMQ gives up what ends the process again and again.
 */
const releaseJobs = `UPDATE ${queueSchema}.job
  SET state = 'waiting', lock_token = NULL, locked_until_ms = NULL, stalled_count = stalled_count + 1
  WHERE state = 'active' AND stalled_count < 20`;

/** What `threadId` says of a thread that has ended. */
const endedThread = -1;

/** PGlite has neither a checkpointer nor autovacuum: without these its log and its tables grow for ever. */
const upkeep = { checkpointEvery: 60_000, vacuumEvery: 10 * 60_000 };

/** Starts the embedded PostgreSQL in `directory`, which no other process may use at the same time. */
export async function openPglite(options: OpenPgliteOptions): Promise<PostgresStore> {
  const { name, log, signal } = options;
  const socketDirectory = makeSocketDirectory(options.directory);
  const database = createDatabase(options, socketDirectory);
  const notifications: NonNullable<PostgresStore['notifications']> = new EventEmitter();
  const pool = createPool(
    {
      host: socketDirectory,
      user: 'postgres',
      database: 'postgres',
      max: connections,
      onConnect: async (client) => {
        client.on('notification', (message) => notifications.emit('notification', message));
        // Every connection does, so that the session listens again after a crash.
        await client.query(`LISTEN ${queueChannel}`);
      },
    },
    options,
  );
  const timers: NodeJS.Timeout[] = [];
  try {
    await database.start(signal);
    await prepare(pool, { ...options, url: '' });
    await pool.query(releaseJobs);
  } catch (error) {
    void pool.end();
    await database.stop(2_000);
    throw error;
  }
  timers.push(every(upkeep.checkpointEvery, 'CHECKPOINT'), every(upkeep.vacuumEvery, 'VACUUM'));
  log.debug({ store: name }, 'Embedded PostgreSQL opened');
  return postgresStore({
    name,
    pool,
    relaxedPool: pool,
    embedded: true,
    notifications,
    trouble: database.trouble,
    beforeEnd: () => timers.forEach(clearInterval),
    afterEnd: (deadline) => database.stop(deadline),
  });

  function every(milliseconds: number, statement: string): NodeJS.Timeout {
    return setInterval(() => void maintain(pool, statement, log), milliseconds).unref();
  }
}

async function maintain(pool: Pool, statement: string, log: Logger): Promise<void> {
  try {
    await pool.query(statement);
  } catch (error) {
    log.warn({ err: error, statement }, 'Upkeep of the embedded PostgreSQL failed');
  }
}

/** The thread that runs the database. It is started again when it dies, as a server would be. */
function createDatabase(options: OpenPgliteOptions, socketDirectory: string) {
  const { directory, name, log, patience = defaultPatience } = options;
  let worker: Worker | undefined;
  let stopping = false;
  let trouble: string | undefined;

  async function start(signal?: AbortSignal): Promise<void> {
    // What initdb leaves in memory (300 MB) goes with the thread that ran it.
    if (!isInitialised(directory)) await launch('initialise', signal);
    await launch('serve', signal);
  }

  async function launch(task: PgliteWorkerData['task'], signal?: AbortSignal): Promise<void> {
    const data: PgliteWorkerData = { task, directory, socketDirectory, searchPath: queueSchema };
    // Paths in it must not depend on the main thread's execArgv, such as a loader of tests.
    const started = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
      workerData: data,
      execArgv: [],
    });
    worker = started;
    let isReady = false;
    started.on('error', (error) => {
      if (isReady) log.error({ store: name, err: error }, 'Embedded PostgreSQL crashed, restarting');
      trouble = error.message;
    });
    started.once('exit', () => {
      if (isReady && !stopping) void restart();
    });
    const { recovered } = await ready(started, signal);
    if (task === 'initialise') {
      await ended(started);
      return;
    }
    isReady = true;
    trouble = undefined;
    watch(started);
    if (recovered) log.info({ store: name }, 'Embedded PostgreSQL recovered after a crash');
  }

  /** Statements cannot be cancelled inside PGlite: one that never ends, or its code in a loop, ends with the thread. */
  function watch(started: Worker): void {
    let answeredAt = Date.now();
    started.on('message', (message: PgliteMessage) => {
      if (message.type === 'pong') answeredAt = Date.now();
    });
    const timer = setInterval(() => {
      if (Date.now() - answeredAt > patience) {
        log.error({ store: name, patience }, 'Embedded PostgreSQL does not answer, restarting');
        void started.terminate();
      } else started.postMessage('ping' satisfies PgliteRequest);
    }, patience / 6).unref();
    started.once('exit', () => clearInterval(timer));
  }

  function ready(started: Worker, signal?: AbortSignal): Promise<{ recovered: boolean }> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          fail(`The embedded database in ${directory} did not start within ${startDeadline / 1000} s`, true),
        startDeadline,
      );
      const onAbort = () => finish(() => reject(signal?.reason as Error));
      const onMessage = (message: PgliteMessage) => {
        if (message.type === 'ready') finish(() => resolve({ recovered: message.recovered }));
        if (message.type === 'failed') fail(message.reason, message.retryable);
      };
      const onError = (error: Error) =>
        fail(`The embedded database in ${directory} failed: ${error.message}`, false, error);
      const onExit = () => fail(`The embedded database in ${directory} ended while starting`, false);
      started.on('message', onMessage);
      started.once('error', onError);
      started.once('exit', onExit);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();

      function finish(settle: () => void): void {
        clearTimeout(timer);
        started.off('message', onMessage);
        started.off('error', onError);
        started.off('exit', onExit);
        signal?.removeEventListener('abort', onAbort);
        settle();
      }
      function fail(message: string, retryable: boolean, cause?: Error): void {
        finish(() => reject(new StoreError(message, { retryable, ...(cause ? { cause } : {}) })));
      }
    });
  }

  async function restart(): Promise<void> {
    for (let wait = 250; !stopping; wait = Math.min(wait * 2, 30_000)) {
      await delay(wait, undefined, { ref: false });
      if (stopping) return;
      try {
        rmSync(join(socketDirectory, socketName), { force: true });
        await start();
        log.info({ store: name }, 'Embedded PostgreSQL runs again');
        return;
      } catch (error) {
        trouble = (error as Error).message;
        log.error({ store: name, err: error }, 'Embedded PostgreSQL cannot be started again, trying on');
        await worker?.terminate();
      }
    }
  }

  return {
    start,
    trouble: () => trouble,
    async stop(deadline: number): Promise<void> {
      stopping = true;
      const current = worker;
      if (current && current.threadId !== endedThread) {
        current.postMessage('close' satisfies PgliteRequest);
        // What is not closed is recovered at the next start: nothing acknowledged is lost.
        if (!(await settledWithin(ended(current), deadline))) await current.terminate();
      }
      rmSync(socketDirectory, { recursive: true, force: true });
    },
  };
}

function ended(worker: Worker): Promise<void> {
  if (worker.threadId === endedThread) return Promise.resolve();
  return new Promise((resolve) => worker.once('exit', () => resolve()));
}

function makeSocketDirectory(directory: string): string {
  const problems: string[] = [];
  for (const parent of [tmpdir(), '/tmp', '/dev/shm', directory]) {
    if (Buffer.byteLength(parent) > maxSocketDirectory) {
      problems.push(`${parent} is too long`);
      continue;
    }
    try {
      // Mode 0700: nobody else reaches the socket.
      return mkdtempSync(join(parent, socketDirectoryPrefix));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new StoreError(
    `No directory for the socket of the embedded database: ${problems.join('; ')}. Set TMPDIR to a short path that this user can write`,
    { retryable: false },
  );
}
