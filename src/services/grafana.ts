import { createApi } from './api.ts';
import type { OptionsOf } from './fields.ts';
import type { grafana } from './grafana-schema.ts';
import type { Implementation } from './implementation.ts';
import { endpoint } from './url.ts';

/** An annotation a notification; the recipient is its tags, between bars. */
export const grafanaService: Implementation<OptionsOf<(typeof grafana)['options']>> = (
  { apiUrl, apiKey },
  deps,
) => {
  const url = endpoint(apiUrl, 'annotations');
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const api = createApi(deps, {
    noun: 'tags',
    success: [200],
    statuses: {
      404: {
        scope: 'service',
        mend: 'Check that apiUrl is that of the API, such as https://grafana.example.com/api',
      },
    },
  });

  return {
    send({ message }, recipient, context) {
      const annotation = {
        // Whole seconds, as argocd-notifications has them.
        time: Math.floor(deps.now() / 1_000) * 1_000,
        isRegion: false,
        tags: recipient.split('|'),
        text: message,
      };
      const body = JSON.stringify(annotation);
      return api.send({ method: 'POST', url, headers, body }, recipient, context);
    },
  };
};
