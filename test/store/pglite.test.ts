import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBullmqQueue } from '../../src/delivery/bullmq-queue.ts';
import { openPglite } from '../../src/store/open-pglite.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { PostgresStore } from '../../src/store/store.ts';
import { delivery } from '../contract/ledger-fixtures.ts';
import { silent } from '../contract/stores.ts';
import { startChild } from './child-process.ts';

async function open(directory: string, options: { signal?: AbortSignal } = {}): Promise<PostgresStore> {
  const store = await openStore(`pglite:${directory}`, { log: silent, deadline: 30_000, ...options });
  if (store.kind !== 'postgres') throw new Error('unreachable');
  return store;
}

describe('embedded PostgreSQL', () => {
  const root = mkdtempSync(join(tmpdir(), 'herald-test-'));
  /** Made once; each test has its copy. */
  const made = join(root, 'made');

  beforeAll(async () => {
    const store = await open(made);
    await store.close(10_000);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function copy(name: string): string {
    const directory = join(root, name);
    cpSync(made, directory, { recursive: true });
    return directory;
  }

  it('hands out again at once what was under way when its process ended', async () => {
    const directory = copy('under-way');
    const store = await open(directory);
    const queue = createBullmqQueue(store, { log: silent, deadline: 30_000 });
    const begun = Promise.withResolvers<void>();
    queue.work(() => {
      begun.resolve();
      return new Promise(() => undefined);
    });
    await queue.add([delivery('under-way').id]);
    await begun.promise;
    await store.close(10_000);
    await queue.close(1);
    const again = await open(directory);
    const { rows } = await again.pool.query('SELECT state::text FROM job');
    expect(rows).toEqual([{ state: 'waiting' }]);
    await again.close(10_000);
  });

  it('keeps the queries of several connections apart, however large they are', async () => {
    const store = await open(copy('apart'));
    const big = 'x'.repeat(300_000);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        i % 2 === 0
          ? store.pool.query('SELECT $1::int AS n, length($2::text) AS length', [i, big])
          : store.pool.query('SELECT $1::int AS n', [i]),
      ),
    );
    expect(answers.map(({ rows }) => rows[0])).toEqual(
      Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? { n, length: big.length } : { n })),
    );
    await store.close(10_000);
  });

  it('goes on after a statement that fails and a client that leaves in a transaction', async () => {
    const store = await open(copy('fails'));
    await expect(store.pool.query('SELECT $1::int', ['x'])).rejects.toThrow(/invalid input syntax/);
    const client = await store.pool.connect();
    await client.query('BEGIN');
    await client.query('CREATE TABLE herald.left_behind (n int)');
    client.release(new Error('gone'));
    const { rows } = await store.pool.query("SELECT to_regclass('herald.left_behind') AS found");
    expect(rows).toEqual([{ found: null }]);
    await store.close(10_000);
  });

  it('is not shared with a second process, and is taken over from one that was killed', async () => {
    const directory = copy('shared');
    const child = startChild(`pglite:${directory}`, 'hold');
    await child.until(1);
    await expect(open(directory)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(
        new RegExp(
          `^${directory} is in use by another Herald \\(process ${child.pid}, since .*\\)\\. Stop that one`,
        ),
      ),
    });
    await child.kill();
    const store = await open(directory);
    await expect(open(directory)).rejects.toThrow(/is in use by another Herald/);
    await store.close(10_000);
  });

  it('removes the socket that a killed process left', async () => {
    const directory = copy('socket');
    const child = startChild(`pglite:${directory}`, 'hold');
    await child.until(1);
    const { socketDirectory } = JSON.parse(readFileSync(join(directory, 'herald.owner'), 'utf8')) as {
      socketDirectory: string;
    };
    const mode = statSync(socketDirectory).mode & 0o777;
    expect(mode).toBe(0o700);
    await child.kill();
    const store = await open(directory);
    const left = readdirSync(dirname(socketDirectory)).map((name) => join(dirname(socketDirectory), name));
    expect(left).not.toContain(socketDirectory);
    await store.close(10_000);
  });

  it('says what is wrong with a directory', async () => {
    const file = join(root, 'file');
    writeFileSync(file, 'not a directory');
    await expect(open(join(file, 'below'))).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/cannot be used: .*ENOTDIR.*pglite:DIRECTORY$/),
    });

    const empty = copy('corrupt');
    const control = join(empty, 'postgres', 'global', 'pg_control');
    writeFileSync(control, Buffer.alloc(statSync(control).size));
    await expect(open(empty)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/cannot be opened: .*(backup|begin anew)/),
    });

    const older = copy('older');
    writeFileSync(join(older, 'postgres', 'PG_VERSION'), '12\n');
    await expect(open(older)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/files of PostgreSQL 12.*cannot be opened/),
    });
  });

  it('makes a database anew where the first try was interrupted', async () => {
    const directory = join(root, 'interrupted');
    mkdirSync(join(directory, 'postgres.new'), { recursive: true });
    writeFileSync(join(directory, 'postgres.new', 'PG_VERSION'), '18\n');
    const store = await open(directory);
    await expect(store.ping()).resolves.toBeUndefined();
    await store.close(10_000);
  });

  it('stops opening when it is told to', async () => {
    const abort = new AbortController();
    const opening = open(copy('aborted'), { signal: abort.signal });
    abort.abort(new Error('stopped'));
    await expect(opening).rejects.toThrow('stopped');
    const store = await open(join(root, 'aborted'));
    await store.close(10_000);
  });

  it('starts again when the database crashes, with what was acknowledged', async () => {
    const store = await open(copy('crashes'));
    const queue = createBullmqQueue(store, { log: silent });
    const seen = new Map<string, () => void>();
    queue.work(async ({ id }) => {
      seen.get(id)?.();
      return { status: 'done' };
    });
    const worked = (uid: string) => new Promise<void>((resolve) => seen.set(delivery(uid).id, resolve));
    const before = worked('before');
    await queue.add([delivery('before').id]);
    await before;
    // Its log cannot be written: PostgreSQL panics.
    const log = join(root, 'crashes', 'postgres', 'pg_wal');
    renameSync(log, `${log}.away`);
    await store.pool.query('SELECT pg_switch_wal()');
    // Another statement may come upon it first, and then this one finds the connection gone.
    const unwritten = store.pool.query('CREATE TABLE herald.unwritten (n int)');
    await expect(unwritten).rejects.toThrow(/could not create file|terminated|ENOENT|ECONN|EPIPE/);
    renameSync(`${log}.away`, log);
    const after = worked('after');
    for (let added = false; !added; ) {
      added = await queue.add([delivery('after').id]).then(
        () => true,
        () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 50)),
      );
    }
    await after;
    await queue.close(10_000);
    await store.close(10_000);
  });

  it('ends a statement that does not end, and goes on', async () => {
    const directory = copy('endless');
    const store = await openPglite({
      directory,
      name: directory,
      log: silent,
      deadline: 30_000,
      patience: 1_500,
    });
    const endless = store.pool.query('SELECT count(*) FROM generate_series(1, 1000000000)');
    await expect(endless).rejects.toThrow(/terminated/);
    for (;;) {
      const answer = await store.ping().catch(() => 'away');
      if (answer !== 'away') break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await store.close(10_000);
  });
});
