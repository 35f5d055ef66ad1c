/**
 * Slack's Web API: looking for what an earlier attempt has sent, posting and replacing, channels, users and mentions,
 * errors and limits. The folder may import what all services share, and the ground.
 */
import type { Notification, Outcome } from '../../model.ts';
import type { Implementation } from '../implementation.ts';
import { excerptOf } from '../secrets.ts';
import type { SendContext } from '../service.ts';
import { createChannels } from './channels.ts';
import { createSlackCall } from './client.ts';
import { createCustomisation } from './customise.ts';
import { createDirectory } from './directory.ts';
import { createEarlierAttempts } from './earlier.ts';
import type { Failure } from './errors.ts';
import { createMarkers } from './markers.ts';
import { type SlackMessage, slackMessage } from './message.ts';
import { createMetadata } from './metadata.ts';
import { createOngoing } from './ongoing.ts';
import { resolveMentions } from './resolve-mentions.ts';
import { createRoots } from './roots.ts';
import type { SlackOptions } from './schema.ts';
import { createSubmit, type Submitted } from './submit.ts';
import { createThreads, type Thread } from './threads.ts';
import { createUsers } from './users.ts';

export interface SlackSettings {
  /** Milliseconds for one call. */
  timeout: number;
  /** Seconds that a thread is remembered beyond its last use. */
  threadTtl: number;
  /**
   * Each new message carries its delivery id as Slack message metadata; that takes no scope. Without it a message
   * that was posted by an attempt whose answer was lost is not found again.
   */
  metadata: boolean;
}

const defaults: SlackSettings = { timeout: 8_000, threadTtl: 90 * 86_400, metadata: true };

/** Characters: what Slack says of a layout may be long. */
const longestError = 800;

/** `earlier`: what became of an earlier attempt whose fate was unknown; absent where nobody looked. */
export type Posted =
  | (Extract<Submitted, { ok: true }> & { earlier?: 'found' | 'absent' | 'unreadable' })
  | { ok: false; failure: Failure; earlier?: 'absent' | 'unreadable' };

/**
 * Slack's Web API, posting what argocd-notifications posts (pipeline.json) and losing less: a layout that Slack
 * refuses goes out once more as plain text, a parent that cannot be edited is replaced by a new message.
 *
 * A delivery with PostAndUpdate makes two calls. Once the first is accepted this is kept in the state, so a retry
 * repeats only the second.
 *
 * Where an earlier attempt may have posted, the message is looked for by its delivery id before it is posted again
 * (earlier.ts). An edit is repeated without: it changes nothing the second time.
 */
