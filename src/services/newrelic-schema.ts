import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const newrelic = serviceSchema({
  type: 'newrelic',
  product: 'New Relic',
  pending: true,
  options: {
    apiKey: { kind: 'token', required: 'Set apiKey: $newrelic-api-key and put the key into the Secret.' },
    apiURL: { kind: 'url', default: 'https://api.newrelic.com' },
    ...transport,
  },
  section: {
    merge: 'set',
    fields: { revision: 'text', changelog: 'text', description: 'text', user: 'text' },
  },
  recipient: { noun: 'application id' },
});
