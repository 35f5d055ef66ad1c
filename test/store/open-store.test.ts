import { type AddressInfo, createServer, type Server } from 'node:net';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createScript } from '../../src/store/redis-script.ts';
import { findOwnRedis, findPostgres, postgresDatabase, type TestServer } from '../servers.ts';

const redis = findOwnRedis();
const postgres = findPostgres();

function open(url: string, options: { deadline?: number; signal?: AbortSignal } = {}) {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'json' }, { write: (line) => void lines.push(line) });
  return { lines, store: openStore(url, { log, deadline: 5_000, ...options }) };
}

describe('openStore', () => {
  /** Takes connections and never answers. */
  let silentServer: Server;
  let port: number;

  beforeAll(async () => {
    silentServer = createServer();
    await new Promise<void>((resolve) => silentServer.listen(0, '127.0.0.1', resolve));
    port = (silentServer.address() as AddressInfo).port;
  });
  afterAll(() => {
    silentServer.close();
  });

  it('refuses a URL that it cannot read', async () => {
    await expect(open('mysql://db').store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/unknown scheme/),
    });
  });

  it.each(['redis', 'rediss', 'postgres'])(
    'does not hang on a %s server that does not answer',
    async (scheme) => {
      const url = `${scheme}://u:secret@127.0.0.1:${port}/0`;
      const { store, lines } = open(url, { deadline: 300 });
      await expect(store).rejects.toMatchObject({ name: 'StoreError', retryable: true });
      await expect(store).rejects.toThrow(/127\.0\.0\.1/);
      await expect(store).rejects.not.toThrow(/secret/);
      expect(lines.join('')).not.toContain('secret');
    },
  );

  it.each(['redis', 'postgres'])('says that a %s server refuses connections', async (scheme) => {
    await expect(open(`${scheme}://u:secret@127.0.0.1:1/0`).store).rejects.toMatchObject({
      retryable: true,
      message: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  it.each(['redis', 'postgres'])('stops connecting to %s when it is told to', async (scheme) => {
    const abort = new AbortController();
    const { store } = open(`${scheme}://127.0.0.1:${port}/0`, { signal: abort.signal });
    abort.abort(new Error('stopped'));
    await expect(store).rejects.toThrow('stopped');
  });
});

describe.skipIf(redis.skipped !== undefined)('openStore on Redis', () => {
  let server: TestServer;
  let admin: Redis;

  beforeAll(async () => {
    server = await redis.start();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  it('sends what is asked in one turn of the event loop in one write', async () => {
    const store = await open(server.url).store;
    if (store?.kind !== 'redis') throw new Error('no Redis');
    const { client } = store;
    const write = vi.spyOn(client.stream as unknown as { _writev(): void }, '_writev');
    const answers = await Promise.all([client.set('turn', '1'), client.incr('turn'), client.get('turn')]);
    expect(answers).toEqual(['OK', 2, '2']);
    expect(write).toHaveBeenCalledTimes(1);
    expect(await client.del('turn')).toBe(1);
    await store.close(5_000);
  });

  it('refuses one that may drop keys, and says how to change it', async () => {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(open(server.url).store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/maxmemory-policy is allkeys-lru. Set it to noeviction/),
    });
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
  });

  it('refuses the number of a database that there is not', async () => {
    const url = new URL(server.url);
    url.pathname = '/4711';
    await expect(open(url.href).store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/has no database 4711/),
    });
  });

  it('warns of one that keeps nothing over a restart', async () => {
    const kept = open(server.url);
    await (await kept.store).close(1_000);
    expect(kept.lines.join('')).not.toContain('keeps nothing');
    await admin.config('SET', 'appendonly', 'no');
    const { store, lines } = open(server.url);
    await (await store).close(1_000);
    expect(lines.join('')).toContain('Redis keeps nothing over a restart');
    await admin.config('SET', 'appendonly', 'yes');
  });

  it('takes a password from the URL and shows it nowhere', async () => {
    await admin.config('SET', 'requirepass', 's3cr3t/+');
    const url = new URL(server.url);
    url.password = 's3cr3t/+';
    const right = open(url.href);
    await (await right.store).ping();
    await (await right.store).close(1_000);
    url.password = 'wr0ng';
    const wrong = open(url.href);
    await expect(wrong.store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/refuses the login.*Check user and password/),
    });
    expect(right.lines.concat(wrong.lines).join('')).not.toMatch(/s3cr3t|wr0ng/);
    const none = open(server.url);
    await expect(none.store).rejects.toMatchObject({ retryable: false });
    await admin.auth('s3cr3t/+');
    await admin.config('SET', 'requirepass', '');
  });

  it.each([
    ['herald:applications', 'of a development version of Herald, which cannot be brought up to date'],
    ['herald:format', 'of a newer release of Herald (format 99, this release knows 1)'],
  ])('refuses what %s shows to be of another version, with what to do', async (key, what) => {
    await admin.flushall();
    await admin.set(key, '99');
    await expect(open(server.url).store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining(what),
    });
    await expect(open(server.url).store).rejects.toThrow(/or give --queue another database$/);
    await admin.flushall();
    await (await open(server.url).store).close(1_000);
    await (await open(server.url).store).close(1_000);
  });

  it('answers each command with its own answer, whatever becomes of its neighbours', async () => {
    const store = await open(server.url).store;
    if (store.kind !== 'redis') throw new Error('it is Redis');
    const echo = createScript(store.client, 'testEcho', 'return ARGV[#ARGV]');
    const fail = createScript(store.client, 'testFail', 'return redis.error_reply("ERR no")');
    const many = Array.from({ length: 300_000 }, (_, i) => `${i}`);
    const answers = await Promise.allSettled([
      echo(['first']),
      fail(['x']),
      echo([...many, 'last of many']),
      store.client.set('test:key', 'value'),
      fail(many),
      store.client.get('test:key'),
      echo(['last']),
    ]);
    expect(
      answers.map((each) => (each.status === 'fulfilled' ? String(each.value) : String(each.reason))),
    ).toEqual([
      'first',
      expect.stringContaining('ERR no'),
      'last of many',
      'OK',
      expect.stringContaining('ERR no'),
      'value',
      'last',
    ]);
    await store.close(1_000);
  });

  it('refuses a replica for now', async () => {
    await admin.replicaof('127.0.0.1', 1);
    await expect(open(server.url).store).rejects.toMatchObject({
      retryable: true,
      message: expect.stringMatching(/read-only replica/),
    });
    await admin.replicaof('NO', 'ONE');
  });
});

