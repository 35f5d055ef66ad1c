import { isObject } from '../json.ts';
import type { JsonObject, Outcome } from '../model.ts';
import { createAlertRefs, shortKey } from './alert-refs.ts';
import { type Asked, createApi, type Refusal, unusable } from './api.ts';
import { codePoints, cutText } from './cut.ts';
import type { OptionsOf } from './fields.ts';
import { type HttpAnswer, pauseOf } from './http.ts';
import type { Implementation } from './implementation.ts';
import type { pagerduty } from './pagerduty-schema.ts';
import type { SendContext } from './service.ts';

/** Characters. */
const longestTitle = 1_024;
const longestBody = 65_536;
const longestKey = 255;

const incidents = 'https://api.pagerduty.com/incidents';
const isKnown = /matching (?:dedup|incident).?key|already exists/i;
const isOver = /already resolved/i;

/**
 * An incident, through the REST API, resolved at the end of an alert. `incident_key` is the alert's or the delivery's: as
 * long as the incident is open PagerDuty refuses a second one, which says that the first is there.
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

  const refs = createAlertRefs(deps, 'pagerduty');

  async function raise(section: JsonObject, recipient: string, context: SendContext): Promise<Outcome> {
    const incident = incidentOf(section, recipient, keyOf(context));
    const body = JSON.stringify({ incident });
    const asked = await api.ask({ method: 'POST', url: incidents, headers, body }, context);
    if (asked.ok) {
      const json = asked.answer.json();
      const id = isObject(json) && isObject(json['incident']) ? json['incident']['id'] : undefined;
      if (typeof id === 'string') await refs.remember(recipient, context.alert, { id });
      return api.outcome(asked, recipient, context);
    }
    if (!isRefusal(asked, isKnown)) return api.outcome(asked, recipient, context);
    // Of an alert that has been told before, the incident is there as it should be.
    const isFound = context.earlier !== undefined && !context.alert?.isFollowUp;
    return isFound ? { status: 'sent', earlier: 'found' } : { status: 'sent' };
  }

  /** The open incident of an alert: the id as it was raised, or as PagerDuty finds it. */
  async function find(recipient: string, context: SendContext): Promise<{ id?: string } | Asked> {
    const known = (await refs.find(recipient, context.alert))?.['id'];
    if (typeof known === 'string') return { id: known };
    const url = new URL(incidents);
    url.searchParams.set('incident_key', keyOf(context));
    url.searchParams.append('service_ids[]', recipient);
    for (const status of ['triggered', 'acknowledged']) url.searchParams.append('statuses[]', status);
    const asked = await api.ask({ method: 'GET', url: url.href, headers }, context);
    if (!asked.ok) return asked;
    const json = asked.answer.json();
    const found = isObject(json) && Array.isArray(json['incidents']) ? json['incidents'][0] : undefined;
    return isObject(found) && typeof found['id'] === 'string' ? { id: found['id'] } : {};
  }

  async function resolve(message: string, recipient: string, context: SendContext): Promise<Outcome> {
    const found = await find(recipient, context);
    if ('ok' in found) return api.outcome(found, recipient, context);
    // Somebody has resolved it.
    if (found.id === undefined) return { status: 'sent' };
    const resolution = cutText(message.toWellFormed(), longestBody, codePoints);
    const incident = {
      type: 'incident_reference',
      status: 'resolved',
      ...(resolution === '' ? {} : { resolution }),
    };
    const url = `${incidents}/${encodeURIComponent(found.id)}`;
    const asked = await api.ask({ method: 'PUT', url, headers, body: JSON.stringify({ incident }) }, context);
    return isRefusal(asked, isOver) ? { status: 'sent' } : api.outcome(asked, recipient, context);
  }

  return {
    send({ message, section }, recipient, context): Promise<Outcome> {
      if (context.alert?.state === 'resolved') return resolve(message, recipient, context);
      if (section !== undefined) return raise(section, recipient, context);
      const failure = unusable('was not called: the template has no pagerduty section');
      return Promise.resolve(api.outcome({ ok: false, failure }, recipient, context));
    },
  };
};

function keyOf({ alert, deliveryId }: SendContext): string {
  return shortKey(alert?.key ?? deliveryId, longestKey);
}

function incidentOf(section: JsonObject, service: string, key: string): JsonObject {
  const text = (field: string) => (typeof section[field] === 'string' ? section[field].toWellFormed() : '');
  const [urgency, priority, details] = [text('urgency'), text('priorityId'), text('body')];
  return {
    type: 'incident',
    title: cutText(text('title'), longestTitle, codePoints),
    service: { id: service, type: 'service_reference' },
    ...(priority === '' ? {} : { priority: { id: priority, type: 'priority' } }),
    ...(urgency === '' ? {} : { urgency }),
    incident_key: key,
    body: {
      type: 'incident_details',
      ...(details === '' ? {} : { details: cutText(details, longestBody, codePoints) }),
    },
  };
}

function isRefusal(asked: Asked, words: RegExp): boolean {
  return !asked.ok && asked.failure.reason === 'http_400' && words.test(asked.failure.detail);
}

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
