import { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { settledWithin, unlessAborted } from './deadline.ts';
import { createScript } from './redis-script.ts';
import { type RedisClientOptions, type RedisStore, StoreError } from './store.ts';

export interface OpenRedisOptions {
  url: string;
  name: string;
  log: Logger;
  /** Milliseconds for the connection and for each command of `client`. */
  deadline: number;
  signal?: AbortSignal;
  clock: Clock;
}

const prefix = 'herald';
const oldestVersion = 7;

/** How keys and values are written: redis-scripts.ts of the ledger lists them. Another number is not understood. */
const format = '1';

/** Answers the format, and whether a development version, which kept none, has left its keys; marks an empty store. */
const formatScript = `
local P, format = ARGV[1], ARGV[2]
local found = redis.call('GET', P .. ':format')
if found then return { found, 0 } end
if redis.call('EXISTS', P .. ':applications', P .. ':uids', P .. ':pending', P .. ':lead') > 0 then return { '', 1 } end
redis.call('SET', P .. ':format', format)
return { format, 0 }
`;

/**
 * Connects to Redis 7 or Valkey and checks that it keeps what it is given: `maxmemory-policy` must be `noeviction`,
 * and where neither append-only files nor snapshots are on, a warning says so.
 */
export async function openRedis(options: OpenRedisOptions): Promise<RedisStore> {
  const { url, name, log, deadline, clock } = options;
  const clients = new Set<Redis>();

  function createClient(options: RedisClientOptions): Redis {
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: deadline,
      keepAlive: 10_000,
      // After a failover the old primary is a replica: find the new one.
      reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
      retryStrategy: (attempt: number) => Math.min(100 * 2 ** Math.min(attempt - 1, 6), 5_000),
      ...options,
    });
    // Without a listener ioredis prints errors itself. They repeat with every try to connect: one line per change.
    let trouble: string | undefined;
    client.on('error', (error: Error) => {
      if (trouble !== error.message)
        log.warn({ store: name, error: error.message }, 'Redis connection failed');
      trouble = error.message;
    });
    client.on('ready', () => {
      if (trouble !== undefined) log.info({ store: name }, 'Redis answers again');
      trouble = undefined;
    });
    gather(client, clock);
    clients.add(client);
    client.once('end', () => clients.delete(client));
    return client;
  }

  const client = createClient({
    commandTimeout: deadline,
    enableOfflineQueue: false,
    // A command whose answer was lost fails, and is repeated by those who know that it may be.
    maxRetriesPerRequest: 0,
  });
  try {
    await connect(client, options);
    await requireDatabase(client, name);
    await inspect(client, name, log);
    await requireFormat(client, name);
  } catch (error) {
    for (const each of clients) each.disconnect();
    throw error;
  }

  return {
    kind: 'redis',
    name,
    clock,
    prefix,
    client,
    createClient,
    ping: async () => void (await client.ping()),
    async close(closeDeadline) {
      const open = [...clients];
      const quits = open.map((each) => each.quit().catch(() => undefined));
      await settledWithin(Promise.all(quits), closeDeadline, clock);
      for (const each of open) each.disconnect();
    },
  };
}

/** What is asked in one turn of the event loop leaves in one write; what ioredis has for this costs more than it saves. */
function gather(client: Redis, clock: Clock): void {
  const send = client.sendCommand.bind(client);
  client.sendCommand = (command, destination) => {
    const { stream } = client as Partial<Pick<Redis, 'stream'>>;
    if (stream && stream.writableCorked === 0) {
      stream.cork();
      void clock.turn().then(() => stream.uncork());
    }
    return send(command, destination);
  };
}

async function connect(client: Redis, options: OpenRedisOptions): Promise<void> {
  const { name, deadline, signal, clock } = options;
  let lastError: Error | undefined;
  const noteError = (error: Error) => {
    lastError = error;
  };
  client.on('error', noteError);
  try {
    signal?.throwIfAborted();
    const connected = client.connect();
    // When the race is lost to the deadline or the signal, the connection's own failure comes later.
    connected.catch(() => undefined);
    const inTime = await unlessAborted(settledWithin(connected, deadline, clock), signal);
    if (!inTime) throw new Error(`no answer within ${deadline / 1000} s`);
    await connected;
  } catch (error) {
    signal?.throwIfAborted();
    // ioredis says that the connection closed before it says why.
    await clock.turn();
    throw connectError(name, lastError ?? (error as Error));
  } finally {
    client.off('error', noteError);
  }
}

