import { randomUUID } from 'node:crypto';
import { type IQueueBackend, type JobProgress, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { Agent, request } from 'undici';
import { queueBackends } from '../../src/delivery/queue-backend.ts';
import { createLog } from '../../src/log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { answer } from '../child.ts';

/**
 * The bare loop: BullMQ alone on the same store, and a worker that posts what is in the job, as Herald's requests are. No
 * ledger, no order, no pace, no watch.
 */

export type BareQuestions = typeof questions;

interface Message {
  channel: string;
  text: string;
}

const name = 'bare';
/** As many as Herald has places. */
const concurrency = 150;

let queue: Queue<Message, void, string, Message, void, string, IQueueBackend, Redis | Pool>;

const questions = {
  async start({ url, apiUrl, token }: { url: string; apiUrl: string; token: string }): Promise<void> {
    const store = await openStore(url, { log: createLog({ level: 'warn', format: 'text' }) });
    if (!store) throw new Error('There is no store');
    const backends = queueBackends(store, 60_000);
    const { connection, factory } = backends.worker();
    const dispatcher = new Agent({ allowH2: false });
    queue = new Queue(
      name,
      {
        prefix: backends.prefix,
        connection: backends.producer.connection,
        defaultJobOptions: { removeOnComplete: true },
      },
      backends.producer.factory,
    );
    new Worker<Message, void, string, IQueueBackend, JobProgress, Redis | Pool>(
      name,
      async ({ id, data }) => {
        const metadata = JSON.stringify({ event_type: 'herald_delivery', event_payload: { id } });
        const { body } = await request(`${apiUrl}chat.postMessage`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams({ ...data, metadata }).toString(),
          dispatcher,
        });
        await body.json();
      },
      { prefix: backends.prefix, connection, concurrency },
      factory,
    );
    await queue.waitUntilReady();
  },
  /** Answers when it began. */
  async send(messages: Message[]): Promise<number> {
    const began = performance.timeOrigin + performance.now();
    await queue.addBulk(
      messages.map((data) => ({ name: 'send', data, opts: { jobId: `d${randomUUID()}` } })),
    );
    return began;
  },
};

answer(questions);