describe.skipIf(postgres.skipped !== undefined)('openStore on PostgreSQL', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await postgres.start();
  });
  afterAll(() => server.stop());

  it('says what is missing', async () => {
    const url = new URL(server.url);
    url.pathname = '/no_such_database';
    await expect(open(url.href).store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/no_such_database.*CREATE DATABASE/),
    });

    const database = await postgresDatabase(server);
    const admin = new Client({ connectionString: database });
    await admin.connect();
    const role = `herald_reader_${process.pid}`;
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    const asReader = new URL(database);
    asReader.username = role;
    asReader.password = 'x';
    await expect(open(asReader.href).store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/GRANT CREATE ON DATABASE/),
    });
    await admin.query(`GRANT CREATE ON DATABASE ${new URL(database).pathname.slice(1)} TO ${role}`);
    await (await open(asReader.href).store).close(5_000);
    await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await admin.end();
  });

  it('brings the tables up to date once, also when several processes start together', async () => {
    const database = await postgresDatabase(server);
    const opened = [open(database), open(database), open(database)];
    const stores = await Promise.all(opened.map(({ store }) => store));
    await Promise.all(stores.map((store) => store.close(5_000)));
    const again = open(database);
    await (await again.store).close(5_000);
    expect(again.lines.join('')).not.toContain('brought up to date');
  });

  it('refuses tables of a release that says older ones cannot use them', async () => {
    const database = await postgresDatabase(server);
    await (await open(database).store).close(5_000);
    const admin = new Client({ connectionString: database });
    await admin.connect();
    await admin.query('INSERT INTO herald.migration (applied, oldest_reader) VALUES (98, 1)');
    await (await open(database).store).close(5_000);
    await admin.query('INSERT INTO herald.migration (applied, oldest_reader) VALUES (99, 99)');
    await admin.end();
    await expect(open(database).store).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/newer release of Herald \(version 99/),
    });
  });

  it('refuses the tables of a development version, with what to do', async () => {
    const database = await postgresDatabase(server);
    const admin = new Client({ connectionString: database });
    await admin.connect();
    await admin.query('CREATE SCHEMA herald; CREATE TABLE herald.version (applied int, oldest_reader int)');
    await expect(open(database).store).rejects.toMatchObject({
      retryable: false,
      message:
        'The tables were made by a development version of Herald and cannot be brought up to date: remove them ' +
        '(DROP SCHEMA herald, herald_queue CASCADE), or give --queue another database',
    });
    await admin.query('DROP SCHEMA herald CASCADE');
    await admin.end();
    await (await open(database).store).close(5_000);
  });
});
