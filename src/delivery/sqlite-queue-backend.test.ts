import type { IQueueBackend } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { openSqlite } from '../store/open-sqlite.ts';
import type { SqliteStore } from '../store/store.ts';
import { jobJson } from '../testing/job-json.ts';
import { createSqliteQueueBackend } from './sqlite-queue-backend.ts';

/* What all backends keep to is in test/contract/queue-backend.ts; here is what only this one does. */

let store: SqliteStore;
let backend: IQueueBackend;

beforeEach(() => {
  const log = createLog({ level: 'silent', format: 'json' });
  store = openSqlite({ directory: undefined, name: 'memory:', log, isGuest: false });
  backend = createSqliteQueueBackend(store, 'deliveries', {});
});
afterEach(() => store.close(0));

describe('what Herald does not use', () => {
  it.each([
    ['has a priority', { priority: 1 }],
    ['has a priority', { opts: { priority: 1 } }],
    ['is to be last in, first out', { opts: { lifo: true } }],
    ['has a parent', { parentKey: 'other:1' }],
    ['has a deduplication key', { deduplicationId: 'key' }],
    ['belongs to a scheduler', { repeatJobKey: 'key' }],
  ] as const)('a job that %s is refused, with all that were added with it', async (what, parts) => {
    const entries = [
      { job: jobJson(), jobId: 'a' },
      { job: jobJson({ id: 'b', ...parts }), jobId: 'b' },
    ];
    await expect(backend.addJobs(entries)).rejects.toThrow(`Job b ${what}, which this store does not do`);
    expect(await backend.getCounts(['waiting'])).toEqual([0]);
  });

  it('a job without an id of its own is refused', async () => {
    await expect(backend.addJob(jobJson(), '')).rejects.toThrow('Job deliver has no id of its own');
  });

  it('a finished job that is to be kept is refused, and stays active', async () => {
    await backend.addJob(jobJson(), 'a');
    await backend.moveToActive('t');
    const keep = { age: 60 };
    const kept = backend.moveToCompleted({ id: 'a' } as never, undefined, keep, 't', false);
    await expect(kept).rejects.toThrow('Job a is to be kept');
    expect(await backend.getState('a')).toBe('active');
  });

  it.each([
    ['pause', () => backend.pause(true)],
    ['addFlow', () => backend.addFlow([])],
    ['obliterate', () => backend.obliterate({ force: true, count: 1 })],
    ['forQueue', () => backend.forQueue('other')],
    ['getMetrics', () => backend.getMetrics('completed')],
  ])('the operation %s is refused by name', async (name, call) => {
    await expect(async () => call()).rejects.toThrow(`does not do what BullMQ calls ${name}`);
  });
});

describe('waiting', () => {
  it('goes on until the earliest job, which may be put off meanwhile', async () => {
    await backend.addJob(jobJson({ delay: 3_600_000 }), 'later');
    const waiting = backend.waitForJob(3_600);
    await backend.addJob(jobJson({ id: 'soon', delay: 50 }), 'soon');
    expect(await waiting).toEqual({ member: 'deliveries', score: 0 });
    expect((await backend.moveToActive('t'))[1]).toBe('soon');
  });

  it('ends with the store', async () => {
    const waiting = backend.waitForJob(3_600);
    await backend.close();
    expect(await waiting).toBeNull();
    expect(await backend.waitForJob(3_600)).toBeNull();
  });
});

it('adds more jobs at a time than fit into one transaction', async () => {
  const entries = Array.from({ length: 2_500 }, (_, n) => ({
    job: jobJson({ id: `j${n}` }),
    jobId: `j${n}`,
  }));
  expect(await backend.addJobs(entries)).toEqual(entries.map(({ jobId }) => jobId));
  expect(await backend.getCounts(['waiting', 'delayed', 'active', 'failed'])).toEqual([2_500, 0, 0, 0]);
});
