import { isObject, textAt } from '../json.ts';
import type { Outcome } from '../model.ts';
import { createAlertRefs } from './alert-refs.ts';
import { type ApiOptions, createApi, type Refusal, unreadable, unusable } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import { basic, type HttpAnswer, pauseOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';
import { endpoint } from './url.ts';
import type { zulip } from './zulip-schema.ts';

/** Characters. */
const longestMessage = 10_000;
const longestTopic = 60;

const isPerson = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * A message in a topic of a channel, or to a person. Zulip knows no key of a message: one whose answer was lost may come
 * twice. What nobody needs to be pinged for edits the last message of the alert, as long as Zulip lets it.
 */
export const zulipService: Implementation<OptionsOf<(typeof zulip)['options']>> = (
  { serverUrl, email, apiKey, topic: ownTopic },
  deps,
) => {
  const headers = {
    authorization: basic(email, apiKey),
    'content-type': 'application/x-www-form-urlencoded',
  };
  const common: ApiOptions = {
    noun: 'channel',
    statuses: {
      401: { scope: 'service', mend: 'Check email and apiKey' },
      404: { scope: 'service', mend: 'Check serverUrl' },
    },
    judge: (answer) => (answer.status < 300 && !isSuccess(answer) ? unreadable() : undefined),
    refusal,
  };
  const posting = createApi(deps, common);
  const editing = createApi(deps, { ...common, repeatable: true });
  const refs = createAlertRefs(deps, 'zulip');

  function requestOf(method: string, path: string, fields: Record<string, string>) {
    const url = endpoint(serverUrl, `api/v1/${path}`);
    return { method, url, headers, body: new URLSearchParams(fields).toString() };
  }

  /** undefined where the alert has no message that can be edited. */
  async function edit(
    content: string,
    recipient: string,
    context: SendContext,
  ): Promise<Outcome | undefined> {
    const ref = context.alert?.isSilent ? await refs.find(recipient, context.alert) : undefined;
    if (typeof ref?.['id'] !== 'number') return undefined;
    const asked = await editing.ask(requestOf('PATCH', `messages/${ref['id']}`, { content }), context);
    // Its time to be edited is over, or it is gone.
    return !asked.ok && asked.failure.reason === 'http_400'
      ? undefined
      : editing.outcome(asked, recipient, context);
  }

  return {
    async send({ message, section }, recipient, context): Promise<Outcome> {
      const content = cutText(message.toWellFormed(), longestMessage, codePoints);
      if (content.trim() === '') {
        const failure = unusable('was not called: the template has no message');
        return posting.outcome({ ok: false, failure }, recipient, context);
      }
      const edited = await edit(content, recipient, context);
      if (edited !== undefined) return edited;
      const topic = textAt(section, 'topic').replaceAll(/\s+/g, ' ').trim() || ownTopic;
      const to = isPerson.test(recipient)
        ? { type: 'private', to: JSON.stringify([recipient]) }
        : { type: 'stream', to: recipient, topic: cutText(topic.toWellFormed(), longestTopic, codePoints) };
      const asked = await posting.ask(requestOf('POST', 'messages', { ...to, content }), context);
      const json = asked.ok ? asked.answer.json() : undefined;
      if (isObject(json) && typeof json['id'] === 'number') {
        await refs.remember(recipient, context.alert, { id: json['id'] });
      }
      return posting.outcome(asked, recipient, context);
    },
  };
};

function isSuccess(answer: HttpAnswer): boolean {
  return textAt(answer.json(), 'result') === 'success';
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || typeof json['msg'] !== 'string') return undefined;
  const text = json['msg'];
  const code = textAt(json, 'code');
  const retryAfter = answer.status === 429 ? pauseOf(json['retry-after']) : undefined;
  const isRecipient =
    answer.status === 400 &&
    (code === 'STREAM_DOES_NOT_EXIST' || /invalid (?:email|user)|not authorized|unknown user/i.test(text));
  return {
    text,
    ...(isRecipient ? { scope: 'recipient' } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
