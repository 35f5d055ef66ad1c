import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const googlechat = serviceSchema({
  type: 'googlechat',
  product: 'Google Chat',
  pending: true,
  options: { webhooks: { kind: 'map', of: 'hook' }, ...transport },
  section: {
    merge: 'keep',
    fields: { cards: 'text', cardsV2: 'text', threadKey: 'text' },
    json: ['cards', 'cardsV2'],
  },
  recipient: { noun: 'space', required: 'a name from webhooks:', keyedBy: 'webhooks' },
});
