import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';
import { cardFields } from './teams-card.ts';

export const teamsWorkflows = serviceSchema({
  type: 'teams-workflows',
  product: 'Microsoft Teams',
  pending: true,
  options: { recipientUrls: { kind: 'map', of: 'hook' }, ...transport },
  section: {
    merge: 'keep',
    fields: { ...cardFields, adaptiveCard: 'text' },
    json: ['facts', 'sections', 'potentialAction', 'adaptiveCard'],
  },
  recipient: { noun: 'channel', required: 'a name from recipientUrls:', keyedBy: 'recipientUrls' },
});
