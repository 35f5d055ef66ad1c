import { z } from 'zod';
import type { Logger } from '../../log.ts';
import type { Scrub } from '../secrets.ts';
import type { ServiceState } from '../service.ts';
import type { Channels } from './channels.ts';
import type { SlackCall } from './client.ts';
import { type Failure, failureOf } from './errors.ts';
import type { Metadata } from './metadata.ts';
import { withMethodLimits } from './method-limits.ts';
import { nextPage, parsePage, UnreadablePage } from './pages.ts';
import { createHistory, StateAway } from './search.ts';
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
  /** When the last of them was over. Absent: now. */
  until?: number | undefined;
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
  state: ServiceState;
  log: Logger;
  scrub: Scrub;
  now(): number;
}

/** Pages of the list of channels that are read in one attempt. */
const mostPages = 10;

const Channel = z.object({ id: z.string(), name: z.string() });
const ChannelList = z.object({ channels: z.array(z.unknown()) });

export function createEarlierAttempts(deps: Deps): EarlierAttempts {
  const { name, channels, metadata, log, scrub, now } = deps;
  const call = withMethodLimits(deps.call, now);
  const history = createHistory({ ...deps, call });
  /** Where the list of channels goes on, by the recipient that is looked for. */
  const listed = new Map<string, string>();
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
      if (error instanceof StateAway) {
        return unknown({ reason: 'state_unreadable', detail: `was not asked: ${error.message}` });
      }
      const failure = failureOf(error, signal, now());
      return failure.kind === 'retry' ? unknown(failure) : unreadable(post, failure.reason, failure.detail);
    }
  }

  async function lookIn(channel: string, post: SoughtPost, signal: AbortSignal): Promise<Fate> {
    const { deliveryId, thread, since, until = now() } = post;
    const found = await history.search({ deliveryId, channel, thread, since, until }, signal);
    if (found.kind === 'unfinished') {
      return unknown({ reason: 'search_unfinished', detail: 'had more to show than is read at once' });
    }
    if (found.kind !== 'too_many') return found;
    return unreadable(post, 'too_many_messages', 'More were posted since than can be searched.');
  }

  async function idOf(recipient: string, signal: AbortSignal): Promise<string | undefined> {
    // Who writes to a person knows no channel until Slack has answered.
    if (/^(?:@|[UW][A-Z0-9]+$)/.test(recipient)) return undefined;
    const sought = recipient.replace(/^#/, '');
    for (let page = 0; page < mostPages; page += 1) {
      const cursor = listed.get(recipient) ?? '';
      // Should the cursor be no good any more, the list begins anew.
      listed.delete(recipient);
      const form = {
        types: 'public_channel,private_channel',
        exclude_archived: 'true',
        limit: '999',
        ...(cursor === '' ? {} : { cursor }),
      };
      const answer = await call('conversations.list', form, signal).catch((error: unknown) => {
        if (cursor !== '' && failureOf(error, signal, now()).kind === 'retry') listed.set(recipient, cursor);
        throw error;
      });
      const found = parsePage(ChannelList, answer)
        .channels.map((channel) => Channel.safeParse(channel).data)
        .find((channel) => channel?.name === sought);
      if (found !== undefined) return found.id;
      const next = nextPage(answer);
      if (next.cursor === '') return undefined;
      listed.set(recipient, next.cursor);
    }
    listed.delete(recipient);
    return undefined;
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
      pauses: 'delivery',
      unclear: true,
    },
  };
}
