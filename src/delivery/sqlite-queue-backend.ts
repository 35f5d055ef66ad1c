import { ErrorCode, type IQueueBackend, type JobJson } from 'bullmq';
import type { SqliteStore } from '../store/store.ts';
import { createDueWait } from './sqlite-due-wait.ts';
import { type JobRow, jobStatements, jsonOf } from './sqlite-jobs.ts';
import { refusals, type UsedOperations } from './unused-operations.ts';

interface WorkerOptions {
  lockDuration?: number;
  stalledInterval?: number;
  maxStalledCount?: number;
}

/** Jobs in one transaction, and jobs that one statement changes at the most. */
const chunk = 100;

/** Seconds after which an idle worker looks by itself, since commands in other processes cannot wake it. */
const longestWait = 5;

/**
 * BullMQ's backend on the embedded store, for a queue whose jobs have ids of their own and are gone when they are
 * finished. What is added is on the disk before it is acknowledged. What becomes of it survives the end of the process,
 * and a power failure once anything else was made durable: a job is then fetched again, which the ledger's marks see.
 */
export function createSqliteQueueBackend(store: SqliteStore, name: string, options: object): IQueueBackend {
  const { lockDuration = 30_000, stalledInterval = 30_000, maxStalledCount = 1 } = options as WorkerOptions;
  const { clock } = store;
  const sql = jobStatements(store);
  let closing: Promise<void> | undefined;

  const changed = () => store.jobs.emit('due');

  /** The due time that is next, Unix milliseconds. */
  const nextDue = (): number | undefined => sql.nextDue.get()?.['due'] as number | undefined;

  const dueWait = createDueWait(store, nextDue);

  /** The next job that is due, now active; or when there will be one. */
  function take(token: string, worker: string | undefined): unknown[] {
    const now = clock.now();
    const taken = sql.take.get(token, now + lockDuration, now, worker ?? null, now) as JobRow | undefined;
    return taken ? [jsonOf(taken), taken.id, 0, 0] : [null, '', 0, nextDue() ?? 0];
  }

  /** Makes sure that a job is active under this token, as BullMQ does; its own errors, since BullMQ reads their codes. */
  function held(id: string, token: string | undefined, command: string): void {
    const row = sql.token.get(id) as { token: string | null } | undefined;
    if (!row) throw jobError(ErrorCode.JobNotExist, `Missing key for job ${id}. ${command}`);
    if (row.token === null)
      throw jobError(ErrorCode.JobNotInState, `Job ${id} is not in the active state. ${command}`);
    if (token !== '0' && row.token !== token)
      throw jobError(ErrorCode.JobLockMismatch, `Lock mismatch for job ${id}. Cmd ${command} from active`);
  }

  async function finish(
    job: { id?: string | undefined },
    keep: unknown,
    token: string,
    fetchNext: boolean,
  ): Promise<{ result: unknown[] | undefined; finishedOn: number }> {
    const { id = '' } = job;
    if (keep !== true)
      throw new Error(`Job ${id} is to be kept when it is finished, which this store does not`);
    const result = await store.write(() => {
      held(id, token, 'moveToFinished');
      sql.remove.run(id);
      return fetchNext && closing === undefined ? take(token, undefined) : undefined;
    }, 'relaxed');
    return { result, finishedOn: clock.now() };
  }

  async function putBack(
    id: string,
    token: string | undefined,
    command: string,
    change: { due: number; delay: number; attempts: number; fields?: Record<string, unknown> | undefined },
  ): Promise<void> {
    const { failedReason = null, stacktrace = null } = (change.fields ?? {}) as Partial<
      Record<string, string>
    >;
    await store.write(() => {
      held(id, token, command);
      sql.putBack.run(change.due, change.delay, change.attempts, failedReason, stacktrace, id);
    }, 'relaxed');
    changed();
  }

  const backend: UsedOperations = {
    qualifiedName: name,
    keys: {},
    minimumBlockTimeout: 0.001,
    maximumBlockTimeout: longestWait,
    get closing() {
      return closing;
    },
    toKey: (type) => `${name}:${type}`,
    clientName: (suffix = '') => `${name}${suffix}`,
    // The store is open, and stays so for as long as it is used.
    waitUntilReady: async () => undefined,
    setName: async () => undefined,
    on: () => backend as IQueueBackend,
    once: () => backend as IQueueBackend,
    removeListener: () => backend as IQueueBackend,
    // What BullMQ notes of itself nobody reads.
    setQueueMeta: async () => 0,
    async close() {
      closing ??= Promise.resolve();
      dueWait.close();
    },
    disconnect: async () => dueWait.end(),

    async addJob(job, jobId) {
      return (await backend.addJobs([{ job, jobId }]))[0] as string;
    },
    async addJobs(entries) {
      for (const { job, jobId } of entries) refuseUnusual(job, jobId);
      for (let start = 0; start < entries.length; start += chunk) {
        const some = entries.slice(start, start + chunk);
        await store.write(() => {
          for (const { job, jobId } of some) {
            const delay = job.delay ?? job.opts.delay ?? 0;
            const due = job.timestamp + delay;
            sql.add.run(jobId, job.name, job.data, JSON.stringify(job.opts), job.timestamp, due, delay);
          }
        });
        changed();
      }
      return entries.map(({ jobId }) => jobId);
    },
    async updateData({ id = '' }, data) {
      const { changes } = await store.write(() => sql.updateData.run(JSON.stringify(data), id), 'relaxed');
      if (changes === 0) throw jobError(ErrorCode.JobNotExist, `Missing key for job ${id}. updateData`);
    },
    async remove(jobId) {
      const { changes } = await store.write(() => sql.removeUnlocked.run(jobId, clock.now()), 'relaxed');
      return Number(changes);
    },
    async promote(id) {
      const { changes } = await store.write(
        () => sql.promoteOne.run(clock.now(), id, clock.now()),
        'relaxed',
      );
      if (changes === 0) throw jobError(ErrorCode.JobNotInState, `Job ${id} is not delayed`);
      changed();
    },
    async promoteJobs(count = chunk) {
      const promote = () => sql.promote.run(clock.now(), clock.now(), Math.min(count, chunk));
      const { changes } = await store.write(promote, 'relaxed');
      if (changes !== 0) changed();
      return Number(changes);
    },

    async moveToActive(token, worker) {
      const due = await store.read(nextDue);
      if (due === undefined || due > clock.now()) return [null, '', 0, due ?? 0];
      return store.write(() => take(token, worker), 'relaxed');
    },
    moveToCompleted: (job, _value, keep, token, fetchNext) => finish(job, keep, token, fetchNext) as never,
    moveToFailed: (job, _reason, keep, token, fetchNext) => finish(job, keep, token, fetchNext) as never,
    async moveToDelayed(jobId, timestamp, delay, token, opts = {}) {
      const attempts = opts.skipAttempt === true ? 0 : 1;
      const change = { due: timestamp + delay, delay, attempts, fields: opts.fieldsToUpdate };
      await putBack(jobId, token, 'moveToDelayed', change);
      if (!opts.fetchNext || token === undefined || closing !== undefined) return [];
      const next = await backend.moveToActive(token);
      return next[0] === null ? [] : next;
    },
    retryJob: (jobId, _lifo, token, opts) =>
      putBack(jobId, token, 'retryJob', {
        due: clock.now(),
        delay: 0,
        attempts: 1,
        fields: opts?.fieldsToUpdate,
      }),

    async extendLock(jobId, token, duration) {
      return 1 - (await backend.extendLocks([jobId], [token], duration)).length;
    },
    extendLocks: (jobIds, tokens, duration) =>
      store.write(() => {
        const until = clock.now() + duration;
        return jobIds.filter((id, index) => sql.extend.run(until, id, tokens[index] ?? '').changes === 0);
      }, 'relaxed'),
    /** A lock that has run out is given one interval more, in which whoever was held up may renew it. */
    async moveStalledJobsToWait() {
      const isOver = await store.read(() => sql.expired.get(clock.now()) !== undefined);
      if (!isOver) return [];
      const moved = await store.write(() => {
        const now = clock.now();
        const rows = sql.reclaim.all(maxStalledCount, now, now - stalledInterval / 2);
        sql.markStalled.run(now, now);
        return rows.map(({ id }) => id as string);
      }, 'relaxed');
      if (moved.length > 0) changed();
      return moved;
    },

    async getState(jobId) {
      const row = await store.read(() => sql.state.get(clock.now(), jobId));
      return (row?.['state'] ?? 'unknown') as Awaited<ReturnType<IQueueBackend['getState']>>;
    },
    async getJobData(jobId) {
      const row = await store.read(() => sql.job.get(jobId));
      return row && jsonOf(row as unknown as JobRow);
    },
    async getCounts(types, before) {
      const now = clock.now();
      return store.read(() =>
        types.map((type) => {
          const found =
            type === 'delayed' ? sql.countDelayed.get(now, before ?? Number.MAX_SAFE_INTEGER) : undefined;
          if (found) return found['count'] as number;
          if (type === 'active') return sql.countActive.get()?.['count'] as number;
          return isWaiting(type) ? (sql.countWaiting.get(now)?.['count'] as number) : 0;
        }),
      );
    },
    /** BullMQ takes waiting and active jobs to come newest first, and turns them round where it wants the oldest. */
    async getRanges(types, start = 0, end = -1, asc = false) {
      const limit = end < 0 ? -1 : Math.max(0, end - start + 1);
      const direction = asc ? 'ASC' : 'DESC';
      const ids = (where: string, now: number[]) =>
        store
          .prepare(
            `SELECT id FROM job WHERE ${where} ORDER BY due ${direction}, seq ${direction} LIMIT ? OFFSET ?`,
          )
          .all(...now, limit, start)
          .map(({ id }) => id as string);
      return store.read(() =>
        types.map((type) => {
          const now = clock.now();
          if (type === 'delayed') return ids('token IS NULL AND due > ?', [now]);
          const listed = type === 'active' ? ids('token IS NOT NULL', []) : [];
          if (isWaiting(type)) listed.push(...ids('token IS NULL AND due <= ?', [now]));
          return asc ? listed.reverse() : listed;
        }),
      ) as Promise<[string][]>;
    },

    waitForJob: async (timeout) => ((await dueWait.wait(timeout)) ? { member: name, score: 0 } : null),
    disconnectBlocking: async () => dueWait.interrupt(),
    reconnectBlocking: async () => dueWait.resume(),
  };
  return Object.assign(backend, refusals());
}

function isWaiting(type: string): boolean {
  return type === 'wait' || type === 'waiting';
}

function refuseUnusual(job: JobJson, jobId: string): void {
  const { priority, lifo } = job.opts;
  const asked = [
    [jobId === '', 'has no id of its own'],
    [Boolean(job.priority ?? priority), 'has a priority'],
    [lifo === true, 'is to be last in, first out'],
    [job.parentKey !== undefined || job.parent !== undefined, 'has a parent'],
    [job.deduplicationId !== undefined, 'has a deduplication key'],
    [job.repeatJobKey !== undefined, 'belongs to a scheduler'],
  ] as const;
  const problem = asked.find(([isAsked]) => isAsked)?.[1];
  if (problem !== undefined)
    throw new Error(`Job ${jobId || job.name} ${problem}, which this store does not do`);
}

function jobError(code: ErrorCode, message: string): Error {
  return Object.assign(new Error(message), { code });
}