/** ioredis goes on in database 0 where the server has none of the number in the URL. */
async function requireDatabase(client: Redis, name: string): Promise<void> {
  const { db = 0 } = client.options;
  if (db === 0) return;
  try {
    await client.select(db);
  } catch (error) {
    if (!/out of range/.test((error as Error).message)) throw connectError(name, error as Error);
    throw new StoreError(
      `Redis at ${name} has no database ${db}: give --queue a number that it has, or none`,
      {
        retryable: false,
        cause: error,
      },
    );
  }
}

function connectError(name: string, error: Error): StoreError {
  const refused = /WRONGPASS|NOAUTH|NOPERM|invalid username-password|DENIED/.test(error.message);
  return refused
    ? new StoreError(
        `Redis at ${name} refuses the login: ${error.message}. Check user and password in --queue`,
        {
          retryable: false,
          cause: error,
        },
      )
    : new StoreError(`Redis at ${name} cannot be reached: ${error.message}`, {
        retryable: true,
        cause: error,
      });
}

async function requireFormat(client: Redis, name: string): Promise<void> {
  const script = createScript(client, 'heraldFormat', formatScript);
  const [found, isDevelopment] = (await script([prefix, format])) as [Buffer, number];
  if (isDevelopment === 1) {
    throw new StoreError(
      `Redis at ${name} holds the data of a development version of Herald, which cannot be brought up to date: ` +
        `remove the keys that begin with "${prefix}:", or give --queue another database`,
      { retryable: false },
    );
  }
  if (found.toString() === format) return;
  throw new StoreError(
    `Redis at ${name} holds the data of a newer release of Herald (format ${found.toString()}, this release knows ` +
      `${format}): run that release, or give --queue another database`,
    { retryable: false },
  );
}

async function inspect(client: Redis, name: string, log: Logger): Promise<void> {
  const info = await sectionsOf(client, name);
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? '';
  if (Number.parseInt(info.get('redis_version') ?? version, 10) < oldestVersion) {
    throw new StoreError(`Redis at ${name} is version ${version}: use Redis ${oldestVersion} or Valkey`, {
      retryable: false,
    });
  }
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw new StoreError(
      `Redis at ${name} may drop notifications: its maxmemory-policy is ${policy}. ` +
        'Set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in its configuration file)',
      { retryable: false },
    );
  }
  if (info.get('role') === 'slave') {
    throw new StoreError(`Redis at ${name} is a read-only replica: give --queue the primary`, {
      retryable: true,
    });
  }
  if (info.get('cluster_enabled') === '1') {
    throw new StoreError(
      `Redis at ${name} runs in cluster mode, which is not supported: use a single primary`,
      {
        retryable: false,
      },
    );
  }
  const appendOnly = info.get('aof_enabled') === '1';
  if (!appendOnly && (await takesNoSnapshots(client))) {
    log.warn(
      { store: name },
      'Redis keeps nothing over a restart: set appendonly yes, or notifications are lost and sent twice',
    );
  }
}

async function sectionsOf(client: Redis, name: string): Promise<Map<string, string>> {
  try {
    const text = await client.info();
    return new Map(
      text
        .split('\r\n')
        .filter((line) => line.includes(':'))
        .map((line): [string, string] => [
          line.slice(0, line.indexOf(':')),
          line.slice(line.indexOf(':') + 1),
        ]),
    );
  } catch (error) {
    throw new StoreError(`Redis at ${name} does not answer INFO: ${(error as Error).message}`, {
      retryable: true,
      cause: error,
    });
  }
}

/** Managed servers forbid CONFIG; there the provider answers for persistence. */
async function takesNoSnapshots(client: Redis): Promise<boolean> {
  try {
    const [, save] = (await client.config('GET', 'save')) as string[];
    return save === '';
  } catch {
    return false;
  }
}
