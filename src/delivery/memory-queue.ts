import type { Clock } from '../clock.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { backoffDelay } from './backoff.ts';
import type { DeliveryProcessor, DeliveryQueue, JobResult } from './queue.ts';

interface Job {
  id: string;
  attempt: number;
  waited: boolean;
  /** Ends the wait until it is due, where the queue is worked on. */
  cancel?: () => void;
  /** Resolves when its last run is over, and it waits again or is done. */
  over?: Promise<void>;
}

export interface MemoryQueue extends Pick<DeliveryQueue, 'add' | 'handOver' | 'missing' | 'work' | 'wake'> {
  /** Ids of deliveries that a job holds. */
  held(): string[];
  /** Forgets every job, as a store does that loses its data. */
  lose(): void;
  /**
   * Runs each job once, however far away it is due, also those that are added meanwhile. A job that throws stays, as at
   * a failing worker.
   */
  runAll(process: DeliveryProcessor): Promise<(JobResult | Error)[]>;
}

/** Keeps jobs until they are run by hand, or, once it is worked on, runs each when it is due on the clock. */
export function createMemoryQueue(clock: Clock = createSimulatedClock(0)): MemoryQueue {
  const jobs = new Map<string, Job>();
  let worker: DeliveryProcessor | undefined;

  async function run(job: Job, process: DeliveryProcessor): Promise<JobResult | Error> {
    const { id, attempt, waited } = job;
    try {
      const result = await process({ id, attempt, waited, signal: new AbortController().signal });
      if (result.status === 'done') jobs.delete(job.id);
      else {
        job.waited = !result.counts;
        if (result.counts) job.attempt += 1;
      }
      return result;
    } catch (error) {
      return error as Error;
    }
  }

  function wait(job: Job, at: number): void {
    job.cancel = clock.after(at - clock.now(), () => {
      delete job.cancel;
      job.over = runDue(job);
    });
  }

  async function runDue(job: Job): Promise<void> {
    if (worker === undefined) return;
    const failures = job.attempt;
    const result = await run(job, worker);
    if (jobs.get(job.id) === job) wait(job, dueAt(result, failures));
  }

  function dueAt(result: JobResult | Error, failures: number): number {
    if (result instanceof Error) return clock.now() + backoffDelay(failures);
    return result.status === 'done' ? clock.now() : result.at;
  }

  async function add(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (jobs.has(id)) continue;
      const job: Job = { id, attempt: 1, waited: false };
      jobs.set(id, job);
      if (worker) wait(job, clock.now());
    }
  }

  return {
    add,
    handOver: add,
    async wake(id) {
      const job = jobs.get(id);
      await job?.over;
      if (!job?.cancel) return false;
      job.cancel();
      wait(job, clock.now());
      return true;
    },
    missing: async (ids) => ids.filter((id) => !jobs.has(id)),
    work(process) {
      worker = process;
      for (const job of jobs.values()) wait(job, clock.now());
    },
    held: () => [...jobs.keys()],
    lose() {
      for (const { cancel } of jobs.values()) cancel?.();
      jobs.clear();
    },
    async runAll(process) {
      const results: (JobResult | Error)[] = [];
      for (const job of jobs.values()) results.push(await run(job, process));
      return results;
    },
  };
}
