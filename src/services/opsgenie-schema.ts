import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const opsgenie = serviceSchema({
  type: 'opsgenie',
  product: 'Opsgenie',
  pending: true,
  options: {
    /** A host, without a scheme. */
    apiUrl: { kind: 'text', default: 'api.opsgenie.com' },
    apiKeys: { kind: 'map', of: 'token' },
    ...transport,
  },
  section: {
    merge: {
      description: 'set',
      priority: 'set',
      alias: 'set',
      note: 'set',
      entity: 'set',
      user: 'set',
      actions: 'keep',
      tags: 'keep',
      details: 'keep',
      visibleTo: 'keep',
    },
    fields: {
      description: 'text',
      priority: 'text',
      alias: 'text',
      note: 'text',
      actions: 'list',
      tags: 'list',
      visibleTo: [{ id: 'text', type: 'text', name: 'text', username: 'text' }],
      details: 'texts',
      entity: 'text',
      user: 'text',
    },
  },
  recipient: { noun: 'team', required: 'a name from apiKeys:', keyedBy: 'apiKeys' },
});
