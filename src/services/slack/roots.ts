import { z } from 'zod';
import type { JsonObject } from '../../model.ts';
import type { ServiceState } from '../service.ts';

/** Where the first message of an alert or of a group stands, which later ones edit or answer. */
export interface Root {
  ts: string;
  /** Id of the channel. */
  channel: string;
  /** The thread that it stands in, where it is a reply itself. */
  thread?: string | undefined;
  /** What its template says of later messages. */
  policy: 'Post' | 'PostAndUpdate' | 'Update';
}

/** Roots by the key of the alert, which is the id of the delivery that has made it; durable in the service's state. */
export interface Roots {
  /** Throws what the state throws. */
  find(key: string): Promise<Root | undefined>;
  /** `isOver`: nothing but a repetition of the end will ask for it. */
  remember(key: string, root: Root, isOver: boolean): Promise<void>;
}

const Stored = z.object({
  ts: z.string(),
  channel: z.string(),
  thread: z.string().optional(),
  policy: z.enum(['Post', 'PostAndUpdate', 'Update']),
});

/** Seconds for which the root of what has ended is kept: longer than its last message is tried. */
const overFor = 2 * 86_400;

/** `ttl`: seconds beyond its last use. */
export function createRoots(state: ServiceState, service: string, ttl: number): Roots {
  const keyOf = (key: string) => `slack/${service}/root/${key}`;
  return {
    find: async (key) => Stored.safeParse(await state.get(keyOf(key))).data,
    async remember(key, { thread, ...root }, isOver) {
      const value: JsonObject = { ...root, ...(thread === undefined ? {} : { thread }) };
      await state.set(keyOf(key), value, isOver ? overFor : ttl);
    },
  };
}
