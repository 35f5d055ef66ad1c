import { isObject } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { type Asked, createApi, type Refusal, unreadable } from './api.ts';
import { cutText } from './cut.ts';
import { isHttpUrl, type OptionsOf } from './fields.ts';
import { type HttpAnswer, pauseOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import { jsonListOf } from './json-section.ts';
import type { rocketchat } from './rocketchat-schema.ts';
import type { SendContext } from './service.ts';
import { endpoint } from './url.ts';

/** Characters of a message where nobody has allowed more. */
const usualLength = 5_000;

interface Session {
  authToken: string;
  userId: string;
}

/** A message in a room, from a user who logs in once, and again when Rocket.Chat knows the login no longer. */
export const rocketChatService: Implementation<OptionsOf<(typeof rocketchat)['options']>> = (
  options,
  deps,
) => {
  const { serverUrl, email, password, alias, icon, avatar } = options;
  const judge = (answer: HttpAnswer) =>
    answer.status < 300 && outcomeIn(answer) === undefined ? unreadable() : refused(answer);
  const loginApi = createApi(deps, {
    judge: (answer) => (answer.status < 300 && !sessionIn(answer) ? unreadable() : undefined),
    refusal,
  });
  const api = createApi(deps, {
    noun: 'room',
    judge,
    refusal,
    statuses: { 404: { scope: 'service', mend: 'Check serverUrl' } },
  });
  const look = {
    ...(alias === '' ? {} : { alias }),
    ...(/^:[^:\s]+:$/.test(icon) ? { emoji: icon } : {}),
    ...(isHttpUrl(avatar) ? { avatar } : {}),
  };
  let session: Session | undefined;

  async function logIn(context: SendContext): Promise<Asked> {
    const asked = await loginApi.ask(
      {
        method: 'POST',
        url: endpoint(serverUrl, 'api/v1/login'),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ user: email, password }).toString(),
        bodyIsSecret: true,
      },
      context,
    );
    session = asked.ok ? sessionIn(asked.answer) : undefined;
    if (asked.ok) return asked;
    // Nothing is said yet, whatever became of the login.
    const { failure } = asked;
    if (failure.kind === 'rejected') return { ok: false, failure: { ...failure, scope: 'service' } };
    const { unclear: _, ...clear } = failure;
    return { ok: false, failure: clear };
  }

  async function post(message: JsonObject, attachments: string, context: SendContext): Promise<Asked> {
    const known = session;
    const loggedIn = known === undefined ? await logIn(context) : undefined;
    if (loggedIn?.ok === false) return loggedIn;
    const body = `${JSON.stringify(message).slice(0, -1)}${attachments}}`;
    const headers = {
      'x-auth-token': session?.authToken ?? '',
      'x-user-id': session?.userId ?? '',
      'content-type': 'application/json',
    };
    const url = endpoint(serverUrl, 'api/v1/chat.postMessage');
    const asked = await api.ask({ method: 'POST', url, headers, body }, context);
    if (asked.ok || asked.failure.reason !== 'http_401') return asked;
    session = undefined;
    return known === undefined ? asked : post(message, attachments, context);
  }

  return {
    async send({ message, section }, recipient, context) {
      const attachments = jsonListOf(section, 'attachments');
      if (!attachments.ok) return api.outcome(attachments, recipient, context);
      const list = attachments.isEmpty ? '' : `,"attachments":${attachments.text}`;
      const room = /^[#@]/.test(recipient) ? { channel: recipient } : { roomId: recipient };
      const said = (text: string) => ({ ...room, ...(text === '' ? {} : { text }), ...look });
      const asked = await post(said(message), list, context);
      const isTooLong = !asked.ok && asked.failure.detail.includes('message-size-exceeded');
      if (!isTooLong) return api.outcome(asked, recipient, context);
      return api.outcome(await post(said(cutText(message, usualLength)), list, context), recipient, context);
    },
  };
};

/** Whether the answer says that the message was taken; undefined where it says nothing. */
function outcomeIn(answer: HttpAnswer): boolean | undefined {
  const json = answer.json();
  return isObject(json) && typeof json['success'] === 'boolean' ? json['success'] : undefined;
}

function refused(answer: HttpAnswer): ReturnType<typeof unreadable> | undefined {
  if (answer.status >= 300 || outcomeIn(answer) !== false) return undefined;
  const { text = '', scope = 'notification' } = refusal(answer) ?? {};
  return { kind: 'rejected', reason: 'refused', detail: `refused the message: ${text}`, scope };
}

function sessionIn(answer: HttpAnswer): Session | undefined {
  const json = answer.json();
  const data = isObject(json) && isObject(json['data']) ? json['data'] : {};
  const { authToken, userId } = data;
  return typeof authToken === 'string' && typeof userId === 'string' ? { authToken, userId } : undefined;
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  const text = isObject(json) ? (json['error'] ?? json['message']) : undefined;
  if (typeof text !== 'string') return undefined;
  const seconds = /must wait (\d+) seconds/.exec(text)?.[1];
  const retryAfter = seconds === undefined ? undefined : pauseOf(Number(seconds));
  const isRecipient =
    /invalid-channel|room-not-found|not-in-room|invalid-room|error-not-allowed|channel_not_found/.test(text);
  return {
    text,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(isRecipient ? { scope: 'recipient' } : {}),
  };
}
