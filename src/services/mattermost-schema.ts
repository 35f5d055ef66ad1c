import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const mattermost = serviceSchema({
  type: 'mattermost',
  product: 'Mattermost',
  pending: true,
  options: {
    apiURL: { kind: 'url', required: 'Set apiURL, such as https://mattermost.example.com.' },
    token: {
      kind: 'token',
      required: 'Set token: $mattermost-token and put the token of a bot into the Secret.',
    },
    ...transport,
  },
  section: { merge: 'keep', fields: { attachments: 'text' } },
  rendering: { jsonFields: ['attachments'] },
  recipient: { noun: 'channel id' },
});
