import { type IQueueBackend, type Job, type JobsOptions, Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { queueBackends } from '../../src/delivery/queue-backend.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { openForTest, type StoreUnderTest, silent } from './stores.ts';

const hour = 3_600_000;

type AnyQueue = Queue<{ n?: number }, void, string, { n?: number }, void, string, IQueueBackend>;

/** The job is not there, or not in the state that is asked for; backends differ in what they say of one that is gone. */
const isRefusal = (code: number) => code === -1 || code === -3;

/** As a worker has it. */
const options = { lockDuration: 60_000, stalledInterval: 1, maxStalledCount: 1 };

/**
 * What BullMQ's interface documents of the operations that Herald uses. BullMQ's own backends pass it as well, so that
 * it says what is, and not what we believe.
 */
export function queueBackendContract(underTest: StoreUnderTest): void {
  describe.skipIf(underTest.skipped !== undefined)(`BullMQ's backend on ${underTest.name}`, () => {
    const isOwn = underTest.name === 'sqlite';
    let prepared: Awaited<ReturnType<StoreUnderTest['prepare']>> | undefined;
    let shared: Store | undefined;
    const opened: { queue: AnyQueue; worker: IQueueBackend; store: Store }[] = [];
    let queues = 0;

    beforeAll(async () => {
      if (isOwn) return;
      prepared = await underTest.prepare();
      shared = await openForTest(prepared.url);
    });
    afterAll(async () => {
      await shared?.close(5_000);
      await prepared?.remove();
    });
    afterEach(async () => {
      for (const { queue, worker, store } of opened.splice(0)) {
        await worker.disconnectBlocking();
        await worker.close();
        await queue.close();
        if (store !== shared) await store.close(1_000);
      }
    });

    /** A queue of its own, and a worker's backend for it. */
    async function open(changed: Partial<typeof options> = {}) {
      const store = shared ?? (await openStore('memory:', { log: silent }));
      const backends = queueBackends(store, 10_000);
      queues += 1;
      const name = `contract-${process.pid}-${queues}`;
      const opts = { prefix: backends.prefix, ...options, ...changed };
      const { producer } = backends;
      const queue = new Queue(
        name,
        { ...opts, connection: producer.connection as never },
        producer.factory as never,
      ) as unknown as AnyQueue;
      const working = backends.worker();
      const worker = working.factory(
        name,
        { ...opts, connection: working.connection },
        { withBlockingConnection: true },
      );
      await queue.waitUntilReady();
      await worker.waitUntilReady();
      opened.push({ queue, worker, store });
      return { queue, worker };
    }

    function add(queue: AnyQueue, ids: string[], opts: JobsOptions = {}) {
      return queue.addBulk(
        ids.map((id, n) => ({
          name: 'job',
          data: { n },
          opts: { jobId: id, attempts: 5, removeOnComplete: true, removeOnFail: true, ...opts },
        })),
      );
    }

    const fetched = async (worker: IQueueBackend, token: string) =>
      (await worker.moveToActive(token))[1] as string;
    const jobOf = async (queue: AnyQueue, id: string) => (await queue.getJob(id)) as Job;

    it('answers what was added, in order, and adds an id once', async () => {
      const { queue } = await open();
      const jobs = await add(queue, ['a', 'b', 'a']);
      expect(jobs.map(({ id }) => id)).toEqual(['a', 'b', 'a']);
      await add(queue, ['b']);
      expect(await queue.getJobCounts('waiting', 'delayed', 'active')).toEqual({
        waiting: 2,
        delayed: 0,
        active: 0,
      });
      expect((await jobOf(queue, 'a')).data).toEqual({ n: 0 });
      expect(await queue.getJob('c')).toBeUndefined();
    });

    it('hands out what waits in order, then says when more is due', async () => {
      const { queue, worker } = await open();
      const before = Date.now();
      await add(queue, ['a', 'b', 'c']);
      await add(queue, ['later'], { delay: hour });
      expect(await fetched(worker, 't1')).toBe('a');
      expect(await fetched(worker, 't2')).toBe('b');
      const [json, id, limited] = await worker.moveToActive('t3');
      expect([id, limited]).toEqual(['c', 0]);
      expect(json).toMatchObject({ name: 'job', data: '{"n":2}', attemptsMade: 0, attemptsStarted: 1 });
      const [none, , , next] = (await worker.moveToActive('t4')) as [unknown, string, number, number];
      expect(none ?? null).toBeNull();
      expect(next).toBeGreaterThanOrEqual(before + hour);
      expect(next).toBeLessThanOrEqual(Date.now() + hour);
    });

    it('tells the state of each job', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a', 'b']);
      await add(queue, ['c'], { delay: hour });
      await worker.moveToActive('t');
      const states = await Promise.all(['a', 'b', 'c', 'd'].map((id) => queue.getJobState(id)));
      expect(states).toEqual(['active', 'waiting', 'delayed', 'unknown']);
    });

    it('lists jobs by state, from either end', async () => {
      const { queue } = await open();
      await add(queue, ['a', 'b', 'c']);
      for (const [index, id] of ['x', 'y', 'z'].entries())
        await add(queue, [id], { delay: hour + index * 1_000 });
      const ids = async (...asked: Parameters<typeof queue.getJobs>) =>
        (await queue.getJobs(...asked)).map(({ id }) => id);
      expect(await ids('delayed', 0, 0, true)).toEqual(['x']);
      expect(await ids('delayed', 0, 1, false)).toEqual(['z', 'y']);
      expect(await ids('delayed', 1, -1, true)).toEqual(['y', 'z']);
      expect(await ids('waiting', 0, -1, true)).toEqual(['a', 'b', 'c']);
      expect(await ids('waiting', 0, -1, false)).toEqual(['c', 'b', 'a']);
    });

    it('forgets a job that is completed, and may hand out the next with it', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a', 'b']);
      await worker.moveToActive('t');
      const { result } = await worker.moveToCompleted(await jobOf(queue, 'a'), undefined, true, 't', true);
      const next = result as unknown[] | undefined;
      expect(next?.[1] ?? (await fetched(worker, 't'))).toBe('b');
      await worker.moveToCompleted(await jobOf(queue, 'b'), undefined, true, 't', false);
      expect(await queue.getJobCounts('waiting', 'delayed', 'active')).toEqual({
        waiting: 0,
        delayed: 0,
        active: 0,
      });
      expect(await queue.getJobState('a')).toBe('unknown');
    });

    it('forgets a job that has failed for good', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a']);
      await worker.moveToActive('t');
      await worker.moveToFailed(await jobOf(queue, 'a'), 'why', true, 't', false);
      expect(await queue.getJobState('a')).toBe('unknown');
    });

    it('lets only who holds a job finish it, put it off or renew its lock', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a', 'b']);
      await worker.moveToActive('t');
      const [a, b] = [await jobOf(queue, 'a'), await jobOf(queue, 'b')];
      const finish = (job: Job, token: string) => worker.moveToCompleted(job, undefined, true, token, false);
      await expect(finish(a, 'other')).rejects.toMatchObject({ code: -6 });
      await expect(worker.moveToDelayed('a', Date.now(), 1, 'other')).rejects.toMatchObject({ code: -6 });
      expect(await worker.extendLock('a', 'other', 1_000)).toBe(0);
      expect(await worker.extendLock('a', 't', 1_000)).toBe(1);
      expect(await worker.extendLocks(['a', 'b', 'c'], ['t', 't', 't'], 1_000)).toEqual(['b', 'c']);
      await expect(finish(b, 't')).rejects.toThrow(/job b\b/i);
      await finish(a, 't');
      await expect(finish(a, 't')).rejects.toMatchObject({ code: -1 });
      expect(await queue.getJobState('b')).toBe('waiting');
    });

    it('puts a job off, with or without counting the attempt', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a']);
      await worker.moveToActive('t');
      await worker.moveToDelayed('a', Date.now(), hour, 't', { skipAttempt: true });
      expect(await queue.getJobState('a')).toBe('delayed');
      expect((await jobOf(queue, 'a')).attemptsMade).toBe(0);
      await queue.promoteJobs();
      await worker.moveToActive('t');
      await worker.moveToDelayed('a', Date.now(), hour, 't', {
        fieldsToUpdate: { failedReason: 'why', stacktrace: '["line"]' },
      });
      expect(await jobOf(queue, 'a')).toMatchObject({
        attemptsMade: 1,
        failedReason: 'why',
        stacktrace: ['line'],
      });
    });

    it('hands a job out again that is retried at once', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a']);
      await worker.moveToActive('t');
      await worker.retryJob('a', false, 't');
      const [json, id] = await worker.moveToActive('t');
      expect(id).toBe('a');
      expect(json).toMatchObject({ attemptsMade: 1, attemptsStarted: 2 });
    });

    it('makes due what is delayed', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a', 'b', 'c'], { delay: hour });
      await queue.promoteJobs({ count: 2 });
      expect(await queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 3, delayed: 0 });
      const ids = [await fetched(worker, '1'), await fetched(worker, '2'), await fetched(worker, '3')];
      expect(ids.toSorted()).toEqual(['a', 'b', 'c']);
    });

    it('makes due one that is delayed, and refuses others', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a', 'b'], { delay: hour });
      await worker.promote('b');
      expect(await queue.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 1, delayed: 1 });
      await expect(worker.promote('b')).rejects.toMatchObject({ code: -3 });
      await expect(worker.promote('c')).rejects.toMatchObject({ code: expect.toSatisfy(isRefusal) });
      expect(await fetched(worker, 't')).toBe('b');
      await expect(worker.promote('b')).rejects.toMatchObject({ code: -3 });
    });

    it('changes the data of a job that is there', async () => {
      const { queue } = await open();
      await add(queue, ['a']);
      const job = await jobOf(queue, 'a');
      await job.updateData({ n: 7 });
      expect((await jobOf(queue, 'a')).data).toEqual({ n: 7 });
      await queue.remove('a');
      await expect(job.updateData({ n: 8 })).rejects.toMatchObject({ code: -1 });
    });

    it('removes what nobody holds', async () => {
      const { queue, worker } = await open();
      await add(queue, ['a', 'b']);
      await worker.moveToActive('t');
      expect(await queue.remove('a')).toBe(0);
      expect(await queue.remove('b')).toBe(1);
      expect(await queue.remove('c')).toBe(underTest.name === 'redis' ? 1 : 0);
      expect(await queue.getJobState('a')).toBe('active');
    });

    it('hands out again what nobody renews, and gives it up after too often', async () => {
      const { queue, worker } = await open({ lockDuration: 1 });
      await add(queue, ['a', 'b']);
      await worker.moveToActive('t');
      const stalled = async () => {
        const found: string[] = [];
        while (found.length === 0) {
          found.push(...(await worker.moveStalledJobsToWait()));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return found;
      };
      expect(await stalled()).toEqual(['a']);
      expect(await queue.getJobState('a')).toBe('waiting');
      const kept = await jobOf(queue, 'a');
      expect(kept).toMatchObject({ stalledCounter: 1 });
      expect(kept.deferredFailure).toBeUndefined();
      // Both are waiting now, and either may come first.
      await worker.moveToActive('t');
      await worker.moveToActive('t');
      const again = new Set<string>();
      while (!again.has('a')) for (const id of await stalled()) again.add(id);
      expect((await jobOf(queue, 'a')).deferredFailure).toMatch(/stalled more than allowable limit/);
    });

    it('takes nothing from who renews', async () => {
      const { queue, worker } = await open({ lockDuration: 60_000 });
      await add(queue, ['a']);
      await worker.moveToActive('t');
      for (let pass = 0; pass < 3; pass += 1) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(await worker.moveStalledJobsToWait()).toEqual([]);
      }
      expect(await queue.getJobState('a')).toBe('active');
    });

    it('ends a wait when a job is added', async () => {
      const { queue, worker } = await open();
      const waiting = worker.waitForJob(600);
      await add(queue, ['a']);
      const { score } = (await waiting) ?? { score: 0 };
      expect(score).toBeLessThanOrEqual(Date.now());
      expect(await fetched(worker, 't')).toBe('a');
    });

    it('ends a wait when a delayed job is due', async () => {
      const { queue, worker } = await open();
      const due = Date.now() + 100;
      await add(queue, ['a'], { delay: 100 });
      for (;;) {
        const [json, , , next] = (await worker.moveToActive('t')) as [unknown, string, number, number];
        if (json) break;
        await worker.waitForJob(Math.max(0.01, (next - Date.now()) / 1_000));
      }
      expect(Date.now()).toBeGreaterThanOrEqual(due);
    });

    it('ends a wait when its time is over, and when it is interrupted', async () => {
      const { worker } = await open();
      expect(await worker.waitForJob(0.05)).toBeNull();
      const waiting = worker.waitForJob(600);
      await worker.disconnectBlocking();
      // Some say so by rejecting.
      await waiting.catch(() => undefined);
      await worker.reconnectBlocking();
      expect(await worker.waitForJob(0.05)).toBeNull();
    });
  });
}
