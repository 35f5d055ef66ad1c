import { isObject, textAt } from '../json.ts';
import type { Json, JsonObject, Outcome } from '../model.ts';
import { createAlertRefs } from './alert-refs.ts';
import { type ApiOptions, createApi, type Failure, type Refusal, unreadable, unusable } from './api.ts';
import { cutText } from './cut.ts';
import { embedsIn } from './discord/embeds.ts';
import type { discord } from './discord-schema.ts';
import type { OptionsOf } from './fields.ts';
import { type HttpAnswer, type HttpRequest, pauseOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { SendContext } from './service.ts';

/** Characters of a message, and of a name. */
const longestContent = 2_000;
const longestName = 80;
/** A message that makes no sound. */
const silent = 1 << 12;

/**
 * A message in a channel, through a webhook. Discord knows no key of a message: one whose answer was lost may come twice.
 * What nobody needs to be pinged for edits the last message of the alert.
 */
export const discordService: Implementation<OptionsOf<(typeof discord)['options']>> = (options, deps) => {
  const gone = { scope: 'recipient', mend: 'Check the URL of the channel in webhooks' } as const;
  const common: ApiOptions = {
    noun: 'channel',
    statuses: { 401: gone, 403: gone, 404: gone, 410: gone },
    judge: (answer) => (answer.status === 200 && idOf(answer, 'id') === undefined ? unreadable() : undefined),
    refusal,
  };
  const posting = createApi(deps, common);
  const editing = createApi(deps, { ...common, repeatable: true });
  const refs = createAlertRefs(deps, 'discord');

  function messageOf(message: string, section: JsonObject | undefined): JsonObject | Failure {
    const embeds = embedsIn(section);
    const content = cutText(message.toWellFormed(), longestContent);
    const detail =
      embeds === undefined
        ? 'cannot be called: embeds of the template is no YAML or JSON list of embeds'
        : content.trim() === '' && embeds.length === 0
          ? 'was not called: there is no message, and no embed'
          : undefined;
    if (detail !== undefined) return unusable(detail);
    return { content, embeds: embeds ?? [], allowed_mentions: mentionsIn(section) };
  }

  /** The message that the alert has already; undefined where there is none, or none any more. */
  async function edit(hook: string, message: JsonObject, recipient: string, context: SendContext) {
    const ref = context.alert?.isSilent ? await refs.find(recipient, context.alert) : undefined;
    const { id, thread } = ref ?? {};
    if (typeof id !== 'string') return undefined;
    const url = withThread(hook, `/messages/${id}`, thread);
    const asked = await editing.ask(requestOf('PATCH', url, message), context);
    return !asked.ok && asked.failure.reason === 'http_404'
      ? undefined
      : editing.outcome(asked, recipient, context);
  }

  return {
    async send({ message: text, section }, recipient, context): Promise<Outcome> {
      const message = messageOf(text, section);
      if ('kind' in message) {
        return posting.outcome({ ok: false, failure: message as Failure }, recipient, context);
      }
      const hook = versioned(options.webhooks[recipient] ?? '');
      const edited = await edit(hook, message, recipient, context);
      if (edited !== undefined) return edited;
      const known = textAt(await refs.find(recipient, context.alert), 'thread');
      const field = (name: string) => textAt(section, name).trim();
      const thread = field('threadId') || known;
      const threadName = thread === '' ? field('threadName') : '';
      const username = field('username') || options.username;
      const avatar = field('avatarUrl') || options.avatarUrl;
      const body = {
        ...message,
        ...(username === '' ? {} : { username: cutText(username.toWellFormed(), longestName) }),
        ...(avatar === '' ? {} : { avatar_url: avatar }),
        ...(threadName === '' ? {} : { thread_name: cutText(threadName.toWellFormed(), 100) }),
        ...(context.alert?.isSilent ? { flags: silent } : {}),
      };
      const asked = await posting.ask(requestOf('POST', withThread(hook, '', thread), body), context);
      const id = asked.ok ? idOf(asked.answer, 'id') : undefined;
      if (asked.ok && id !== undefined) {
        const inThread = thread === '' && threadName === '' ? undefined : idOf(asked.answer, 'channel_id');
        await refs.remember(recipient, context.alert, { id, ...(inThread && { thread: inThread }) });
      }
      return posting.outcome(asked, recipient, context);
    },
  };
};

function requestOf(method: string, url: string, body: JsonObject): HttpRequest {
  return { method, url, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Nobody, but for whom the template names. */
function mentionsIn(section: JsonObject | undefined): JsonObject {
  const source = section?.['allowedMentions'];
  const list = (name: string) => {
    const ids = isObject(source) ? source[name] : undefined;
    return Array.isArray(ids)
      ? ids.filter((id) => typeof id === 'string' || typeof id === 'number').map(String)
      : [];
  };
  const [parse, roles, users] = [list('parse'), list('roles'), list('users')];
  return { parse, ...(roles.length > 0 && { roles }), ...(users.length > 0 && { users }) };
}

/** A URL without a version is that of one which Discord gives up. */
function versioned(hook: string): string {
  return hook.replace(/^(https?:\/\/[^/]+\/api)\/webhooks\//, '$1/v10/webhooks/');
}

/** With `wait` the answer is the message, and a refusal is one. */
function withThread(hook: string, path: string, thread: Json | undefined): string {
  const url = new URL(hook);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  if (path === '') url.searchParams.set('wait', 'true');
  if (typeof thread === 'string' && thread !== '') url.searchParams.set('thread_id', thread);
  return url.href;
}

function idOf(answer: HttpAnswer, name: 'id' | 'channel_id'): string | undefined {
  const json = answer.json();
  return isObject(json) && typeof json[name] === 'string' ? json[name] : undefined;
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || typeof json['message'] !== 'string') return undefined;
  const text = [json['message'], ...messagesIn(json['errors'] ?? null)].join('; ');
  const retryAfter = answer.status === 429 ? pauseOf(json['retry_after']) : undefined;
  return { text, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** The messages in Discord's tree of errors. */
function messagesIn(errors: Json): string[] {
  if (typeof errors !== 'object' || errors === null) return [];
  return Object.entries(errors).flatMap(([name, value]) =>
    name === 'message' && typeof value === 'string' ? [value] : messagesIn(value),
  );
}
