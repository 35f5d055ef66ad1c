import { parseYaml } from '../go/yaml.ts';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import { shortKey } from './alert-refs.ts';
import { createApi, type Failure, type Refusal, unreadable, unusable } from './api.ts';
import { cutText, utf8Bytes } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import type { googlechat } from './googlechat-schema.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';

/** Bytes of a message, with some room for what stands around the text. */
const longestText = 31_000;
/** Characters. */
const longestThreadKey = 4_000;

/** A message or cards in a space, through a webhook. An answer that was lost may have been a message: one may come twice. */
export const googleChatService: Implementation<OptionsOf<(typeof googlechat)['options']>> = (
  { webhooks },
  deps,
) => {
  const gone = { scope: 'recipient', mend: 'Check the URL of the space in webhooks' } as const;
  const api = createApi(deps, {
    noun: 'space',
    statuses: { 401: gone, 403: gone, 404: gone, 410: gone },
    judge,
    refusal,
  });

  return {
    send({ message, section }, recipient, context) {
      const cards = cardsIn(section, 'cards');
      const cardsV2 = cardsIn(section, 'cardsV2');
      const broken = cards === 'broken' ? 'cards' : cardsV2 === 'broken' ? 'cardsV2' : undefined;
      if (broken !== undefined) {
        const failure = unusable(
          `cannot be called: ${broken} of the template is no YAML or JSON list of cards`,
        );
        return Promise.resolve(api.outcome({ ok: false, failure }, recipient, context));
      }
      const old = cards as JsonObject[] | undefined;
      const current = (cardsV2 as JsonObject[] | undefined)?.map((card, at) =>
        withId(card, `${context.deliveryId}-${at}`),
      );
      const hasCards = old !== undefined || current !== undefined;
      const body = {
        text: hasCards ? '' : cutText(message, longestText, utf8Bytes),
        ...(old && old.length > 0 ? { cards: old } : {}),
        ...(current && current.length > 0 ? { cardsV2: current } : {}),
      };
      const url = withThread(webhooks[recipient] ?? '', threadOf(section, context));
      const headers = { 'content-type': 'application/json' };
      return api.send({ method: 'POST', url, headers, body: JSON.stringify(body) }, recipient, context);
    },
  };
};

/** undefined where there are none. */
function cardsIn(section: JsonObject | undefined, field: string): JsonObject[] | undefined | 'broken' {
  const text = section?.[field] ?? '';
  if (text === '') return undefined;
  if (typeof text !== 'string') return 'broken';
  const { value, problems } = parseYaml(text);
  if (problems.length > 0) return 'broken';
  if (value === null) return undefined;
  return Array.isArray(value) && value.every(isObject) ? (value as JsonObject[]) : 'broken';
}

/** Google wants an id of each card; a card may have its own, and may be wrapped as the API has it. */
function withId(card: JsonObject, id: string): JsonObject {
  const { cardId, ...rest } = card;
  const inner: Json = isObject(rest['card']) && Object.keys(rest).length === 1 ? rest['card'] : rest;
  return { cardId: typeof cardId === 'string' && cardId !== '' ? cardId : id, card: inner };
}

/** The template's, or one for all messages of an alert. */
function threadOf(section: JsonObject | undefined, { alert }: SendContext): string | undefined {
  const own = section?.['threadKey'];
  return typeof own === 'string' && own !== '' ? own : alert && shortKey(alert.key, longestThreadKey);
}

/** A message with a key goes into the thread of that key, or begins it. */
function withThread(hook: string, threadKey: string | undefined): string {
  if (threadKey === undefined) return hook;
  const url = new URL(hook);
  url.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
  url.searchParams.set('threadKey', threadKey);
  url.searchParams.sort();
  return url.href;
}

/** An answer of success may hold an error, and one that is no JSON is not Google's. */
function judge(answer: HttpAnswer): Failure | 'success' | undefined {
  if (answer.status >= 300) return undefined;
  const json = answer.json();
  if (!isObject(json)) return unreadable();
  const error = json['error'];
  if (!isObject(error)) return 'success';
  const code = Number(error['code']);
  const detail = `answered an error: ${textOf(answer) ?? 'without a message'}`;
  const reason = Number.isInteger(code) ? `http_${code}` : 'error_in_answer';
  if (code === 429) return { kind: 'retry', reason, detail };
  if (code >= 500) return { kind: 'retry', reason, detail, unclear: true };
  const scope = [401, 403, 404, 410].includes(code) ? 'recipient' : 'notification';
  return { kind: 'rejected', reason, detail, scope };
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const text = textOf(answer);
  return text === undefined ? undefined : { text };
}

function textOf(answer: HttpAnswer): string | undefined {
  const json = answer.json();
  const error = isObject(json) && isObject(json['error']) ? json['error'] : {};
  const parts = [error['status'], error['message']].filter((part) => typeof part === 'string');
  return parts.length === 0 ? undefined : parts.join(': ').slice(0, 500);
}
