import { transport } from './fields.ts';
import { opsAlert } from './ops-alerts-schema.ts';
import { serviceSchema } from './schema.ts';

export const opsgenie = serviceSchema({
  type: 'opsgenie',
  product: 'Opsgenie',
  options: {
    apiUrl: { kind: 'text', default: 'api.opsgenie.com' },
    apiKeys: {
      kind: 'map',
      of: 'token',
      required: 'Set apiKeys: {<id of a team>: $<key of its API key>}.',
    },
    ...transport,
  },
  check({ apiUrl }, report) {
    if (opsgenieHost(apiUrl) === undefined)
      report(['apiUrl'], 'apiUrl is no host', 'Write api.opsgenie.com or api.eu.opsgenie.com.');
  },
  section: {
    merge: opsAlert.merge,
    fields: {
      ...opsAlert.fields,
      visibleTo: [{ id: 'text', type: 'text', name: 'text', username: 'text' }],
    },
  },
  recipient: { noun: 'team', required: 'a name from apiKeys:', keyedBy: 'apiKeys' },
});

/** The host of the API, with a port where there is one: a scheme before it and a slash behind it are left out. */
export function opsgenieHost(apiUrl: string): string | undefined {
  const host = apiUrl
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '');
  return /^[^\s/?#@\\]+$/.test(host) && URL.canParse(`https://${host}`) ? host : undefined;
}
