import type { Logger } from '../../log.ts';
import type { Notification, Outcome } from '../../model.ts';
import { createConnections } from '../http.ts';
import { createScrub } from '../secrets.ts';
import type { SendContext, Service, ServiceState } from '../service.ts';
import { createSlackCall, type SlackCall } from './client.ts';
import { createCustomisation, isCustomised } from './customise.ts';
import { type Failure, failureOf, TOO_LONG } from './errors.ts';
import { longestText } from './limits.ts';
import { createMarkers } from './markers.ts';
import { neutraliseMentions } from './mentions.ts';
import { type Form, type SlackMessage, shortText, slackMessage } from './message.ts';
import { resolveMentions } from './resolve-mentions.ts';
import type { SlackOptions } from './schema.ts';
import { createThreads, type Thread } from './threads.ts';
import { createUsers } from './users.ts';

export interface SlackDeps {
  /** `team-a` of `service.slack.team-a`, `slack` of `service.slack`. */
  name: string;
  log: Logger;
  /** Of one configuration: services of different namespaces may share a name, and must not share a state. */
  state: ServiceState;
  now?: () => number;
  /** Replaces the calls over HTTP. */
  call?: SlackCall;
  /** Certificates in PEM for the host of apiURL, in place of the system's. */
  ca?: string;
}

export interface SlackSettings {
  /** Milliseconds for one call. */
  timeout: number;
  /** Seconds that a thread is remembered beyond its last use. */
  threadTtl: number;
  /** Each new message carries its delivery id as Slack message metadata; that takes no scope. */
  metadata: boolean;
  pace: Service['pace'];
}

/** Slack takes about one message a second and channel, and short bursts. */
const defaults: SlackSettings = {
  timeout: 10_000,
  threadTtl: 90 * 86_400,
  metadata: true,
  pace: { perSecond: 1, burst: 5 },
};

const metadataEvent = 'herald_delivery';

/** Why a message went out in another form than it was rendered; without `detail` where that has been told. */
type Degraded = NonNullable<SlackMessage['degraded']>;
type Posted = { ok: true; degraded?: Degraded; thread?: Thread } | { ok: false; failure: Failure };

/**
 * Slack's Web API, posting what argocd-notifications posts (pipeline.json) and losing less: a layout that Slack
 * refuses goes out once more as plain text, a parent that cannot be edited is replaced by a new message.
 *
 * A delivery with PostAndUpdate makes two calls. Once the first is accepted this is kept in the state, so a retry
 * repeats only the second.
 */
