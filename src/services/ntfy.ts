import { createHash } from 'node:crypto';
import { parseYaml } from '../go/yaml.ts';
import { isObject, textAt, textOf } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { createApi, type Refusal, unreadable, unusable } from './api.ts';
import { cutText, utf8Bytes } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import { basic, type HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import { type ntfy, priorityOf } from './ntfy-schema.ts';
import type { SendContext } from './service.ts';

/** Bytes of a message, beyond which it would be an attachment. */
const longestMessage = 4_096;
/** Characters; ntfy names no limit, and has one for the whole. */
const longestTitle = 250;
/** No sound. */
const quiet = 2;

/**
 * A message of a topic. What tells of the same alert has the same `sequence_id`, by which apps replace what they show; so
 * they do with a message whose answer was lost, if they know it.
 */
export const ntfyService: Implementation<OptionsOf<(typeof ntfy)['options']>> = (
  { serverUrl, token, username, password, markdown },
  deps,
) => {
  const authorization =
    token !== '' ? `Bearer ${token}` : username === '' ? undefined : basic(username, password);
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
  const api = createApi(deps, {
    noun: 'topic',
    statuses: {
      403: { scope: 'recipient', mend: 'Check that the account may write to the topic' },
      404: { scope: 'service', mend: 'Check serverUrl' },
      405: { scope: 'service', mend: 'Check serverUrl' },
    },
    judge: (answer) => (answer.status === 200 && !isMessage(answer) ? unreadable() : undefined),
    refusal,
  });

  return {
    send({ message, section = {} }, recipient, context) {
      const body = messageOf(message, section, recipient, context);
      if (typeof body === 'string') {
        const failure = unusable(body);
        return Promise.resolve(api.outcome({ ok: false, failure }, recipient, context));
      }
      return api.send(
        {
          method: 'POST',
          url: serverUrl,
          headers,
          body: JSON.stringify({ ...body, ...(markdown && { markdown }) }),
        },
        recipient,
        context,
      );
    },
  };
};

/** Or why there is none. */
function messageOf(
  message: string,
  section: JsonObject,
  topic: string,
  { alert, deliveryId }: SendContext,
): JsonObject | string {
  const text = (field: string) => textAt(section, field).trim();
  const given = (field: string) => (text(field) === '' ? {} : { [field]: text(field) });
  const written = text('priority');
  const priority = alert?.isSilent ? quiet : priorityOf(written);
  const listed = section['actions'] ?? '';
  const actions = typeof listed === 'string' ? parseYaml(listed) : { value: listed, problems: [] };
  if (message.trim() === '') return 'was not called: the template has no message';
  if (written !== '' && priority === undefined)
    return 'was not called: priority of the template is none of 1 to 5, min, low, default, high, max';
  if (actions.problems.length > 0 || !(actions.value === null || Array.isArray(actions.value)))
    return 'cannot be called: actions of the template is no YAML or JSON list';
  const tags = (Array.isArray(section['tags']) ? section['tags'] : []).map(textOf).filter(Boolean);
  const title = cutText(text('title').toWellFormed(), longestTitle);
  return {
    topic,
    message: cutText(message.toWellFormed(), longestMessage, utf8Bytes),
    ...(title === '' ? {} : { title }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(priority === undefined ? {} : { priority }),
    ...given('click'),
    ...given('icon'),
    ...given('attach'),
    ...(actions.value === null ? {} : { actions: actions.value }),
    sequence_id: sequenceOf(alert?.key ?? deliveryId),
  };
}

function sequenceOf(key: string): string {
  return /^[\w-]{1,64}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');
}

function isMessage(answer: HttpAnswer): boolean {
  const json = answer.json();
  return isObject(json) && typeof json['id'] === 'string';
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  return isObject(json) && typeof json['error'] === 'string' ? { text: json['error'] } : undefined;
}
