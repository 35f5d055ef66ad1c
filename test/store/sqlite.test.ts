import {
  existsSync,
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
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { createSqliteQueueBackend } from '../../src/delivery/sqlite-queue-backend.ts';
import { createSqliteLedger } from '../../src/ledger/sqlite.ts';
import { openSqlite } from '../../src/store/open-sqlite.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createServiceState } from '../../src/store/service-state.ts';
import type { SqliteStore } from '../../src/store/store.ts';
import { createMembership } from '../../src/store/store-membership.ts';
import { jobJson } from '../../src/testing/job-json.ts';
import { silent } from '../contract/stores.ts';
import { startChild } from './child-process.ts';

const root = mkdtempSync(join(tmpdir(), 'herald-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const open = (directory: string, isGuest = false): SqliteStore =>
  openSqlite({ directory, name: `sqlite:${directory}`, log: silent, isGuest });

/** The message of a directory that is refused for good. */
function refusal(directory: string, isGuest = false): string {
  let refused: unknown;
  try {
    void open(directory, isGuest).close(0);
  } catch (error) {
    refused = error;
  }
  expect(refused).toMatchObject({ name: 'StoreError', retryable: false });
  return (refused as Error).message;
}

const job = jobJson();

const stateOf = (store: SqliteStore) => createServiceState(store);

describe('the directory', () => {
  it('is made, with files that only their owner reads', async () => {
    const directory = join(root, 'deep', 'down');
    const store = open(directory);
    await stateOf(store).set('a', { n: 1 }, 60);
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(mode(directory)).toBe('700');
    const files = readdirSync(directory).filter((name) => name.startsWith('herald.db'));
    expect(new Set(files)).toEqual(new Set(['herald.db', 'herald.db-wal', 'herald.db-shm']));
    expect(files.map((name) => mode(join(directory, name)))).toEqual(['600', '600', '600']);
    await store.close(0);
    const again = open(directory);
    expect(await stateOf(again).get('a')).toEqual({ n: 1 });
    await again.close(0);
  });

  it('waits for the disk before anything durable is acknowledged', async () => {
    const store = open(join(root, 'pragmas'));
    const pragma = (name: string) => Object.values(store.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    const [off, normal, full] = [0, 1, 2];
    expect(pragma('journal_mode')).toBe('wal');
    expect(await store.write(() => pragma('synchronous'))).toBe(full);
    expect(await store.write(() => pragma('synchronous'), 'relaxed')).toBe(normal);
    const together = (['relaxed', 'durable', 'relaxed'] as const).map((durability) =>
      store.write(() => pragma('synchronous'), durability),
    );
    expect(await Promise.all(together)).toEqual([full, full, full]);
    expect(pragma('synchronous')).not.toBe(off);
    await store.close(0);
  });

  it('is not shared with a second process, and is taken over from one that was killed', async () => {
    const directory = join(root, 'shared');
    const child = startChild(`sqlite:${directory}`, 'hold');
    await child.until(1);
    expect(refusal(directory)).toMatch(
      new RegExp(
        `^${directory} is in use by another Herald \\(process ${child.pid}, since [^)]*\\)\\. Stop that one, ` +
          'give --queue another directory, or use redis:// or postgres:// for several processes$',
      ),
    );
    await child.kill();
    const store = open(directory);
    expect(refusal(directory)).toMatch(/is in use by another Herald \(process /);
    await store.close(0);
  });

  it('may be looked into by a guest while a process runs on it, which sees what the guest changes', async () => {
    const directory = join(root, 'guest');
    const store = open(directory);
    await stateOf(store).set('a', { n: 1 }, 60);
    const guest = open(directory, true);
    expect(await stateOf(guest).get('a')).toEqual({ n: 1 });
    await stateOf(guest).set('b', { n: 2 }, 60);
    await guest.close(0);
    expect(await stateOf(store).get('b')).toEqual({ n: 2 });
    await store.ping();
    await store.close(0);
  });

  it('says what is wrong, and how to mend it', () => {
    const file = join(root, 'file');
    writeFileSync(file, 'not a directory');
    expect(refusal(join(file, 'below'))).toMatch(
      /^\S+file\/below cannot be used: ENOTDIR.*Give --queue a directory that this user can write: sqlite:DIRECTORY$/,
    );

    const pglite = join(root, 'pglite');
    mkdirSync(join(pglite, 'postgres'), { recursive: true });
    expect(refusal(pglite)).toMatch(
      /holds the store of a development version.*another directory.*begin anew/,
    );
    expect(existsSync(join(pglite, 'herald.db'))).toBe(false);

    const garbage = join(root, 'garbage');
    mkdirSync(garbage);
    writeFileSync(join(garbage, 'herald.db'), Buffer.alloc(8_192, 'x'));
    expect(refusal(garbage)).toMatch(/is damaged: .*Restore the directory from a backup, or move it away/);

    const others = join(root, 'others');
    mkdirSync(others);
    const other = new DatabaseSync(join(others, 'herald.db'));
    other.exec('PRAGMA user_version = 1; CREATE TABLE t (n)');
    other.close();
    expect(refusal(others)).toMatch(/is not Herald's: give --queue another directory$/);
  });

  it.skipIf(process.getuid?.() !== 0)('that another user owns is refused', () => {
    const directory = join(root, 'owned');
    mkdirSync(directory, { mode: 0o755 });
    process.seteuid?.(65_534);
    try {
      expect(refusal(join(directory, 'below'))).toMatch(/cannot be used: EACCES.*sqlite:DIRECTORY$/);
      expect(refusal(directory)).toMatch(/cannot be (used|written): .*(sqlite:DIRECTORY|and its files)$/);
    } finally {
      process.seteuid?.(0);
    }
  });

  it('of a newer release is refused, and one that a guest would have to change', async () => {
    const newer = join(root, 'newer');
    await open(newer).close(0);
    const db = new DatabaseSync(join(newer, 'herald.db'));
    db.exec('PRAGMA user_version = 99');
    expect(refusal(newer)).toMatch(/made by a newer release of Herald \(version 99 .*: run that release/);
    db.exec('PRAGMA user_version = 0');
    db.close();
    expect(refusal(newer, true)).toMatch(
      /has version 0 of the tables.*start the bridge of this release on it first/,
    );
    expect(refusal(join(root, 'none'), true)).toMatch(/cannot be used: ENOENT/);
  });

  it.each([
    ['is deleted', (directory: string) => rmSync(directory, { recursive: true })],
    ['is moved away', (directory: string) => renameSync(directory, `${directory}.away`)],
    [
      'is replaced',
      (directory: string) => {
        renameSync(directory, `${directory}.away`);
        mkdirSync(directory);
        writeFileSync(join(directory, 'herald.db'), readFileSync(join(`${directory}.away`, 'herald.db')));
      },
    ],
    ['loses its journal', (directory: string) => rmSync(join(directory, 'herald.db-wal'))],
  ])('that %s while Herald runs takes nothing more, and says so', async (what, destroy) => {
    const directory = join(root, what);
    const store = open(directory);
    await stateOf(store).set('a', { n: 1 }, 60);
    expect(store.lost()).toBeUndefined();
    destroy(directory);
    const reason = /were removed or replaced while Herald runs: restart it/;
    expect(store.lost()).toMatch(reason);
    await expect(store.ping()).rejects.toThrow(reason);
    await expect(stateOf(store).set('b', { n: 2 }, 60)).rejects.toThrow(reason);
    await expect(stateOf(store).get('a')).rejects.toThrow(reason);
    await store.close(0);
  });
});

describe('changes', () => {
  it('of one turn of the event loop fail one by one', async () => {
    const store = open(join(root, 'one-by-one'));
    const add = store.prepare("INSERT INTO service_state (key, value, expires_at) VALUES (?, '{}', 0)");
    const all = await Promise.allSettled([
      store.write(() => add.run('a')),
      store.write(() => {
        add.run('half');
        throw new Error('on purpose');
      }),
      store.write(() => add.run('a')),
      store.write(() => add.run('b')),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const keys = store.prepare('SELECT key FROM service_state ORDER BY key').all();
    expect(keys.map(({ key }) => key)).toEqual(['a', 'b']);
    await store.close(0);
  });

  it('fail together when the transaction cannot be kept, and work again later', async () => {
    const store = open(join(root, 'together'));
    const add = store.prepare("INSERT INTO service_state (key, value, expires_at) VALUES (?, '{}', 0)");
    // As a full disk is told: the transaction is gone with the error.
    const full = store.prepare(
      "INSERT OR ROLLBACK INTO service_state (key, value, expires_at) SELECT key, '{}', 0 FROM service_state",
    );
    const all = await Promise.allSettled([
      store.write(() => add.run('a')),
      store.write(() => full.run()),
      store.write(() => add.run('b')),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(store.prepare('SELECT key FROM service_state').all()).toEqual([{ key: 'b' }]);
    await store.close(0);
  });

  it('wait no longer than the store is open', async () => {
    const store = open(join(root, 'closed'));
    const state = stateOf(store);
    const last = state.set('a', { n: 1 }, 60);
    await store.close(0);
    await last;
    await expect(state.set('b', { n: 2 }, 60)).rejects.toThrow(/is closed/);
    await expect(store.ping()).rejects.toThrow(/is closed/);
    await store.close(0);
  });

  it('that are many let others have their turn', async () => {
    const store = open(join(root, 'turns'));
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    });
    const busy = () => {
      const until = performance.now() + 1;
      while (performance.now() < until);
    };
    await Promise.all(Array.from({ length: 100 }, () => store.write(busy)));
    clearInterval(counting);
    expect(turns).toBeGreaterThan(5);
    await store.close(0);
  });
});

it('hands out again at once what was under way when its process ended, and counts that', async () => {
  const directory = join(root, 'under-way');
  const store = open(directory);
  const queue = createSqliteQueueBackend(store, 'deliveries', {});
  await queue.addJob(job, 'a');
  await queue.moveToActive('token');
  expect(await queue.getState('a')).toBe('active');
  await store.close(0);
  const again = open(directory);
  const left = createSqliteQueueBackend(again, 'deliveries', {});
  expect(await left.getJobData('a')).toMatchObject({ stalledCounter: 1 });
  expect((await left.moveToActive('other'))[1]).toBe('a');
  await again.close(0);
});

it('has due what was not put off, though the clock was set back meanwhile', async () => {
  const directory = join(root, 'set-back');
  const store = open(directory);
  const hour = 3_600_000;
  const queue = createSqliteQueueBackend(store, 'deliveries', {});
  await queue.addJobs([
    { job: { ...job, timestamp: Date.now() + hour }, jobId: 'ahead' },
    { job: { ...job, timestamp: Date.now(), delay: hour }, jobId: 'put-off' },
  ]);
  await store.close(0);
  const again = open(directory);
  const left = createSqliteQueueBackend(again, 'deliveries', {});
  expect(await left.getState('ahead')).toBe('waiting');
  expect(await left.getState('put-off')).toBe('delayed');
  await again.close(0);
});

it('reads no table from end to end', async () => {
  const store = open(join(root, 'plans'));
  const asked: string[] = [];
  const watched: SqliteStore = {
    ...store,
    prepare(sql) {
      asked.push(sql);
      return store.prepare(sql);
    },
  };
  createSqliteLedger(watched);
  createServiceState(watched);
  createMembership(watched);
  const queue = createSqliteQueueBackend(watched, 'deliveries', {});
  await queue.getRanges(['waiting', 'delayed', 'active'], 0, 0, true);
  expect(asked.length).toBeGreaterThan(50);
  const plans = asked.flatMap((sql) => store.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
  const scans = plans.map(({ detail }) => detail as string).filter((detail) => detail.startsWith('SCAN'));
  // Of one row, of what was given, and of an index that holds just these.
  const allowed = /^SCAN (lead|json_each .*|(delivery|job) USING (COVERING )?INDEX .*)$/;
  expect(scans.filter((scan) => !allowed.test(scan))).toEqual([]);
  await store.close(0);
});

it('keeps the term across restarts', async () => {
  const directory = join(root, 'terms');
  const terms: number[] = [];
  for (const id of ['a', 'b', 'c']) {
    const store = open(directory);
    terms.push((await createMembership(store).beat({ id, host: 'one' }, 1_000, true)).term);
    await store.close(0);
  }
  expect(terms).toEqual([1, 2, 3]);
});

it('in memory is a store of its own each time, and leaves nothing', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => openStore('memory:', { log: silent })));
  if (one?.kind !== 'sqlite' || other?.kind !== 'sqlite') throw new Error('unreachable');
  await stateOf(one).set('a', { n: 1 }, 60);
  expect(await stateOf(other).get('a')).toBeUndefined();
  expect(one.name).toBe('memory:');
  expect(one.lost()).toBeUndefined();
  await one.ping();
  await Promise.all([one.close(0), other.close(0)]);
});
