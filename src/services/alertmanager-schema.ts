/**
 * Backends that messages are sent to: for each type a schema (`<type>-schema.ts`) and, where Herald sends to it, an
 * implementation (`<type>.ts`), listed in `schemas.ts` and `registry.ts`. It may import the ground alone.
 */
import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const alertmanager = serviceSchema({
  type: 'alertmanager',
  product: 'Alertmanager',
  pending: true,
  options: {
    targets: { kind: 'list', of: 'host', default: ['127.0.0.1:9093'] },
    scheme: { kind: 'text', default: 'http' },
    apiPath: { kind: 'text', default: '/api/v2/alerts' },
    basicAuth: {
      kind: 'object',
      fields: { username: { kind: 'text' }, password: { kind: 'password' } },
    },
    bearerToken: { kind: 'token' },
    /** Seconds for one call. */
    timeout: { kind: 'whole', default: 3 },
    ...transport,
  },
  section: {
    merge: { labels: 'set', annotations: 'keep', generatorURL: 'set', startsAt: 'set' },
    fields: { labels: 'texts', annotations: 'texts', generatorURL: 'text', startsAt: 'literal' },
  },
  recipient: { noun: 'recipient' },
});
