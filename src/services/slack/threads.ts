import { createHash } from 'node:crypto';
import type { JsonObject } from '../../model.ts';
import type { ServiceState } from '../service.ts';

/** Where the first message of a grouping key stands. */
export interface Thread {
  ts: string;
  /** Id of the channel: chat.update takes no name. */
  channel: string;
}

/**
 * Threads by recipient and grouping key, durable in the service's state, so that a restart goes on with them.
 * A thread lives `ttl` seconds beyond its last use.
 */
export interface Threads {
  find(recipient: string, groupingKey: string): Promise<Thread | undefined>;
  remember(recipient: string, groupingKey: string, thread: Thread): Promise<void>;
  /** Whether this delivery has posted already, and only its edit of the parent is to be done. */
  hasPosted(deliveryId: string): Promise<boolean>;
  markPosted(deliveryId: string): Promise<void>;
  /** Runs one task at a time for a grouping key, so that two first messages make one thread. */
  inTurn<T>(recipient: string, groupingKey: string, task: () => Promise<T>): Promise<T>;
}

const day = 86_400;

export function createThreads(state: ServiceState, service: string, ttl: number): Threads {
  const turns = new Map<string, Promise<unknown>>();
  const threadKey = (recipient: string, groupingKey: string) =>
    `slack/${service}/thread/${hash(JSON.stringify([recipient, groupingKey]))}`;
  const postedKey = (deliveryId: string) => `slack/${service}/posted/${deliveryId}`;

  return {
    async find(recipient, groupingKey) {
      return threadOf(await state.get(threadKey(recipient, groupingKey)));
    },
    async remember(recipient, groupingKey, thread) {
      await state.set(threadKey(recipient, groupingKey), { ...thread }, ttl);
    },
    async hasPosted(deliveryId) {
      return (await state.get(postedKey(deliveryId))) !== undefined;
    },
    async markPosted(deliveryId) {
      await state.set(postedKey(deliveryId), { posted: true }, day);
    },
    async inTurn(recipient, groupingKey, task) {
      const key = threadKey(recipient, groupingKey);
      const previous = turns.get(key) ?? Promise.resolve();
      const turn = previous.then(task, task);
      turns.set(key, turn);
      try {
        return await turn;
      } finally {
        if (turns.get(key) === turn) turns.delete(key);
      }
    },
  };
}

function threadOf(value: JsonObject | undefined): Thread | undefined {
  const { ts, channel } = value ?? {};
  return typeof ts === 'string' && typeof channel === 'string' ? { ts, channel } : undefined;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