export const slackService: Implementation<SlackOptions> = (options, deps) => {
  const { timeout, threadTtl, metadata: withMetadata } = { ...defaults, ...deps.slack };
  const { now, scrub, markers = createMarkers() } = deps;
  const apiURL = options.apiURL.endsWith('/') ? options.apiURL : `${options.apiURL}/`;
  const threads = createThreads(deps.state, deps.name, threadTtl);
  const dispatcher = deps.http.dispatcher;
  const call = createSlackCall({ ...options, apiURL }, { dispatcher, timeout, now });
  const common = { name: deps.name, call, log: deps.log, scrub, now };
  const customisation = createCustomisation(common);
  const metadata = createMetadata({ ...common, state: deps.state, enabled: withMetadata });
  const channels = createChannels(deps.state, { service: deps.name, ttl: threadTtl, now });
  const earlierAttempts = createEarlierAttempts({ ...common, channels, metadata, state: deps.state });
  const submit = createSubmit({ ...common, customisation, metadata });
  const users = createUsers(common);
  const directories = {
    channels: createDirectory('channel', common),
    groups: createDirectory('group', common),
  };

  async function send(notification: Notification, recipient: string, context: SendContext): Promise<Outcome> {
    try {
      const mentioning = await resolveMentions(
        notification,
        { markers, users, ...directories },
        context.signal,
      );
      const message = slackMessage(mentioning, options);
      const posted = context.alert
        ? await sendOngoing(message, recipient, context, context.alert)
        : await sendPlain(message, recipient, context);
      return outcomeOf(posted, recipient, context);
    } catch (error) {
      const what = scrub(String(error));
      deps.log.error({ service: deps.name, error: what }, 'Slack service failed unexpectedly');
      return {
        status: 'retry',
        reason: 'unexpected',
        error: `Slack, channel ${JSON.stringify(recipient)}: ${what}`,
        // Nobody can tell how far it got.
        unclear: true,
      };
    }
  }

  const sendOngoing = createOngoing({
    roots: createRoots(deps.state, deps.name, threadTtl),
    post,
    edit,
    threadOf: ({ groupingKey }, recipient) => threads.find(recipient, groupingKey),
    postGrouped: sendPlain,
    keep,
    onStale: logStale,
  });

  function logStale(recipient: string, { reason }: Failure): void {
    deps.log.info({ service: deps.name, recipient, reason }, 'Message cannot be edited');
  }

  function sendPlain(message: SlackMessage, recipient: string, context: SendContext): Promise<Posted> {
    if (message.groupingKey === '') return post(message, recipient, context);
    return threads.inTurn(recipient, message.groupingKey, () => sendGrouped(message, recipient, context));
  }

  async function sendGrouped(
    message: SlackMessage,
    recipient: string,
    context: SendContext,
  ): Promise<Posted> {
    const { groupingKey, policy } = message;
    let thread: Thread | undefined;
    let alreadyPosted = false;
    try {
      thread = await threads.find(recipient, groupingKey);
      alreadyPosted =
        thread !== undefined && policy === 'PostAndUpdate' && (await threads.hasPosted(context.deliveryId));
    } catch (error) {
      // Nothing is sent yet, and without the state a second thread would begin.
      return failed({ kind: 'retry', reason: 'state_unreadable', detail: `was not asked: ${String(error)}` });
    }
    if (thread === undefined) return postFirst(message, recipient, context);

    // What the reply came to, also where the edit is all that is left to do.
    let said: Partial<Extract<Posted, { ok: true }>> = {};
    if (alreadyPosted && context.earlier !== undefined) said = { earlier: 'found' };
    if (policy !== 'Update' && !alreadyPosted) {
      const reply = await post(message, recipient, context, thread);
      if (!reply.ok && reply.failure.kind === 'thread') return postFirst(message, recipient, context);
      if (!reply.ok) return reply;
      const { degraded, earlier } = reply;
      said = {
        ...(degraded === undefined ? {} : { degraded }),
        ...(earlier === undefined ? {} : { earlier }),
      };
      const stands = reply.isUnthreaded && reply.thread ? reply.thread : thread;
      await keep(() => threads.remember(recipient, groupingKey, stands));
      // It has become the first message of a new thread.
      if (policy === 'Post' || stands !== thread) return reply;
      await keep(() => threads.markPosted(context.deliveryId));
    }

    const edited = await edit(message, thread, context);
    if (edited.ok) {
      await keep(() => threads.remember(recipient, groupingKey, thread));
      return { ...edited, ...said };
    }
    if (!isStale(edited.failure)) {
      // The reply stands there, and whether that could be noted is not certain.
      const { failure } = edited;
      const isPosted = policy !== 'Update' && failure.kind === 'retry';
      return isPosted ? failed({ ...failure, unclear: true }) : edited;
    }
    logStale(recipient, edited.failure);
    // A reply that stands in a thread which still exists has said it already.
    const stands = policy === 'PostAndUpdate' && edited.failure.reason !== 'message_not_found';
    return stands ? { ok: true, ...said } : postFirst(message, recipient, context);
  }

  /** Posts outside of any thread; later messages of the grouping key will follow this one. */
  async function postFirst(message: SlackMessage, recipient: string, context: SendContext): Promise<Posted> {
    const posted = await post(message, recipient, context);
    const { thread } = posted.ok ? posted : {};
    if (thread !== undefined) await keep(() => threads.remember(recipient, message.groupingKey, thread));
    return posted;
  }

  async function post(
    message: SlackMessage,
    recipient: string,
    context: SendContext,
    thread?: Thread,
  ): Promise<Posted> {
    const { deliveryId, signal, departure } = context;
    let earlier: 'absent' | 'unreadable' | undefined;
    if (context.earlier !== undefined) {
      const { since, until } = context.earlier;
      const sought = { deliveryId, recipient, since, until, ...(thread === undefined ? {} : { thread }) };
      const fate = await earlierAttempts.look(sought, signal);
      if (fate.kind === 'unknown') return failed(fate.failure);
      if (fate.kind === 'found') {
        await keep(() => channels.remember(recipient, fate.thread.channel));
        return { ok: true, thread: fate.thread, earlier: 'found' };
      }
      earlier = fate.kind;
    }
    const address = {
      channel: recipient,
      ...(thread === undefined ? {} : { thread_ts: thread.ts }),
      ...(message.broadcast ? { reply_broadcast: 'true' } : {}),
    };
    const submission = { method: 'chat.postMessage', message, address, deliveryId } as const;
    const posted = await submit(submission, signal, departure);
    if (posted.ok && posted.thread !== undefined) {
      const { channel } = posted.thread;
      await keep(() => channels.remember(recipient, channel));
    }
    return { ...posted, ...(earlier === undefined ? {} : { earlier }) };
  }

  async function edit(
    message: SlackMessage,
    thread: Thread,
    { signal, departure }: SendContext,
  ): Promise<Posted> {
    const address = { channel: thread.channel, ts: thread.ts, thread_ts: thread.ts, as_user: 'true' };
    const edited = await submit({ method: 'chat.update', message, address }, signal, departure);
    if (edited.ok || edited.failure.kind !== 'retry') return edited;
    // Slack limits each method on its own.
    return failed({ ...edited.failure, pauses: 'delivery' });
  }

  function outcomeOf(posted: Posted, recipient: string, context: SendContext): Outcome {
    const sentence = (detail: string) =>
      excerptOf(
        `Slack, channel ${JSON.stringify(recipient)} of service ${deps.name}, ${detail}`,
        scrub,
        longestError,
      );
    if (posted.ok) {
      const earlier = posted.earlier === undefined ? {} : { earlier: posted.earlier };
      const { degraded } = posted;
      if (degraded === undefined) return { status: 'sent', ...earlier };
      const { reason, detail } = degraded;
      const error = detail === '' ? {} : { error: sentence(detail) };
      return { status: 'sent', degraded: reason, ...error, ...earlier };
    }
    const { failure } = posted;
    const error = sentence(failure.detail);
    if (failure.kind === 'retry') {
      const { reason, retryAfter, pauses } = failure;
      const stillUnclear = context.earlier !== undefined && posted.earlier !== 'absent';
      const unclear = failure.unclear === true || stillUnclear;
      return {
        status: 'retry',
        reason,
        error,
        ...(retryAfter === undefined ? {} : { retryAfter }),
        ...(pauses === undefined ? {} : { pauses }),
        ...(unclear ? { unclear } : {}),
      };
    }
    const scope = failure.kind === 'rejected' ? failure.scope : 'notification';
    return { status: 'rejected', reason: failure.reason, error, scope };
  }

  /** What Slack accepted is sent, whether or not it could be noted: sending it again would double it. */
  async function keep(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      deps.log.warn(
        { service: deps.name, error: scrub(String(error)) },
        'What Slack answered could not be kept',
      );
    }
  }

  return { send };
};

function failed(failure: Failure): Posted {
  return { ok: false, failure };
}

/** The thread leads nowhere any more, also because the channel got another id. */
function isStale(failure: Failure): boolean {
  return failure.kind === 'thread' || failure.reason === 'channel_not_found';
}
