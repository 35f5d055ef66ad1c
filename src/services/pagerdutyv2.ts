import { isObject, textAt } from '../json.ts';
import type { JsonObject } from '../model.ts';
import { createAlertRefs, shortKey } from './alert-refs.ts';
import { createApi, type Refusal, unreadable, unusable } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import type { HttpAnswer } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { pagerdutyv2 } from './pagerdutyv2-schema.ts';

/** Characters of a summary, and of a key. */
const longestSummary = 1_024;
const longestKey = 255;

/**
 * An event that triggers an incident, or resolves it at the end of an alert. `dedup_key` is the template's, the alert's or
 * the delivery's: PagerDuty makes one incident of all events that have the same.
 */
export const pagerDutyEventsService: Implementation<OptionsOf<(typeof pagerdutyv2)['options']>> = (
  { serviceKeys },
  deps,
) => {
  const key = { scope: 'recipient', mend: 'Check its integration key in serviceKeys' } as const;
  const api = createApi(deps, {
    noun: 'service',
    success: [202],
    repeatable: true,
    statuses: { 401: key, 403: key, 404: { scope: 'service' } },
    judge: ({ status }) => (status >= 200 && status < 300 && status !== 202 ? unreadable() : undefined),
    refusal,
  });

  const refs = createAlertRefs(deps, 'pagerdutyv2');

  return {
    async send({ section }, recipient, context) {
      const isEnd = context.alert?.state === 'resolved';
      if (section === undefined && !isEnd) {
        const failure = unusable('was not called: the template has no pagerdutyv2 section');
        return api.outcome({ ok: false, failure }, recipient, context);
      }
      const known = textAt(await refs.find(recipient, context.alert), 'dedupKey');
      const own = textAt(section, 'dedupKey').toWellFormed() || context.alert?.key || context.deliveryId;
      const dedupKey = known || shortKey(own, longestKey);
      const event = {
        routing_key: serviceKeys[recipient] ?? '',
        event_action: isEnd ? 'resolve' : 'trigger',
        dedup_key: dedupKey,
        ...(section === undefined || isEnd ? {} : incidentOf(section)),
      };
      const request = {
        method: 'POST',
        url: 'https://events.pagerduty.com/v2/enqueue',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
        bodyIsSecret: true,
      } as const;
      const asked = await api.ask(request, context);
      if (asked.ok && !isEnd) await refs.remember(recipient, context.alert, { dedupKey });
      return api.outcome(asked, recipient, context);
    },
  };
};

function incidentOf(section: JsonObject): JsonObject {
  const given = (name: string, value: string) => (value === '' ? {} : { [name]: value });
  const text = (field: string) => textAt(section, field).toWellFormed();
  return {
    client: 'ArgoCD',
    ...given('client_url', text('url')),
    payload: {
      summary: cutText(text('summary'), longestSummary, codePoints),
      source: text('source'),
      severity: text('severity'),
      ...given('component', text('component')),
      ...given('group', text('group')),
      ...given('class', text('class')),
    },
  };
}

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  if (!isObject(json) || typeof json['message'] !== 'string') return undefined;
  const errors = Array.isArray(json['errors'])
    ? json['errors'].filter((each) => typeof each === 'string')
    : [];
  const text = [json['message'], ...errors].join('; ');
  return /routing.?key|integration key/i.test(text) && answer.status === 400
    ? { text, scope: 'recipient' }
    : { text };
}
