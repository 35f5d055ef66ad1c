import { DelayedError, type IQueueBackend, type Job, type JobProgress, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { settledWithin, withDeadline } from '../store/deadline.ts';
import type { Store } from '../store/store.ts';
import { type AtHand, createAtHand } from './at-hand.ts';
import { backoffDelay } from './backoff.ts';
import { deliveryIdOf, type JobData, jobIdOf } from './job-data.ts';
import { createPunctual } from './punctual.ts';
import type { DeliveryProcessor, DeliveryQueue, JobResult, Later } from './queue.ts';
import { type JobQueue, queueBackends, queueName } from './queue-backend.ts';
import { createErrorReporter, isRefusal } from './queue-errors.ts';

export interface BullmqQueueOptions {
  log: Logger;
  /** Deliveries under way at the same time. */
  concurrency?: number;
  /** Milliseconds for each call. */
  deadline?: number;
  /** @defaultValue that of the store */
  clock?: Clock;
}

type DeliveryJob = Job<JobData, void, string>;

const jobName = 'deliver';
const addBatch = 500;
const askAtOnce = 200;

const heldStates: ReadonlySet<string> = new Set(['waiting', 'delayed', 'active']);

/**
 * A process that dies holds its jobs until their locks end; another takes them over with the next check. The locks
 * are renewed at half their time: they end early only when the event loop stands still for so long.
 */
const recovery = { lockDuration: 6_000, stalledInterval: 1_500 };

/**
 * BullMQ itself never gives a job up: how often and how long is the processor's to say. A job that ends the process
 * again and again is given up after this many times; its intent stays in the ledger.
 */
const retries = { attempts: 1_000_000, maxStalledCount: 25 };

/** Of the time to close, the part in which active jobs may finish; then they are told to stop. */
const gracefulPart = 0.8;

/** The queue on BullMQ, for every store: what differs between them is in queue-backend.ts. */
export function createBullmqQueue(store: Store, options: BullmqQueueOptions): DeliveryQueue {
  const { log, concurrency = 50, deadline = 10_000, clock = store.clock } = options;
  const { now } = clock;
  const backends = queueBackends(store, deadline);
  const common = { prefix: backends.prefix };
  const queue: JobQueue = new Queue(
    queueName,
    {
      ...common,
      connection: backends.producer.connection,
      // Nobody reads the events, and each takes memory.
      streams: { events: { maxLen: 100 } },
      defaultJobOptions: {
        attempts: retries.attempts,
        backoff: { type: 'custom' },
        removeOnComplete: true,
        removeOnFail: true,
      },
    },
    backends.producer.factory,
  );
  const reportError = createErrorReporter(log, now);
  queue.on('error', reportError);
  const stopping = new AbortController();
  const active = new Map<string, Promise<JobResult>>();
  /** Jobs that this worker has, by their ids: resolves when it has given them back, or is done with them. */
  const held = new Map<string, Promise<void>>();
  let closed: Promise<void> | undefined;
  let atHand: AtHand | undefined;
  let worker: Worker<JobData, void, string, IQueueBackend, JobProgress, Redis | Pool> | undefined;

  /**
   * Redis ends the wait of a worker up to 100 ms after its time. SQLite is in this process, and on PostgreSQL BullMQ's
   * promotion of a job that its worker takes at the same time hands it out twice.
   */
  const punctual = store.kind === 'redis' ? createPunctual({ clock, wake }) : undefined;

  async function wake(id: string): Promise<boolean> {
    const job = jobIdOf(id);
    await held.get(job);
    try {
      await bounded('Waking a job', () => queue.backend.promote(job));
      return true;
    } catch (error) {
      // A job that is not put off has an error of its own.
      if (isRefusal((error as Error).cause)) return false;
      throw error;
    }
  }

  async function bounded<T>(what: string, run: () => Promise<T>): Promise<T> {
    const trouble = backends.trouble();
    if (trouble !== undefined) throw new Error(`${what} failed: ${trouble}`);
    try {
      return await withDeadline(run(), deadline, what, clock);
    } catch (error) {
      throw new Error(`${what} failed: ${(error as Error).message}`, { cause: error });
    }
  }

  async function perform(
    process: DeliveryProcessor,
    job: DeliveryJob,
    token: string | undefined,
  ): Promise<void> {
    const id = deliveryIdOf(job.id ?? '');
    const result = await resultOf(process, id, job.data);
    if (result.status === 'done') return;
    await job.updateData(putOff(job.data, result));
    await job.moveToDelayed(Math.max(result.at, now() + 1), token);
    punctual?.note(id, result.at);
    throw new DelayedError();
  }

  /** The same of a delivery that has no job: it is given one where it is put off. */
  async function performAtHand(process: DeliveryProcessor, id: string): Promise<void> {
    const fresh: JobData = { failures: 0, dueAt: now(), waited: false };
    const result = await resultOf(process, id, fresh);
    if (result.status === 'done') return;
    try {
      const timestamp = now();
      const opts = { jobId: jobIdOf(id), timestamp, delay: Math.max(result.at - timestamp, 1) };
      await bounded('Adding to the queue', () => queue.add(jobName, putOff(fresh, result), opts));
      punctual?.note(id, result.at);
    } catch (error) {
      log.warn({ delivery: id, err: error }, 'Could not queue what is put off: the sweeper will');
    }
  }

  /** Settles as `performed` does. */
  async function hold(id: string, performed: Promise<void>): Promise<void> {
    const over = performed.catch(() => undefined);
    held.set(id, over);
    try {
      await performed;
    } finally {
      if (held.get(id) === over) held.delete(id);
    }
  }

  /** A job whose lock was lost may be handed out while it still runs here: it then has the same result. */
  async function resultOf(process: DeliveryProcessor, id: string, data: JobData): Promise<JobResult> {
    const underWay = active.get(id);
    if (underWay) return underWay;
    const running = run(process, id, data);
    active.set(id, running);
    try {
      return await running;
    } finally {
      active.delete(id);
    }
  }

  async function run(
    process: DeliveryProcessor,
    id: string,
    { failures, waited }: JobData,
  ): Promise<JobResult> {
    const attempt = failures + 1;
    try {
      return await process({ id, attempt, waited, signal: stopping.signal });
    } catch (error) {
      const wait = backoffDelay(attempt);
      log.warn({ delivery: id, err: error, attempt, wait }, 'Delivery failed unexpectedly, will retry');
      return { status: 'later', at: now() + wait, counts: true };
    }
  }

  /** What was not begun is for others, at once; what is put off is given a job. */
  async function leaveAtHand(): Promise<void> {
    const left = atHand?.stop() ?? [];
    try {
      await add(left);
    } catch (error) {
      log.warn(
        { deliveries: left.length, err: error },
        'Could not queue what was at hand: the next sweep will',
      );
    }
    await atHand?.idle();
  }

  async function add(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += addBatch) {
      const data: JobData = { failures: 0, dueAt: now(), waited: false };
      const jobs = ids
        .slice(start, start + addBatch)
        .map((id) => ({ name: jobName, data, opts: { jobId: jobIdOf(id) } }));
      await bounded('Adding to the queue', () => queue.addBulk(jobs));
    }
  }

  async function close(closeDeadline: number): Promise<void> {
    const until = clock.monotonic() + closeDeadline;
    const closing = Promise.all([worker?.close(), leaveAtHand().finally(() => queue.close())]);
    closing.catch(() => undefined);
    const inTime = await settledWithin(closing, closeDeadline * gracefulPart, clock);
    stopping.abort();
    punctual?.stop();
    if (!inTime) await settledWithin(closing, until - clock.monotonic(), clock);
    backends.abandon();
  }

  return {
    add,
    async handOver(ids) {
      const isHeld = (id: string) => held.has(jobIdOf(id)) && !atHand?.has(id);
      const others = atHand?.take(ids.filter((id) => !isHeld(id))) ?? ids;
      if (others.length > 0) await add(others);
    },
    async missing(ids) {
      const missing: string[] = [];
      const others = ids.filter((id) => !atHand?.has(id));
      for (let start = 0; start < others.length; start += askAtOnce) {
        const asked = others.slice(start, start + askAtOnce);
        const states = await bounded('Asking the queue', () => backends.states(queue, asked.map(jobIdOf)));
        for (const [index, id] of asked.entries()) {
          const state = states[index] ?? 'unknown';
          if (heldStates.has(state)) continue;
          missing.push(id);
          // A finished job is removed at once; a job that stayed would keep its id from being added.
          if (state !== 'unknown') await bounded('Removing a finished job', () => queue.remove(jobIdOf(id)));
        }
      }
      return missing;
    },
    work(process, members = () => 1) {
      if (worker) throw new Error('The queue is being worked on already');
      atHand = createAtHand({
        run: (id) => hold(jobIdOf(id), performAtHand(process, id)),
        concurrency,
        members,
        now,
      });
      const { connection, factory } = backends.worker();
      worker = new Worker<JobData, void, string, IQueueBackend, JobProgress, Redis | Pool>(
        queueName,
        (job, token) => hold(job.id ?? '', perform(process, job, token)),
        {
          ...common,
          ...recovery,
          connection,
          concurrency,
          maxStalledCount: retries.maxStalledCount,
          runRetryDelay: 1_000,
          settings: { backoffStrategy: (attempts) => backoffDelay(attempts ?? 1) },
        },
        factory,
      );
      worker.on('error', reportError);
      worker.on('ready', () => reportError(undefined));
      worker.on('completed', () => reportError(undefined));
      worker.on('stalled', (id) => log.info({ job: id }, 'Job taken over from a process that ended'));
      worker.on('failed', (job, error) => {
        if (job?.finishedOn === undefined) return;
        log.error({ job: job.id, error: error.message }, 'Job given up: it ended the process too often');
      });
    },
    wake,
    hurry: () => bounded('Hurrying jobs', () => queue.promoteJobs()),
    async counts() {
      const counts = await bounded('Counting jobs', () => queue.getJobCounts('waiting', 'delayed', 'active'));
      const of = (state: string) => counts[state] ?? 0;
      const { waiting = 0, active = 0 } = atHand?.counts() ?? {};
      return { waiting: of('waiting') + waiting, delayed: of('delayed'), active: of('active') + active };
    },
    async oldestDueAge() {
      const [waiting, delayed] = await bounded('Reading the oldest job', () =>
        Promise.all([backends.oldestWaiting(queue), queue.getJobs('delayed', 0, 0, true)]),
      );
      const due = [waiting, delayed[0]?.data.dueAt, atHand?.counts().oldest].filter((at) => at !== undefined);
      return Math.max(0, ...due.map((at) => now() - at));
    },
    close(closeDeadline) {
      closed ??= close(closeDeadline);
      return closed;
    },
  };
}

function putOff({ failures }: JobData, { at, counts }: Later): JobData {
  return { failures: counts ? failures + 1 : failures, waited: !counts, dueAt: at };
}
