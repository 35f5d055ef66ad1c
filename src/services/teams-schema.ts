import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';
import { cardFields } from './teams-card.ts';

export const teams = serviceSchema({
  type: 'teams',
  product: 'Microsoft Teams',
  pending: true,
  options: { recipientUrls: { kind: 'map', of: 'hook' }, ...transport },
  section: { merge: 'keep', fields: cardFields, json: ['facts', 'sections', 'potentialAction'] },
  recipient: { noun: 'channel', required: 'a name from recipientUrls:', keyedBy: 'recipientUrls' },
});
