import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteQueueBackend } from '../../src/delivery/sqlite-queue-backend.ts';
import { createSqliteLedger } from '../../src/ledger/sqlite.ts';
import type { Delivery } from '../../src/model.ts';
import { openSqlite } from '../../src/store/open-sqlite.ts';
import type { SqliteStore } from '../../src/store/store.ts';
import { createMembership } from '../../src/store/store-membership.ts';
import { jobJson } from '../../src/testing/job-json.ts';
import { silent } from '../contract/stores.ts';
import { runs } from '../runs.ts';

/*
 * A power failure leaves on the disk what was waited for, and of everything written since any part: files that end too
 * early, sectors of this write and not of that. Here the files are copied after each change that was acknowledged; the
 * disk after a failure is put together from two copies, and opened.
 */

/** Bytes that a disk writes at once. */
const sector = 512;

const rounds = 60;

/** The database and its journal. */
interface Files {
  db: Buffer;
  wal: Buffer;
}

/** After one change: the files, and a digest of what was in the store. */
interface Moment extends Files {
  content: string;
  /** Its change was acknowledged as being on the disk. */
  isDurable: boolean;
}

describe('a power failure', () => {
  const root = mkdtempSync(join(tmpdir(), 'herald-test-'));
  const moments: Moment[] = [];
  /** Of moments at whose change the journal was copied into the database. */
  let checkpoints: number[] = [];
  let failures = 0;

  beforeAll(async () => {
    moments.push(...(await history(join(root, 'before'))));
    checkpoints = moments.flatMap((moment, index) =>
      index > 0 && !moment.db.equals((moments[index - 1] as Moment).db) ? [index] : [],
    );
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Opens what a failure has left; the last moment up to this one that it is as it was then, -1 for none. */
  function momentIn(files: Files, last: number): number {
    failures += 1;
    const directory = join(root, `after-${failures}`);
    mkdirSync(directory);
    writeFileSync(join(directory, 'herald.db'), files.db);
    writeFileSync(join(directory, 'herald.db-wal'), files.wal);
    const db = new DatabaseSync(join(directory, 'herald.db'));
    const check = db.prepare('PRAGMA integrity_check').get();
    const found = contentOf(db);
    db.close();
    const held = moments.findLastIndex(({ content }, index) => index <= last && content === found);
    void openSqlite({ directory, name: 'after', log: silent, isGuest: false }).close(0);
    rmSync(directory, { recursive: true });
    return check?.['integrity_check'] === 'ok' ? held : -1;
  }

  const momentAt = (index: number) => moments[index] as Moment;

  /** The last moment up to this one that was acknowledged as being on the disk. */
  const acknowledgedAt = (index: number) =>
    moments.findLastIndex(({ isDurable }, at) => at <= index && isDurable);

  const anyMoment = fc.nat().map((n) => n % moments.length);

  it('is tried on a history with what matters', () => {
    expect(moments.length).toBeGreaterThan(rounds * 4);
    expect(checkpoints.length).toBeGreaterThan(2);
    const durable = moments.filter(({ isDurable }) => isDurable).length;
    // All but what becomes of a job in the queue.
    expect(durable).toBe(1 + rounds * 3 + rounds - Math.ceil(rounds / 5));
  });

  it('between two changes loses nothing that was acknowledged', () => {
    for (let index = 0; index < moments.length; index += 13) {
      expect(momentIn(momentAt(index), index)).toBe(index);
    }
  });

  it('in the middle of a change leaves all of it or nothing, wherever its journal ends', () => {
    fc.assert(
      fc.property(anyMoment, fc.double({ min: 0, max: 1, noNaN: true }), (last, part) => {
        const acknowledged = acknowledgedAt(last - 1);
        if (acknowledged < 0) return;
        const [before, after] = [momentAt(acknowledged), momentAt(last)];
        // A journal that begins anew is overwritten from its start, and is the next test's.
        if (!after.db.equals(before.db) || !after.wal.subarray(0, before.wal.length).equals(before.wal))
          return;
        const end = before.wal.length + Math.round(part * (after.wal.length - before.wal.length));
        const left = { db: before.db, wal: after.wal.subarray(0, end) };
        expect(momentIn(left, last)).toBeGreaterThanOrEqual(acknowledged);
      }),
      runs(60),
    );
  });

  it('leaves all of a change or nothing, whichever of its sectors were written', () => {
    fc.assert(
      fc.property(anyMoment, fc.infiniteStream(fc.boolean()), (last, choices) => {
        const acknowledged = acknowledgedAt(last - 1);
        if (acknowledged < 0) return;
        const [before, after] = [momentAt(acknowledged), momentAt(last)];
        if (!after.db.equals(before.db)) return;
        const left = { db: before.db, wal: mix(before.wal, after.wal, choices) };
        expect(momentIn(left, last)).toBeGreaterThanOrEqual(acknowledged);
      }),
      runs(60),
    );
  });

  it('while the journal is copied into the database loses nothing, whichever of its sectors were written', () => {
    fc.assert(
      fc.property(fc.nat(), fc.infiniteStream(fc.boolean()), (n, choices) => {
        const index = checkpoints[n % checkpoints.length] as number;
        const [before, after] = [momentAt(index - 1), momentAt(index)];
        // The journal is on the disk before the first of it is copied.
        const left = { db: mix(before.db, after.db, choices), wal: after.wal };
        expect(momentIn(left, index)).toBe(index);
      }),
      runs(40),
    );
  });
});

/** A file of which each sector that differs was written or not; it is as long as its last sector that was. */
function mix(before: Buffer, after: Buffer, choices: fc.Stream<boolean>): Buffer {
  const mixed = Buffer.alloc(Math.max(before.length, after.length));
  before.copy(mixed);
  let length = before.length;
  for (let start = 0; start < after.length; start += sector) {
    const written = after.subarray(start, start + sector);
    if (written.equals(before.subarray(start, start + sector))) continue;
    if (choices.next().value !== true) continue;
    written.copy(mixed, start);
    length = Math.max(length, start + written.length);
  }
  return mixed.subarray(0, length);
}

/** A digest of everything in the store. */
function contentOf(db: Pick<DatabaseSync, 'prepare'>): string {
  const digest = createHash('sha256');
  for (const { name } of db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()) {
    for (const row of db.prepare(`SELECT * FROM ${name as string} ORDER BY 1, 2`).all()) {
      for (const value of Object.values(row)) {
        digest.update(value instanceof Uint8Array ? value : `${typeof value} ${value}`).update(';');
      }
    }
  }
  return digest.digest('hex');
}

/** What a bridge does with its store, one change after the other. */
async function history(directory: string): Promise<Moment[]> {
  const opened = openSqlite({ directory, name: 'before', log: silent, isGuest: false });
  let isDurable = false;
  const store: SqliteStore = {
    ...opened,
    write(made, durability = 'durable') {
      isDurable = durability === 'durable';
      return opened.write(made, durability);
    },
  };
  const ledger = createSqliteLedger(store);
  const queue = createSqliteQueueBackend(store, 'deliveries', {});
  const moments: Moment[] = [];

  async function change<T>(made: Promise<T>): Promise<T> {
    const answer = await made;
    moments.push({
      db: readFileSync(join(directory, 'herald.db')),
      wal: readFileSync(join(directory, 'herald.db-wal')),
      content: contentOf(store),
      isDurable,
    });
    return answer;
  }

  const { term } = await change(createMembership(store).beat({ id: 'a', host: 'one' }, 1_000, true));
  for (let round = 0; round < rounds; round += 1) {
    const scope = `uid-${round % 7}`;
    const add = [delivery(round, 'a'), delivery(round, 'b')];
    const put = [{ kind: 'told', key: `key-${round}`, value: { since: round } } as const];
    await change(ledger.commit(scope, { term, number: round + 1 }, { put, add }));
    await change(queue.addJobs(add.map(({ id }) => ({ job: jobJson({ id }), jobId: id }))));
    const [, id] = (await change(queue.moveToActive('token'))) as [unknown, string];
    const mark = { since: round, until: round + 1, by: `attempt-${round}` };
    await change(ledger.begin(id, mark));
    if (round % 5 === 0) await change(queue.moveToDelayed(id, Date.now(), 3_600_000, 'token'));
    else {
      const parked = { status: 'rejected', at: round, reason: 'r', error: 'e' } as const;
      await change(ledger.settle(id, round % 4 === 0 ? parked : { status: 'sent', at: round }));
      await change(queue.moveToCompleted({ id } as never, undefined, true, 'token', false));
    }
  }
  await store.close(0);
  return moments;
}

function delivery(round: number, recipient: string): Delivery {
  const id = `${round}`.padStart(6, '0') + (recipient === 'a' ? '0a' : '0b');
  const uid = `uid-${round % 7}`;
  const application = { uid, namespace: 'argocd', name: uid, project: 'default' };
  return {
    id,
    lane: `${uid} ${recipient}`,
    notice: `notice-${id}`,
    reason: 'matched',
    alerts: [{ key: id, trigger: 't', condition: 'c', oncePer: '', application }],
    destination: { service: 'slack', recipient },
    templates: ['t'],
    configNamespace: 'argocd',
    observedAt: round,
    // It does not pack, so that the journal is soon copied.
    snapshots: [{ noise: randomBytes(40_000).toString('base64') }],
  };
}