export function createSlackService(
  options: SlackOptions,
  deps: SlackDeps,
  settings: Partial<SlackSettings> = {},
): Service {
  const { timeout, threadTtl, metadata, pace } = { ...defaults, ...settings };
  const now = deps.now ?? Date.now;
  const scrub = createScrub([options.token]);
  const threads = createThreads(deps.state, deps.name, threadTtl);
  const dispatcher = createConnections({
    insecureSkipVerify: options.insecureSkipVerify,
    ...(deps.ca === undefined ? {} : { ca: deps.ca }),
  });
  const call = deps.call ?? createSlackCall(options, { dispatcher, timeout, now });
  /** Set when Slack refuses message metadata of this token, for example of a user. */
  let withoutMetadata = !metadata;
  const customisation = createCustomisation({ name: deps.name, log: deps.log, now });
  const markers = createMarkers();
  const users = createUsers({ name: deps.name, call, log: deps.log, now });
  let closing: Promise<void> | undefined;

  async function send(notification: Notification, recipient: string, context: SendContext): Promise<Outcome> {
    try {
      const mentioning = await resolveMentions(notification, { markers, users }, context.signal);
      const message = slackMessage(mentioning, options);
      const posted =
        message.groupingKey === ''
          ? await post(message, recipient, context)
          : await threads.inTurn(recipient, message.groupingKey, () =>
              sendGrouped(message, recipient, context),
            );
      return outcomeOf(posted, recipient);
    } catch (error) {
      const what = scrub(String(error));
      deps.log.error({ service: deps.name, error: what }, 'Slack service failed unexpectedly');
      return {
        status: 'retry',
        reason: 'unexpected',
        error: `Slack, channel ${JSON.stringify(recipient)}: ${what}`,
      };
    }
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

    let degraded: Degraded | undefined;
    if (policy !== 'Update' && !alreadyPosted) {
      const reply = await post(message, recipient, context, thread);
      if (!reply.ok && reply.failure.kind === 'thread') return postFirst(message, recipient, context);
      if (!reply.ok) return reply;
      degraded = reply.degraded;
      await keep(() => threads.remember(recipient, groupingKey, thread));
      if (policy === 'Post') return reply;
      await keep(() => threads.markPosted(context.deliveryId));
    }

    const edited = await edit(message, thread, context);
    if (edited.ok) {
      await keep(() => threads.remember(recipient, groupingKey, thread));
      return { ...edited, ...(degraded === undefined ? {} : { degraded }) };
    }
    if (!isStale(edited.failure)) return edited;
    deps.log.info(
      { service: deps.name, recipient, reason: edited.failure.reason },
      'Message cannot be edited',
    );
    // A reply that stands in a thread which still exists has said it already.
    const said = policy === 'PostAndUpdate' && edited.failure.reason !== 'message_not_found';
    return said
      ? { ok: true, ...(degraded === undefined ? {} : { degraded }) }
      : postFirst(message, recipient, context);
  }

  /** Posts outside of any thread; later messages of the grouping key will follow this one. */
  async function postFirst(message: SlackMessage, recipient: string, context: SendContext): Promise<Posted> {
    const posted = await post(message, recipient, context);
    const { thread } = posted.ok ? posted : {};
    if (thread !== undefined) await keep(() => threads.remember(recipient, message.groupingKey, thread));
    return posted;
  }

  function post(
    message: SlackMessage,
    recipient: string,
    context: SendContext,
    thread?: Thread,
  ): Promise<Posted> {
    const address = {
      channel: recipient,
      ...(thread === undefined ? {} : { thread_ts: thread.ts }),
      ...(message.broadcast ? { reply_broadcast: 'true' } : {}),
    };
    return submit('chat.postMessage', message, address, context, {
      metadata: JSON.stringify({
        event_type: metadataEvent,
        event_payload: { delivery: context.deliveryId },
      }),
    });
  }

  function edit(message: SlackMessage, thread: Thread, context: SendContext): Promise<Posted> {
    const address = { channel: thread.channel, ts: thread.ts, thread_ts: thread.ts, as_user: 'true' };
    return submit('chat.update', message, address, context, {});
  }

  /** One message: as it is meant, and where Slack refuses the layout, the metadata or the name, without it. */
  async function submit(
    method: string,
    message: SlackMessage,
    address: Form,
    context: SendContext,
    extra: Form,
  ): Promise<Posted> {
    let form = message.form;
    let degraded = message.degraded;
    // An edit has to clear the layout that the message had.
    const cleared = (plain: Form): Form =>
      method === 'chat.update' ? { ...plain, attachments: '[]', blocks: '[]' } : plain;
    if (degraded !== undefined) form = cleared(form);

    for (;;) {
      const allowed = customisation.allowed(form);
      const full = { ...allowed.form, ...address, ...(withoutMetadata ? {} : extra) };
      const answer = await attempt(method, full, context);
      if (answer.ok) {
        if (allowed.reduced) degraded ??= { reason: 'without_customize', detail: '' };
        return { ...answer, ...(degraded === undefined ? {} : { degraded }) };
      }
      const { failure } = answer;
      if (failure.kind === 'customised' && isCustomised(allowed.form)) {
        customisation.refused(failure);
        continue;
      }
      if (failure.kind === 'metadata' && 'metadata' in full) {
        withoutMetadata = true;
        deps.log.warn({ service: deps.name, reason: failure.reason }, 'Slack refuses message metadata');
        continue;
      }
      const limit = TOO_LONG.has(failure.reason) ? shortText : longestText;
      const shorter = degraded === undefined || (form.text ?? '').length > limit;
      if (failure.kind !== 'layout' || !shorter) return answer;
      form = cleared(message.plain(limit));
      if (form.text === '') return answer;
      degraded = failure;
    }
  }

  async function attempt(method: string, form: Form, { signal }: SendContext): Promise<Posted> {
    if (signal.aborted) {
      return failed({ kind: 'retry', reason: 'aborted', detail: 'was not asked: the attempt was aborted' });
    }
    try {
      const { ts, channel } = await call(method, form, signal);
      return { ok: true, ...(ts !== undefined && channel !== undefined ? { thread: { ts, channel } } : {}) };
    } catch (error) {
      return failed(failureOf(error, signal, now()));
    }
  }

  function outcomeOf(posted: Posted, recipient: string): Outcome {
    const sentence = (detail: string) =>
      scrub(`Slack, channel ${JSON.stringify(recipient)} of service ${deps.name}, ${detail}`);
    if (posted.ok) {
      const { degraded } = posted;
      if (degraded === undefined) return { status: 'sent' };
      const { reason, detail } = degraded;
      return { status: 'sent', degraded: reason, ...(detail === '' ? {} : { error: sentence(detail) }) };
    }
    const { failure } = posted;
    const error = sentence(failure.detail);
    if (failure.kind === 'retry') {
      const { reason, retryAfter } = failure;
      return { status: 'retry', reason, error, ...(retryAfter === undefined ? {} : { retryAfter }) };
    }
    const scope = failure.kind === 'rejected' ? failure.scope : 'notification';
    return { status: 'rejected', reason: failure.reason, error, scope };
  }

  /** What Slack accepted is sent, whether or not it could be noted: sending it again would double it. */
  async function keep(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      deps.log.warn({ service: deps.name, error: scrub(String(error)) }, 'Slack thread could not be kept');
    }
  }

  return {
    type: 'slack',
    jsonFields: ['attachments', 'blocks'],
    filterValue: neutraliseMentions,
    mention: markers.mark,
    ...(pace === undefined ? {} : { pace }),
    send,
    close() {
      closing ??= dispatcher.close();
      return closing;
    },
  };
}

function failed(failure: Failure): Posted {
  return { ok: false, failure };
}

/** The thread leads nowhere any more, also because the channel got another id. */
function isStale(failure: Failure): boolean {
  return failure.kind === 'thread' || failure.reason === 'channel_not_found';
}
