import { transport } from './fields.ts';
import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';

const escapeMattermost = createMarkdownEscape({ crowds: ['all', 'channel', 'here'] });

export const mattermost = serviceSchema({
  type: 'mattermost',
  product: 'Mattermost',
  options: {
    apiURL: { kind: 'url', required: 'Set apiURL, such as https://mattermost.example.com.' },
    token: {
      kind: 'token',
      required: 'Set token: $mattermost-token and put the token of a bot into the Secret.',
    },
    ...transport,
  },
  section: { merge: 'keep', fields: { attachments: 'text' }, json: ['attachments'] },
  rendering: { filterValue: escapeMattermost },
  recipient: { noun: 'channel', required: 'the id of a channel' },
});
