import { isObject } from '../../json.ts';
import type { Logger } from '../../log.ts';
import type { Departure } from '../../net/departure.ts';
import type { SlackCall } from './client.ts';
import { type Customisation, isCustomised } from './customise.ts';
import { type Failure, failureOf, TOO_LONG } from './errors.ts';
import { longestText } from './limits.ts';
import { type Form, type SlackMessage, shortText } from './message.ts';
import type { Metadata } from './metadata.ts';
import type { Thread } from './threads.ts';

/** Why a message went out in another form than it was rendered; without `detail` where that has been told. */
export type Degraded = NonNullable<SlackMessage['degraded']>;
export type Submitted =
  /** `isUnthreaded`: what it was to reply to is gone, and Slack has posted it outside of any thread. */
  { ok: true; degraded?: Degraded; thread?: Thread; isUnthreaded?: true } | { ok: false; failure: Failure };

export interface Submission {
  method: 'chat.postMessage' | 'chat.update';
  message: SlackMessage;
  address: Form;
  /** Written into the message's metadata. */
  deliveryId?: string;
}

interface Deps {
  name: string;
  call: SlackCall;
  customisation: Customisation;
  metadata: Metadata;
  log: Logger;
  now(): number;
}

/**
 * Submits one message: as it is meant, and where Slack refuses the layout, the metadata or the name, without it.
 * Only a definite refusal is followed by another call, so that at most one of them can have posted.
 */
export function createSubmit({ name, call, customisation, metadata, log, now }: Deps) {
  async function attempt(
    method: string,
    form: Form,
    signal: AbortSignal,
    departure: Departure | undefined,
  ): Promise<Submitted> {
    if (signal.aborted) {
      const detail = 'was not asked: the attempt was aborted';
      return { ok: false, failure: { kind: 'retry', reason: 'aborted', detail } };
    }
    try {
      const { ts, channel, message } = await call(method, form, signal, departure);
      const isPlace = typeof ts === 'string' && typeof channel === 'string';
      const isReply = method === 'chat.postMessage' && form['thread_ts'] !== undefined;
      const isUnthreaded = isReply && isObject(message) && message.thread_ts === undefined;
      return {
        ok: true,
        ...(isPlace ? { thread: { ts, channel } } : {}),
        ...(isUnthreaded ? { isUnthreaded } : {}),
      };
    } catch (error) {
      return { ok: false, failure: failureOf(error, signal, now()) };
    }
  }

  async function refusedMetadata(failure: Failure): Promise<void> {
    try {
      await metadata.refused(failure);
    } catch (error) {
      log.warn({ service: name, error: String(error) }, 'That Slack refuses metadata could not be kept');
    }
  }

  return async (
    { method, message, address, deliveryId }: Submission,
    signal: AbortSignal,
    departure?: Departure,
  ): Promise<Submitted> => {
    let form = message.form;
    let degraded = message.degraded;
    // An edit has to clear the layout that the message had.
    const cleared = (plain: Form): Form =>
      method === 'chat.update' ? { ...plain, attachments: '[]', blocks: '[]' } : plain;
    if (degraded !== undefined) form = cleared(form);

    for (;;) {
      const allowed = customisation.allowed(form);
      const extra = deliveryId === undefined ? {} : metadata.fields(deliveryId);
      const full = { ...allowed.form, ...address, ...extra };
      const answer = await attempt(method, full, signal, departure);
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
        await refusedMetadata(failure);
        continue;
      }
      const limit = TOO_LONG.has(failure.reason) ? shortText : longestText;
      const shorter = degraded === undefined || (form.text ?? '').length > limit;
      if (failure.kind !== 'layout' || !shorter) return answer;
      form = cleared(message.plain(limit));
      if (form.text === '') return answer;
      degraded = failure;
    }
  };
}
