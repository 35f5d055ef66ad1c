import type { DeliveryProcessor, DeliveryQueue, JobResult } from '../delivery/queue.ts';

interface Job {
  id: string;
  attempt: number;
  waited: boolean;
}

export interface MemoryQueue extends Pick<DeliveryQueue, 'add' | 'missing'> {
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

export function createMemoryQueue(): MemoryQueue {
  const jobs = new Map<string, Job>();

  async function run(job: Job, process: DeliveryProcessor): Promise<JobResult | Error> {
    try {
      const result = await process({ ...job, signal: new AbortController().signal });
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

  return {
    async add(ids) {
      for (const id of ids) if (!jobs.has(id)) jobs.set(id, { id, attempt: 1, waited: false });
    },
    missing: async (ids) => ids.filter((id) => !jobs.has(id)),
    held: () => [...jobs.keys()],
    lose: () => jobs.clear(),
    async runAll(process) {
      const results: (JobResult | Error)[] = [];
      for (const job of jobs.values()) results.push(await run(job, process));
      return results;
    },
  };
}
