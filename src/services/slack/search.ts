/**
 * The search for a message in a channel, which may take many attempts: an app with a small quota reads 15 messages a
 * minute. How far it has come is kept in the service's state, since the next attempt may be another process's, and one
 * that began at the newest message each time would never end.
 */
import { z } from 'zod';
import type { JsonObject } from '../../model.ts';
import type { ServiceState } from '../service.ts';
import type { SlackAnswer, SlackCall } from './client.ts';
import { failureOf } from './errors.ts';
import { deliveryIdOf } from './metadata.ts';
import { nextPage, parsePage, UnreadablePage } from './pages.ts';
import type { Thread } from './threads.ts';

/** Milliseconds that the clocks of Slack and of Herald may differ. */
const margin = { before: 15 * 60_000, after: 30 * 60_000 };
/** Milliseconds around the attempt in which the message is looked for first. */
const nearby = 60_000;
/** So far a search goes; what lies beyond stays unknown. */
const mostMessages = 2_000;
/** In one attempt. */
const mostPages = 10;
/** Seconds: longer than any delivery is retried. */
const keptFor = 2 * 86_400;
const mostSeen = 10_000;

const Step = z.object({
  method: z.enum(['conversations.history', 'conversations.replies']),
  channel: z.string(),
  ts: z.string().optional(),
  /** Unix microseconds, both exclusive, as Slack has them. */
  oldest: z.number(),
  latest: z.number(),
  /** When it has more than a page, it is searched around the attempt first. */
  isWhole: z.boolean().optional(),
});
type Step = z.infer<typeof Step>;

const Search = z.object({
  since: z.number(),
  until: z.number(),
  steps: z.array(Step),
  cursor: z.string(),
  /** Messages so far. */
  read: z.number(),
});
type Search = z.infer<typeof Search>;

const Message = z.object({
  ts: z.string(),
  thread_ts: z.string().optional(),
  metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }),
});
const History = z.object({ messages: z.array(z.unknown()) });

export interface Sought {
  deliveryId: string;
  channel: string;
  /** The thread that the message is to reply to. */
  thread?: Thread | undefined;
  /** When the first attempt that may have posted it was begun, and when the last was over: Unix milliseconds. */
  since: number;
  until: number;
}

export type Found =
  | { kind: 'found'; thread: Thread }
  | { kind: 'absent' }
  | { kind: 'too_many' }
  /** There is more to read than one attempt may. */
  | { kind: 'unfinished' };

interface Deps {
  name: string;
  call: SlackCall;
  state: ServiceState;
  now(): number;
}

export interface History {
  /** Goes on where an earlier look ended. Throws what `failureOf` understands, UnreadablePage and StateAway. */
  search(sought: Sought, signal: AbortSignal): Promise<Found>;
}

/** The state of the service is away: how far the search has come is not known. */
export class StateAway extends Error {
  override name = 'StateAway';
}

async function stateful<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new StateAway(String(error), { cause: error });
  }
}

