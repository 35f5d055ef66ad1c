import { Queue } from 'bullmq';
import type { Store } from '../store/store.ts';
import { type JobData, jobIdOf } from './job-data.ts';
import { type JobQueue, queueBackends, queueName } from './queue-backend.ts';

/** What the queue says of these deliveries, for whoever looks in; those that have no job are missing. Changes nothing. */
export async function waitingJobs(
  store: Store,
  ids: readonly string[],
  deadline: number,
): Promise<Map<string, JobData>> {
  const { prefix, producer, abandon } = queueBackends(store, deadline);
  const queue: JobQueue = new Queue(
    queueName,
    { prefix, connection: producer.connection, skipMetasUpdate: true, streams: { events: { maxLen: 100 } } },
    producer.factory,
  );
  // A call that fails says so itself.
  queue.on('error', () => undefined);
  try {
    const jobs = await Promise.all(
      ids.map(async (id) => [id, (await queue.getJob(jobIdOf(id)))?.data] as const),
    );
    return new Map(jobs.flatMap(([id, data]) => (data === undefined ? [] : [[id, data] as const])));
  } finally {
    await queue.close();
    abandon();
  }
}
