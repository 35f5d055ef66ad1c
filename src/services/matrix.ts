import { isObject, textAt } from '../json.ts';
import type { JsonObject, Outcome } from '../model.ts';
import { createAlertRefs } from './alert-refs.ts';
import {
  type ApiOptions,
  type Asked,
  createApi,
  type Failure,
  type Refusal,
  unreadable,
  unusable,
} from './api.ts';
import type { OptionsOf } from './fields.ts';
import { type HttpAnswer, pauseOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import { contentOf, editOf, replyOf } from './matrix/content.ts';
import type { matrix } from './matrix-schema.ts';
import type { SendContext } from './service.ts';
import { endpoint } from './url.ts';

/**
 * A message in a room. The transaction id is the delivery's, by which a homeserver knows a repetition. What follows in an
 * alert replies to its first message, and edits the last one where nobody needs to be pinged.
 */
export const matrixService: Implementation<OptionsOf<(typeof matrix)['options']>> = (
  { homeserverUrl, accessToken, html },
  deps,
) => {
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  const common: ApiOptions = {
    noun: 'room',
    repeatable: true,
    success: [200],
    statuses: {
      401: { scope: 'service', mend: 'Check accessToken in the Secret' },
      403: { scope: 'recipient', mend: 'Invite the bot to the room, and let it write there' },
      404: { scope: 'recipient', mend: 'Check the room, and homeserverUrl' },
    },
    refusal,
  };
  const writing = createApi(deps, {
    ...common,
    judge: (answer) => (answer.status === 200 && idIn(answer, 'event_id') === '' ? unreadable() : undefined),
  });
  const asking = createApi(deps, { ...common, judge: notOurs });
  const refs = createAlertRefs(deps, 'matrix');
  /** Ids of rooms by their aliases. */
  const rooms = new Map<string, string>();

  function call(path: string): string {
    return endpoint(homeserverUrl, `_matrix/client/v3/${path}`);
  }

  /** The id of a room, which an alias leads to. */
  async function roomOf(recipient: string, context: SendContext): Promise<string | Asked> {
    if (recipient.startsWith('!')) return recipient;
    const known = rooms.get(recipient);
    if (known !== undefined) return known;
    const url = call(`directory/room/${encodeURIComponent(recipient)}`);
    const asked = await asking.ask({ method: 'GET', url, headers }, context);
    if (!asked.ok) return asked;
    const id = idIn(asked.answer, 'room_id');
    rooms.set(recipient, id);
    return id;
  }

  /** A bot that is invited joins when it is to write. */
  async function write(room: string, content: JsonObject, context: SendContext): Promise<Asked> {
    const path = `rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(context.deliveryId)}`;
    const request = { method: 'PUT', url: call(path), headers, body: JSON.stringify(content) };
    const asked = await writing.ask(request, context);
    if (asked.ok || asked.failure.reason !== 'http_403' || !/M_FORBIDDEN/.test(asked.failure.detail))
      return asked;
    const join = { method: 'POST', url: call(`join/${encodeURIComponent(room)}`), headers, body: '{}' };
    const joined = await asking.ask(join, context);
    return joined.ok ? writing.ask(request, context) : asked;
  }

  return {
    async send({ message, section }, recipient, context): Promise<Outcome> {
      if (message.trim() === '') {
        const failure = unusable('was not called: the template has no message');
        return writing.outcome({ ok: false, failure }, recipient, context);
      }
      const { alert } = context;
      const room = await roomOf(recipient, context);
      if (typeof room !== 'string') return writing.outcome(room, recipient, context);
      const ref = await refs.find(recipient, alert);
      const [first, last] = [textAt(ref, 'first'), textAt(ref, 'last')];
      const quiet = alert?.isSilent === true;
      const content = contentOf(message, {
        html,
        quiet: quiet && last === '',
        mentions: section?.['mentions'],
      });
      const isEdit = quiet && last !== '';
      const whole = isEdit ? editOf(content, last) : first === '' ? content : replyOf(content, first);
      const asked = await write(room, whole, context);
      if (asked.ok && !isEdit) {
        const event = idIn(asked.answer, 'event_id');
        await refs.remember(recipient, alert, { first: first || event, last: event });
      }
      // A room that is known by its alias no more may have another id now.
      if (!asked.ok && asked.failure.kind === 'rejected') rooms.delete(recipient);
      return writing.outcome(asked, recipient, context);
    },
  };
};

function idIn(answer: HttpAnswer, name: 'event_id' | 'room_id'): string {
  return textAt(answer.json(), name);
}

/** Nothing has been sent with such a call. */
function notOurs(answer: HttpAnswer): Failure | undefined {
  if (answer.status !== 200 || idIn(answer, 'room_id') !== '') return undefined;
  const detail = 'sent an answer that is not from its API';
  return { kind: 'retry', reason: 'unreadable_answer', detail };
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || typeof json['errcode'] !== 'string') return undefined;
  const text = [json['errcode'], textAt(json, 'error')].filter(Boolean).join(': ');
  const wait = json['retry_after_ms'];
  const retryAfter = typeof wait === 'number' ? pauseOf(wait / 1_000) : undefined;
  return { text, ...(retryAfter === undefined || answer.status !== 429 ? {} : { retryAfter }) };
}
