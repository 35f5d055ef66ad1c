import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { type DirectoryOwner, lockDirectory } from './directory-lock.ts';
import {
  databaseFiles,
  filesVersion,
  type PgliteMessage,
  type PgliteRequest,
  type PgliteWorkerData,
  socketDirectoryPrefix,
  socketName,
} from './pglite-files.ts';
import { shareSession } from './pglite-session.ts';

/*
 * Runs the embedded PostgreSQL in a thread of its own, since a statement occupies its thread until it is done,
 * and serves it on a Unix socket.
 */

const settings = {
  // 16 MB instead of 128 MB saves 200 MB of resident memory and costs nothing measurable: the operating system caches
  // the files as well.
  shared_buffers: '16MB',
  // What the log keeps on the disk; checkpoints are the main thread's to ask for.
  min_wal_size: '32MB',
  max_wal_size: '64MB',
};

const maxConnections = 64;

await run(workerData as PgliteWorkerData);

async function run(data: PgliteWorkerData): Promise<void> {
  const port = parentPort as NonNullable<typeof parentPort>;
  const send = (message: PgliteMessage) => port.postMessage(message);
  const opened = await open(data).catch((error: unknown) => ({ reason: String(error), retryable: false }));
  if ('reason' in opened) {
    send({ type: 'failed', ...opened });
    return;
  }
  if (data.task === 'serve') {
    port.on('message', (request: PgliteRequest) => {
      if (request === 'close') void opened.close().finally(() => port.close());
      else send({ type: 'pong' });
    });
  } else await opened.close();
  send({ type: 'ready', recovered: opened.recovered });
}

interface Opened {
  /** The process before did not close the database. */
  recovered: boolean;
  close(): Promise<void>;
}

async function open(data: PgliteWorkerData): Promise<Opened | { reason: string; retryable: boolean }> {
  const { directory, socketDirectory, searchPath } = data;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    return { reason: fileProblem(directory, error), retryable: isFull(error) };
  }
  const owner: DirectoryOwner = { pid: process.pid, since: new Date().toISOString(), socketDirectory };
  let lock: ReturnType<typeof lockDirectory>;
  try {
    lock = lockDirectory(directory, owner);
  } catch (error) {
    return { reason: fileProblem(directory, error), retryable: isFull(error) };
  }
  if (!lock.ok) {
    const by = lock.owner ? ` (process ${lock.owner.pid}, since ${lock.owner.since})` : '';
    return {
      reason:
        `${directory} is in use by another Herald${by}. Stop that one, give --queue another directory, ` +
        'or use redis:// or postgres:// for several processes',
      // Two processes by mistake: waiting would look like working. A lock ends with the process that held it.
      retryable: false,
    };
  }
  removeLeftSocket(lock.previous, socketDirectory);

  const initialises = data.task === 'initialise';
  const files = initialises ? `${databaseFiles(directory)}.new` : databaseFiles(directory);
  if (initialises) rmSync(files, { recursive: true, force: true });
  const printed: string[] = [];
  try {
    const db = await PGlite.create({
      dataDir: files,
      relaxedDurability: false,
      startParams: [
        ...PGlite.defaultStartParams,
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      onStderr: (line) => {
        printed.push(line);
        if (printed.length > 20) printed.shift();
        return false;
      },
    });
    if (initialises) {
      return {
        recovered: false,
        async close() {
          await db.close();
          // At once, so that a crash leaves either no database or a whole one.
          renameSync(files, databaseFiles(directory));
          lock.release();
        },
      };
    }
    const recovered = printed.some((line) => line.includes('not properly shut down'));
    // The session reads its search_path once; the database's own setting is for tools that open the files.
    await db.exec(`ALTER DATABASE postgres SET search_path = ${searchPath}; SET search_path = ${searchPath}`);
    const server = new PGLiteSocketServer({
      // Ends the thread once the answer has been written; the main thread starts another.
      db: shareSession(db, (error) => setImmediate(() => fail(error))) as PGlite,
      path: join(socketDirectory, socketName),
      maxConnections,
    });
    await server.start();
    return {
      recovered,
      async close() {
        await server.stop();
        await db.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    return { reason: openProblem(files, error, printed), retryable: isFull(error) };
  }
}

function fail(error: unknown): never {
  throw error;
}

function removeLeftSocket(previous: DirectoryOwner | undefined, current: string): void {
  const left = previous?.socketDirectory;
  if (left !== undefined && left !== current && basename(left).startsWith(socketDirectoryPrefix)) {
    rmSync(left, { recursive: true, force: true });
  }
}

function openProblem(files: string, error: unknown, printed: readonly string[]): string {
  if (isFull(error) || printed.some((line) => line.includes('No space left on device'))) {
    return `The disk that holds ${files} is full: free some space`;
  }
  const said = printed.filter((line) => /FATAL|PANIC|ERROR/.test(line)).at(-1);
  const message = said ?? (error instanceof Error ? error.message : String(error));
  const version = filesVersion(files);
  const about = version === undefined ? '' : ` (files of PostgreSQL ${version})`;
  return (
    `The embedded database in ${files}${about} cannot be opened: ${message}. ` +
    'Restore the directory from a backup, or move it away to begin anew, which forgets what was notified'
  );
}

function fileProblem(directory: string, error: unknown): string {
  if (isFull(error)) return `The disk that holds ${directory} is full: free some space`;
  const message = error instanceof Error ? error.message : String(error);
  return `${directory} cannot be used: ${message}. Give --queue a directory that this user can write: pglite:DIRECTORY`;
}

function isFull(error: unknown): boolean {
  const { code, errcode, message } = error as { code?: string; errcode?: number; message?: string };
  return code === 'ENOSPC' || errcode === 13 || /No space left|ENOSPC/.test(message ?? '');
}
