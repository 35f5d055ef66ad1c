import { z } from 'zod';
import type { Logger } from '../../log.ts';
import type { Scrub } from '../secrets.ts';
import type { Channels } from './channels.ts';
import type { SlackAnswer, SlackCall } from './client.ts';
import { type Failure, failureOf } from './errors.ts';
import { deliveryIdOf, type Metadata } from './metadata.ts';
import { parsePage, searchPages, UnreadablePage } from './pages.ts';
import type { Thread } from './threads.ts';

/** Looks whether an earlier attempt of a delivery has posted: whether a message with its id stands there. */
export interface EarlierAttempts {
  look(post: SoughtPost, signal: AbortSignal): Promise<Fate>;
}

export interface SoughtPost {
  deliveryId: string;
  recipient: string;
  /** The thread that it is to reply to. */
  thread?: Thread;
  /** When the first attempt whose fate is unknown was begun, Unix milliseconds. */
  since: number;
}

export type Fate =
  /** `thread`: what a reply to it belongs to. */
  | { kind: 'found'; thread: Thread }
  | { kind: 'absent' }
  /** Slack does not show it, also later. */
  | { kind: 'unreadable' }
  /** Slack may show it later: nothing is posted until then. */
  | { kind: 'unknown'; failure: Failure };

interface Deps {
  name: string;
  call: SlackCall;
  channels: Channels;
  metadata: Metadata;
  log: Logger;
  scrub: Scrub;
  now(): number;
}

/** Milliseconds that the clocks of Slack and of Herald may differ. */
const margin = { before: 15 * 60_000, after: 30 * 60_000 };

const Message = z.object({
  ts: z.string(),
  thread_ts: z.string().optional(),
  metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }),
});
const History = z.object({ messages: z.array(z.unknown()) });
const Channel = z.object({ id: z.string(), name: z.string() });
const ChannelList = z.object({ channels: z.array(z.unknown()) });

export function createEarlierAttempts(deps: Deps): EarlierAttempts {
  const { name, call, channels, metadata, log, scrub, now } = deps;
  /** Reasons logged already. */
  const told = new Set<string>();

  async function look(post: SoughtPost, signal: AbortSignal): Promise<Fate> {
    let channel: string | undefined;
    try {
      const missing = await metadata.missing();
      if (missing !== undefined) return unreadable(post, missing, 'Messages carry no metadata.');
      channel = post.thread?.channel ?? (await channels.find(post.recipient));
    } catch (error) {
      return unknown({ reason: 'state_unreadable', detail: `was not asked: ${String(error)}` });
    }
    try {
      channel ??= await idOf(post.recipient, signal);
      if (channel === undefined) {
        const what = 'No channel of this name is shown to the app, and it has not posted there before.';
        return unreadable(post, 'channel_unknown', what);
      }
      return await lookIn(channel, post, signal);
    } catch (error) {
      if (error instanceof UnreadablePage) {
        return unknown({ reason: 'unreadable_answer', detail: 'sent an answer that is not from its API' });
      }
      const failure = failureOf(error, signal, now());
      return failure.kind === 'retry' ? unknown(failure) : unreadable(post, failure.reason, failure.detail);
    }
  }

  async function lookIn(channel: string, post: SoughtPost, signal: AbortSignal): Promise<Fate> {
    const { thread } = post;
    if (thread !== undefined) {
      const fate = await search('conversations.replies', { channel, ts: thread.ts }, post, signal);
      // The attempt knew of a thread that was older. Another delivery may have begun this one since.
      if (fate.kind !== 'absent' || Number(thread.ts) * 1_000 < post.since - margin.before) return fate;
    }
    return search('conversations.history', { channel }, post, signal);
  }

  async function search(
    method: string,
    place: { channel: string; ts?: string },
    post: SoughtPost,
    signal: AbortSignal,
  ): Promise<Fate> {
    const form = {
      ...place,
      include_all_metadata: 'true',
      oldest: seconds(post.since - margin.before),
      latest: seconds(Math.max(now(), post.since) + margin.after),
      limit: '200',
    };
    try {
      const pick = (page: SlackAnswer) => messageOf(page, post.deliveryId);
      const { found, complete } = await searchPages(call, { method, form, signal }, pick);
      if (found !== undefined) {
        return { kind: 'found', thread: { ts: found.thread_ts ?? found.ts, channel: place.channel } };
      }
      if (complete) return { kind: 'absent' };
      return unreadable(post, 'too_many_messages', 'More were posted since than can be searched.');
    } catch (error) {
      // There is no reply where there is no thread.
      if (failureOf(error, signal, now()).reason === 'thread_not_found') return { kind: 'absent' };
      throw error;
    }
  }

  async function idOf(recipient: string, signal: AbortSignal): Promise<string | undefined> {
    // Who writes to a person knows no channel until Slack has answered.
    if (/^(?:@|[UW][A-Z0-9]+$)/.test(recipient)) return undefined;
    const sought = recipient.replace(/^#/, '');
    const form = { types: 'public_channel,private_channel', exclude_archived: 'true', limit: '999' };
    const { found } = await searchPages(call, { method: 'conversations.list', form, signal }, (page) =>
      parsePage(ChannelList, page)
        .channels.map((channel) => Channel.safeParse(channel).data)
        .find((channel) => channel?.name === sought),
    );
    return found?.id;
  }

  function unreadable({ recipient }: SoughtPost, reason: string, detail: string): Fate {
    if (!told.has(reason)) {
      told.add(reason);
      log.warn(
        { service: name, reason, recipient, error: scrub(detail) },
        'Slack does not show whether an earlier attempt has posted, messages may be doubled; ' +
          'it takes the scopes channels:history and groups:history, and the app in the channel',
      );
    }
    return { kind: 'unreadable' };
  }

  return { look };
}

function unknown(failure: { reason: string; detail: string; retryAfter?: number }): Fate {
  const { reason, detail, retryAfter } = failure;
  return {
    kind: 'unknown',
    failure: {
      kind: 'retry',
      reason,
      detail: `when asked whether an earlier attempt has posted, ${detail}`,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      unclear: true,
    },
  };
}

function messageOf(
  page: SlackAnswer,
  deliveryId: string,
): { ts: string; thread_ts?: string | undefined } | undefined {
  for (const message of parsePage(History, page).messages) {
    const { data } = Message.safeParse(message);
    if (data !== undefined && deliveryIdOf(data.metadata) === deliveryId) return data;
  }
  return undefined;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(6);
}
