import { isObject, objectAt, objectsAt, textAt, textOf } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { createAlertRefs, shortKey } from './alert-refs.ts';
import { createApi, type Refusal, unreadable, unusable } from './api.ts';
import { cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import { type HttpAnswer, retryAfterOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { incidentio } from './incidentio-schema.ts';

/** Characters. incident.io names no limits; these are ours. */
const longestTitle = 255;
const longestDescription = 30_000;
const longestKey = 255;

/**
 * An event of an alert source: `deduplication_key` is the template's, the alert's or the delivery's, and all events that
 * have the same are one alert. The end of an alert resolves it.
 */
export const incidentIoService: Implementation<OptionsOf<(typeof incidentio)['options']>> = (
  { url, token },
  deps,
) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const api = createApi(deps, {
    success: [202],
    repeatable: true,
    statuses: { 404: { scope: 'service', mend: 'Check url: there is no such alert source' } },
    judge: ({ status }) => (status >= 200 && status < 300 && status !== 202 ? unreadable() : undefined),
    refusal: (answer) => refusal(answer, deps.now()),
  });
  const refs = createAlertRefs(deps, 'incidentio');

  return {
    async send({ message, section }, recipient, context) {
      const { alert } = context;
      const isEnd = alert?.state === 'resolved';
      const known = await refs.find(recipient, alert);
      const title = message.toWellFormed().trim() || textAt(known, 'title');
      if (title === '') {
        const failure = unusable('was not called: the template has no message');
        return api.outcome({ ok: false, failure }, recipient, context);
      }
      const own = textAt(section, 'deduplicationKey') || alert?.key || context.deliveryId;
      const key = textAt(known, 'key') || shortKey(own, longestKey);
      const description = textAt(section, 'description') || (title.length > longestTitle ? title : '');
      const event = {
        title: cutText(title, longestTitle),
        status: isEnd ? 'resolved' : 'firing',
        deduplication_key: key,
        ...given('description', cutText(description.toWellFormed(), longestDescription)),
        ...given('source_url', textAt(section, 'sourceUrl').trim()),
        metadata: metadataOf(section, alert?.severity),
      };
      const asked = await api.ask({ method: 'POST', url, headers, body: JSON.stringify(event) }, context);
      if (asked.ok && !isEnd) {
        await refs.remember(recipient, alert, { key, title: event.title });
      }
      return api.outcome(asked, recipient, context);
    },
  };
};

function given(name: string, text: string): JsonObject {
  return text === '' ? {} : { [name]: text };
}

/** What routes of incident.io go by. */
function metadataOf(section: JsonObject | undefined, severity = ''): JsonObject {
  const own = Object.entries(objectAt(section, 'metadata')).flatMap(([name, value]): [string, string][] =>
    textOf(value) === '' ? [] : [[name, textOf(value).toWellFormed()]],
  );
  return { ...given('severity', severity), ...Object.fromEntries(own) };
}

function refusal(answer: HttpAnswer, now: number): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json)) return undefined;
  const messages = objectsAt(json, 'errors').map((error) => textAt(error, 'message'));
  const text = messages.filter(Boolean).join('; ');
  const retryAfter = retryAfterOf(textAt(json, 'rate_limit', 'retry_after'), now);
  return { ...(text === '' ? {} : { text }), ...(retryAfter === undefined ? {} : { retryAfter }) };
}