export function createHistory({ name, call, state, now }: Deps): History {
  /** Messages that were met while another was looked for, by delivery. */
  const seen = new Map<string, Thread>();
  const keyOf = (deliveryId: string) => `slack/${name}/search/${deliveryId}`;

  async function keep(deliveryId: string, search: Search): Promise<void> {
    const steps = search.steps.map((step) => ({ ...step }) as JsonObject);
    await stateful(state.set(keyOf(deliveryId), { ...search, steps }, keptFor));
  }

  async function forget(deliveryId: string): Promise<void> {
    await stateful(state.set(keyOf(deliveryId), {}, 1));
  }

  async function begun(sought: Sought): Promise<{ search: Search; isKept: boolean }> {
    const { data } = Search.safeParse(await stateful(state.get(keyOf(sought.deliveryId))));
    // Another `since` is another series of attempts.
    if (data !== undefined && data.since === sought.since) return { search: data, isKept: true };
    const { since, until } = sought;
    return { search: { since, until, steps: stepsOf(sought, now()), cursor: '', read: 0 }, isKept: false };
  }

  function note(page: SlackAnswer, channel: string): { count: number; oldest: number } {
    const { messages } = parsePage(History, page);
    let oldest = Number.POSITIVE_INFINITY;
    for (const message of messages) {
      const ts = z.object({ ts: z.string() }).safeParse(message).data?.ts;
      if (ts !== undefined) oldest = Math.min(oldest, microseconds(ts));
      const { data } = Message.safeParse(message);
      const deliveryId = data && deliveryIdOf(data.metadata);
      if (data === undefined || typeof deliveryId !== 'string') continue;
      seen.set(deliveryId, { ts: data.thread_ts ?? data.ts, channel });
      const [first] = seen.keys();
      if (seen.size > mostSeen && first !== undefined) seen.delete(first);
    }
    return { count: messages.length, oldest };
  }

  async function advance(search: Search, deliveryId: string, signal: AbortSignal): Promise<Found> {
    for (let page = 0; page < mostPages; page += 1) {
      const [step] = search.steps;
      if (step === undefined) return { kind: 'absent' };
      const answer = await read(step, search.cursor, signal);
      const { count, oldest } = answer === undefined ? { count: 0, oldest: 0 } : note(answer, step.channel);
      const thread = seen.get(deliveryId);
      if (thread !== undefined) return { kind: 'found', thread };
      search.read += count;
      // What was to reply to a message that is gone Slack has posted into the channel.
      if (answer === undefined) search.steps.splice(1, Infinity, inChannel(step));
      const next = answer === undefined ? { cursor: '', hasMore: false } : nextPage(answer);
      if (next.hasMore && step.isWhole) search.steps.splice(0, 1, ...around(step, search, oldest));
      else if (next.cursor === '' && next.hasMore) return { kind: 'too_many' };
      else if (next.cursor === '') search.steps.shift();
      search.cursor = step === search.steps[0] ? next.cursor : '';
      if (search.steps.length > 0 && search.read >= mostMessages) return { kind: 'too_many' };
    }
    return search.steps.length === 0 ? { kind: 'absent' } : { kind: 'unfinished' };
  }

  /** undefined: there is no such thread, and so no reply. */
  async function read(step: Step, cursor: string, signal: AbortSignal): Promise<SlackAnswer | undefined> {
    const { method, channel, ts, oldest, latest } = step;
    const form = {
      channel,
      ...(ts === undefined ? {} : { ts }),
      include_all_metadata: 'true',
      oldest: seconds(oldest),
      latest: seconds(latest),
      limit: '200',
      ...(cursor === '' ? {} : { cursor }),
    };
    try {
      return await call(method, form, signal);
    } catch (error) {
      if (codeOf(error) === 'thread_not_found') return undefined;
      throw error;
    }
  }

  return {
    async search(sought, signal) {
      const { deliveryId } = sought;
      const known = seen.get(deliveryId);
      if (known !== undefined) return { kind: 'found', thread: known };
      const { search, isKept } = await begun(sought);
      const before = JSON.stringify(search);
      let found: Found;
      try {
        found = await advance(search, deliveryId, signal);
      } catch (error) {
        // Cursors do not last for ever: it begins anew.
        if (codeOf(error) === 'invalid_cursor' && search.cursor !== '') {
          await forget(deliveryId);
          return { kind: 'unfinished' };
        }
        const isForNow = error instanceof UnreadablePage || failureOf(error, signal, now()).kind === 'retry';
        if (isForNow && JSON.stringify(search) !== before) await keep(deliveryId, search);
        // Otherwise the message is posted without a look.
        if (!isForNow && isKept) await forget(deliveryId);
        throw error;
      }
      if (found.kind === 'unfinished') await keep(deliveryId, search);
      // What is posted now is to be looked for from the beginning.
      else if (isKept) await forget(deliveryId);
      return found;
    },
  };
}

function stepsOf({ channel, thread, since, until }: Sought, now: number): Step[] {
  const bounds = {
    oldest: (since - margin.before) * 1_000,
    latest: (Math.max(now, until) + margin.after) * 1_000,
  };
  const history: Step = { method: 'conversations.history', channel, ...bounds, isWhole: true };
  if (thread === undefined) return [history];
  const replies: Step = { method: 'conversations.replies', channel, ts: thread.ts, ...bounds };
  // The attempt knew of a thread that was older. Another delivery may have begun this one since.
  return microseconds(thread.ts) < bounds.oldest ? [replies] : [replies, history];
}

function inChannel({ channel, oldest, latest }: Step): Step {
  return { method: 'conversations.history', channel, oldest, latest, isWhole: true };
}

/** A range that has more than one page: around the attempt, then what came after, then what was before. */
function around(whole: Step, { since, until }: Search, reached: number): Step[] {
  const latest = Math.min(whole.latest, reached);
  const [from, to] = [(since - nearby) * 1_000, (until + nearby) * 1_000];
  const { isWhole: _, ...place } = whole;
  return [
    { ...place, oldest: Math.max(whole.oldest, from - 1), latest: Math.min(latest, to + 1) },
    { ...place, oldest: to, latest },
    { ...place, latest: Math.min(latest, from) },
  ].filter((step) => step.oldest < step.latest);
}

function microseconds(ts: string): number {
  const [whole = '0', fraction = ''] = ts.split('.');
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** As Slack writes a time. */
function seconds(micro: number): string {
  const text = String(Math.max(0, Math.round(micro))).padStart(7, '0');
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}

function codeOf(error: unknown): unknown {
  const data: unknown = error instanceof Error && 'data' in error ? error.data : undefined;
  return typeof data === 'object' && data !== null && 'error' in data ? data.error : undefined;
}
