import { createApi, unusable } from './api.ts';
import type { OptionsOf } from './fields.ts';
import type { Implementation } from './implementation.ts';
import type { newrelic } from './newrelic-schema.ts';
import { endpoint } from './url.ts';

/** A deployment marker of an application. */
export const newRelicService: Implementation<OptionsOf<(typeof newrelic)['options']>> = (
  { apiKey, apiURL },
  deps,
) => {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const api = createApi(deps, {
    noun: 'application',
    statuses: { 401: { mend: 'Check apiKey in the Secret' }, 403: { mend: 'Check what the key may do' } },
  });

  return {
    send({ message, section }, recipient, context) {
      if (section === undefined) {
        const failure = unusable('cannot be called: the template has no newrelic section');
        return Promise.resolve(api.outcome({ ok: false, failure }, recipient, context));
      }
      const text = (field: string) => (typeof section[field] === 'string' ? section[field] : '');
      const deployment = {
        revision: text('revision'),
        changelog: text('changelog'),
        description: text('description') || message,
        user: text('user'),
      };
      const url = endpoint(
        apiURL,
        `v2/applications/${encodeURIComponent(recipient.toWellFormed())}/deployments.json`,
      );
      return api.send(
        { method: 'POST', url, headers, body: JSON.stringify({ deployment }) },
        recipient,
        context,
      );
    },
  };
};
