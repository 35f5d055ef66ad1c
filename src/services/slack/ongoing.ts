import type { SendContext } from '../service.ts';
import type { Failure } from './errors.ts';
import { inBrief, replacing, type SlackMessage } from './message.ts';
import type { Root, Roots } from './roots.ts';
import type { Posted } from './slack.ts';
import type { Thread } from './threads.ts';

interface Deps {
  roots: Roots;
  /** Posts into the channel, or as a reply; with a grouping key into its thread. */
  post(message: SlackMessage, recipient: string, context: SendContext, thread?: Thread): Promise<Posted>;
  edit(message: SlackMessage, thread: Thread, context: SendContext): Promise<Posted>;
  /** The thread of a grouping key. */
  threadOf(message: SlackMessage, recipient: string): Promise<Thread | undefined>;
  postGrouped(message: SlackMessage, recipient: string, context: SendContext): Promise<Posted>;
  /** Writes what may be lost. */
  keep(write: () => Promise<void>): Promise<void>;
  /** Told why a first message could not be gone on from. */
  onStale(recipient: string, failure: Failure): void;
}

/** Why a channel is to see a reply, and not only who follows the thread. */
const pinging = new Set([
  'new in group',
  'repeated',
  'severity raised',
  'silence ended',
  'mute ended',
  'inhibition ended',
]);

/**
 * Messages of an alert or of a group that has an end. The first one is the root: it shows the state, and edits of it
 * ping nobody. What follows is an event: a reply, which pings. By its `deliveryPolicy` a later message is a reply
 * (`Post`), the root brought up to date and one line as a reply (`Update`, and of groups), or the root brought up to
 * date and all of it as a reply (`PostAndUpdate`). A message that nobody needs to be pinged by edits the root alone.
 *
 * A root that was deleted or cannot be edited any more is replaced by a new message, which is the root from then on; a
 * message that nobody needs to be pinged by is then left out.
 * Where a template has a `groupingKey`, the thread of that stays in force, as in argocd-notifications.
 */
export function createOngoing({ roots, post, edit, threadOf, postGrouped, keep, onStale }: Deps) {
  return async (
    message: SlackMessage,
    recipient: string,
    context: SendContext,
    alert: NonNullable<SendContext['alert']>,
  ): Promise<Posted> => {
    const isOver = alert.state === 'resolved';
    const isGrouped = message.groupingKey !== '';
    const remember = (root: Root) => keep(() => roots.remember(alert.key, root, isOver));

    let root: Root | undefined;
    try {
      root = alert.isFollowUp ? await roots.find(alert.key) : undefined;
    } catch (error) {
      // Nothing is sent yet, and without the state a second root would begin.
      const detail = `was not asked: ${String(error)}`;
      return { ok: false, failure: { kind: 'retry', reason: 'state_unreadable', detail } };
    }
    // An edit pings nobody, and a message in its place would: what comes next says it as well.
    if (root === undefined && alert.isFollowUp && alert.isSilent)
      return unsaid({ reason: 'no_root', detail: 'has no message that could be edited' });
    if (root === undefined) return postRoot();
    const current = root;
    if (isGrouped && !alert.isSilent) return postGrouped(message, recipient, context);

    const policy = alert.isSilent ? 'Update' : (message.givenPolicy ?? current.policy);
    let edited: Posted | undefined;
    if (policy !== 'Post') {
      edited = await edit(replacing(message), current, context);
      if (!edited.ok && alert.isSilent && isStale(edited.failure)) {
        const { reason, detail } = edited.failure;
        return unsaid({ reason, detail: `could not be edited: ${detail}` });
      }
      if (!edited.ok) return isStale(edited.failure) ? replace(edited.failure) : edited;
      if (alert.isSilent) return concluded(edited);
    }
    const answered = await answer(policy === 'Update' ? inBrief(message) : message);
    if (answered.ok) return concluded({ ...degradedOf(edited), ...answered });
    const { failure } = answered;
    if (edited?.ok && failure.kind !== 'retry') {
      // The root says it, but nobody was pinged.
      await remember(current);
      return { ...edited, degraded: { reason: failure.reason, detail: `took no reply: ${failure.detail}` } };
    }
    return isStale(failure) ? replace(failure) : answered;

    function answer(said: SlackMessage): Promise<Posted> {
      const broadcast = said.broadcast || pinging.has(alert.reason);
      const thread = { channel: current.channel, ts: current.thread ?? current.ts };
      return post({ ...said, broadcast }, recipient, context, thread);
    }

    /** Slack takes a reply to a message that is gone for a message of its own: that is the root from now on. */
    async function concluded(posted: Posted): Promise<Posted> {
      if (!posted.ok) return posted;
      const { thread, isUnthreaded } = posted;
      await remember(isUnthreaded && thread ? { ...thread, policy: current.policy } : current);
      return posted;
    }

    async function replace(failure: Failure): Promise<Posted> {
      onStale(recipient, failure);
      return postRoot();
    }

    async function postRoot(): Promise<Posted> {
      const posted = isGrouped
        ? await postGrouped(message, recipient, context)
        : await post(message, recipient, context);
      if (!posted.ok || posted.thread === undefined) return posted;
      const { ts, channel } = posted.thread;
      await keep(async () => {
        const parent = isGrouped ? await threadOf(message, recipient) : undefined;
        const thread = parent && parent.ts !== ts ? parent.ts : undefined;
        const policy = message.givenPolicy ?? root?.policy ?? message.usualPolicy;
        await roots.remember(alert.key, { ts, channel, thread, policy }, isOver);
      });
      return posted;
    }
  };
}

function degradedOf(edited: Posted | undefined): Pick<Extract<Posted, { ok: true }>, 'degraded'> {
  return edited?.ok && edited.degraded ? { degraded: edited.degraded } : {};
}

/** What only an edit would have shown. */
function unsaid(degraded: { reason: string; detail: string }): Posted {
  return { ok: true, degraded };
}

/** It leads nowhere any more: a new message may, also to a recipient whose channel has another id by now. */
function isStale(failure: Failure): boolean {
  if (failure.kind === 'thread') return true;
  if (failure.kind !== 'rejected') return false;
  return failure.scope === 'recipient' || failure.reason === 'update_failed';
}
