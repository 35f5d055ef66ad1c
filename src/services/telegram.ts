import { isObject } from '../json.ts';
import type { Outcome } from '../model.ts';
import { type Asked, createApi, type Refusal, unreadable } from './api.ts';
import type { OptionsOf } from './fields.ts';
import { type HttpAnswer, pauseOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';
import { cutTelegramMarkdown, withoutEscapes } from './telegram-markdown.ts';
import { chatOf, type telegram } from './telegram-schema.ts';

/** UTF-16 units of a message. */
const longestText = 4_096;

/**
 * A message to a chat, as Markdown. One whose Markdown Telegram cannot read goes out once more without it. Telegram
 * knows no key of a message, so that one whose answer was lost may arrive twice.
 */
export const telegramService: Implementation<OptionsOf<(typeof telegram)['options']>> = ({ token }, deps) => {
  const api = createApi(deps, {
    noun: 'chat',
    statuses: {
      401: { scope: 'service', mend: 'Check the token in the Secret' },
      403: { scope: 'recipient', mend: 'Add the bot to the chat, or let the person write to it first' },
      404: { scope: 'service', mend: 'Check the token in the Secret' },
    },
    judge: (answer) => (answer.status < 300 && !isOk(answer) ? unreadable() : undefined),
    refusal,
  });

  function post(fields: Record<string, string>, context: SendContext): Promise<Asked> {
    return api.ask(
      {
        method: 'POST',
        url: `https://api.telegram.org/bot${token}/sendMessage`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      },
      context,
    );
  }

  return {
    async send({ message }, recipient, context): Promise<Outcome> {
      const { id = '', thread } = chatOf(recipient) ?? {};
      const chat = { chat_id: id, ...(thread === undefined ? {} : { message_thread_id: thread }) };
      const text = cutTelegramMarkdown(message, longestText);
      const asked = await post(
        { ...chat, parse_mode: 'Markdown', ...(text === '' ? {} : { text }) },
        context,
      );
      if (asked.ok || !isMarkup(asked)) return api.outcome(asked, recipient, context);
      const plain = await post({ ...chat, text: withoutEscapes(text) }, context);
      const outcome = api.outcome(plain, recipient, context);
      if (outcome.status !== 'sent') return outcome;
      const error = `Telegram, chat ${JSON.stringify(recipient)} of service ${deps.name}, cannot read the Markdown of the template`;
      return { ...outcome, degraded: 'plain_text', error };
    },
  };
};

function isOk(answer: HttpAnswer): boolean {
  const json = answer.json();
  return isObject(json) && json['ok'] === true;
}

function isMarkup(asked: Asked): boolean {
  return !asked.ok && /can't parse entities|can't find end/.test(asked.failure.detail);
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || typeof json['description'] !== 'string') return undefined;
  const text = json['description'];
  const parameters = isObject(json['parameters']) ? json['parameters'] : {};
  const retryAfter = pauseOf(parameters['retry_after']);
  const isRecipient =
    answer.status === 400 &&
    /chat not found|thread not found|rights|upgraded to a supergroup|PEER_ID|TOPIC/i.test(text);
  return {
    text,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(isRecipient ? { scope: 'recipient' } : {}),
  };
}
