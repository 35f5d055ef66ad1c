import { isObject } from '../json.ts';
import type { Outcome } from '../model.ts';
import { createApi, type Refusal } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import { type HttpAnswer, pauseOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { pagerduty } from './pagerduty-schema.ts';

/** Characters. */
const longestTitle = 1_024;
const longestBody = 65_536;

const isKnown = /matching (?:dedup|incident).?key|already exists/i;

/**
 * An incident, through the REST API. `incident_key` is the delivery's: as long as the incident is open PagerDuty refuses
 * a second one, which says that the first has arrived.
 */
export const pagerDutyService: Implementation<OptionsOf<(typeof pagerduty)['options']>> = (
  { token, from },
  deps,
) => {
  const headers = {
    accept: 'application/vnd.pagerduty+json;version=2',
    authorization: `Token token=${token}`,
    'content-type': 'application/json',
    ...(from === '' ? {} : { from }),
  };
  const api = createApi(deps, { noun: 'service id', repeatable: true, refusal });

  return {
    async send({ section }, recipient, context): Promise<Outcome> {
      if (section === undefined) {
        const detail = 'was not called: the template has no pagerduty section';
        const failure = {
          kind: 'rejected',
          reason: 'invalid_section',
          detail,
          scope: 'notification',
        } as const;
        return api.outcome({ ok: false, failure }, recipient, context);
      }
      const text = (field: string) =>
        typeof section[field] === 'string' ? section[field].toWellFormed() : '';
      const [urgency, priority, details] = [text('urgency'), text('priorityId'), text('body')];
      const incident = {
        type: 'incident',
        title: cutText(text('title'), longestTitle, codePoints),
        service: { id: recipient, type: 'service_reference' },
        ...(priority === '' ? {} : { priority: { id: priority, type: 'priority' } }),
        ...(urgency === '' ? {} : { urgency }),
        incident_key: context.deliveryId,
        body: {
          type: 'incident_details',
          ...(details === '' ? {} : { details: cutText(details, longestBody, codePoints) }),
        },
      };
      const url = 'https://api.pagerduty.com/incidents';
      const asked = await api.ask(
        { method: 'POST', url, headers, body: JSON.stringify({ incident }) },
        context,
      );
      const isThere = !asked.ok && asked.failure.reason === 'http_400' && isKnown.test(asked.failure.detail);
      if (isThere && context.earlier !== undefined) return { status: 'sent', earlier: 'found' };
      return isThere ? { status: 'sent' } : api.outcome(asked, recipient, context);
    },
  };
};

function refusal(answer: HttpAnswer): Refusal | undefined {
  const json = answer.json();
  const error = isObject(json) && isObject(json['error']) ? json['error'] : undefined;
  if (error === undefined || typeof error['message'] !== 'string') return undefined;
  const errors = Array.isArray(error['errors'])
    ? error['errors'].filter((each) => typeof each === 'string')
    : [];
  const text = [error['message'], ...errors].join('; ');
  const retryAfter = pauseOf(Number(answer.header('ratelimit-reset') ?? Number.NaN));
  const isSender = answer.status === 400 && /requester|from header/i.test(text);
  const isService = answer.status === 400 && /\bservice\b/i.test(text) && !isKnown.test(text);
  return {
    text,
    ...(isSender ? { scope: 'service' } : isService ? { scope: 'recipient' } : {}),
    ...(retryAfter === undefined || answer.status !== 429 ? {} : { retryAfter }),
  };
}
