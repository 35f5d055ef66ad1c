import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { freePort } from '../simulator/free-port.ts';
import { onPath } from './tools.ts';

/** A server that tests may use. Databases of others on it are left alone: each test names its own. */
export interface TestServer {
  url: string;
  /** Ours to kill and start again; undefined for a server that was given by its URL. */
  process?: RestartableServer;
  stop(): Promise<void>;
}

export interface RestartableServer {
  kill(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
}

export interface FoundServer {
  /** Undefined where the server can be used. */
  skipped?: string;
  start(): Promise<TestServer>;
}

/**
 * Redis for tests: `HERALD_TEST_REDIS`, which test/global-setup.ts sets to one for all test files where it is not set,
 * else a redis-server or valkey-server of this machine, started on a free port with append-only persistence and removed
 * afterwards, else skipped.
 */
export function findRedis(): FoundServer {
  return found('HERALD_TEST_REDIS', findOwnRedis);
}

/**
 * PostgreSQL for tests: `HERALD_TEST_POSTGRES` (a user that may create databases), which test/global-setup.ts sets where
 * it is not set, else a postgres of this machine, started in a temporary directory, else skipped.
 */
export function findPostgres(): FoundServer {
  return found('HERALD_TEST_POSTGRES', findOwnPostgres);
}

/** Servers that are always ours, for tests that kill them. */
export function findOwnRedis(): FoundServer {
  const command = onPath('redis-server') ?? onPath('valkey-server');
  return command === undefined
    ? missing('no redis-server on this machine')
    : { start: () => startRedis(command) };
}

export function findOwnPostgres(): FoundServer {
  const binaries = postgresBinaries();
  if (binaries === undefined) return missing('no postgres on this machine');
  const account = unprivilegedAccount();
  if (account === undefined) return missing('postgres does not run as root, and there is no user postgres');
  return { start: () => startPostgres(binaries, account) };
}

function found(variable: string, find: () => FoundServer): FoundServer {
  const url = process.env[variable];
  return url ? { start: async () => ({ url, stop: async () => undefined }) } : find();
}

function missing(why: string): FoundServer {
  return { skipped: `skipped: ${why}`, start: () => Promise.reject(new Error(why)) };
}

async function startRedis(command: string): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'herald-redis-'));
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--databases', '64'];
  const persistence = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--save',
    '',
    '--loglevel',
    'warning',
  ];
  const server = restartable(
    () => spawn(command, [...settings, ...persistence], { stdio: 'ignore' }),
    () => redisAnswers(port),
  );
  await server.start();
  return {
    url: `redis://127.0.0.1:${port}`,
    process: server,
    async stop() {
      await server.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Account {
  uid?: number;
  gid?: number;
}

async function startPostgres(binaries: string, account: Account): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'herald-postgres-'));
  if (account.uid !== undefined && account.gid !== undefined) chownSync(directory, account.uid, account.gid);
  const data = join(directory, 'data');
  const initdb = spawnSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
    { ...account, cwd: directory, encoding: 'utf8' },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`);
  const port = await freePort();
  const settings = ['-c', 'max_connections=200', '-c', `unix_socket_directories=${directory}`];
  const server = restartable(
    () =>
      spawn(join(binaries, 'postgres'), ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', ...settings], {
        ...account,
        cwd: directory,
        stdio: 'ignore',
      }),
    () => postgresAnswers(binaries, port),
  );
  await server.start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    process: server,
    async stop() {
      // Immediate shutdown: it ends its children as well.
      await server.kill('SIGQUIT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function restartable(launch: () => ChildProcess, answers: () => Promise<boolean>): RestartableServer {
  let child: ChildProcess | undefined;
  // A test run that is interrupted must not leave servers behind.
  process.on('exit', () => child?.kill('SIGKILL'));
  return {
    async start() {
      const started = launch();
      child = started;
      const ended = new AbortController();
      const failed = new Promise<never>((_, reject) => {
        started.once('error', reject);
        started.once('exit', (code) => reject(new Error(`The server ended at once with code ${code}`)));
      }).finally(() => ended.abort());
      await Promise.race([failed, untilTrue(answers, ended.signal)]);
    },
    async kill(signal) {
      const running = child;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill(signal);
      await ended;
    },
  };
}

async function untilTrue(answers: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await answers())) await delay(50);
}

function redisAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
    socket.once('error', () => finish(false));
    function finish(answer: boolean): void {
      socket.destroy();
      resolve(answer);
    }
  });
}

async function postgresAnswers(binaries: string, port: number): Promise<boolean> {
  const arguments_ = ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'postgres', '-q'];
  return new Promise((resolve) => {
    const child = spawn(join(binaries, 'pg_isready'), arguments_, { stdio: 'ignore' });
    child.once('exit', (code) => resolve(code === 0));
    child.once('error', () => resolve(false));
  });
}

/** Debian keeps them off the PATH, one directory a version. */
function postgresBinaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const debian = versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  return debian ?? onPath('initdb')?.replace(/\/initdb$/, '');
}

/** Whom to run postgres as: nobody else, or for root the user `postgres`. */
function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string) =>
    Number(spawnSync('id', [option, 'postgres'], { encoding: 'utf8' }).stdout || 'x');
  const account = { uid: id('-u'), gid: id('-g') };
  return Number.isInteger(account.uid) && Number.isInteger(account.gid) ? account : undefined;
}

export interface RedisDatabase {
  url: string;
  /** For the next who asks. */
  release(): Promise<void>;
}

/** Seconds after which the database of a test run that was killed is another's. */
const leaseTime = 3_600;

/** An empty database on the server that nobody else uses: which ones are in use is noted in the first. */
export async function redisDatabase(server: TestServer): Promise<RedisDatabase> {
  const leases = new Redis(server.url, { db: 0 });
  const [, count] = (await leases.config('GET', 'databases')) as [string, string];
  const lease = (number: number) => `herald-test:${number}`;
  for (;;) {
    for (let number = 1; number < Number(count); number += 1) {
      if ((await leases.set(lease(number), process.pid, 'EX', leaseTime, 'NX')) === null) continue;
      const database = new Redis(server.url, { db: number });
      await database.flushdb();
      await database.quit();
      const url = new URL(server.url);
      url.pathname = `/${number}`;
      return {
        url: url.href,
        async release() {
          await leases.del(lease(number));
          await leases.quit();
        },
      };
    }
    await delay(200);
  }
}

/** A new, empty database on the server. Removed with it, or left behind on a server that was given. */
export async function postgresDatabase(server: TestServer): Promise<string> {
  const name = `herald_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.href;
}
