import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';

const escapeRocketChat = createMarkdownEscape({ crowds: ['all', 'here'] });

export const rocketchat = serviceSchema({
  type: 'rocketchat',
  product: 'Rocket.Chat',
  options: {
    email: { kind: 'text', required: 'Set email to the name or the address of the user that sends.' },
    password: {
      kind: 'password',
      required: 'Set password: $rocketchat-password and put it into the Secret.',
    },
    serverUrl: { kind: 'url', required: 'Set serverUrl, such as https://rocketchat.example.com.' },
    alias: { kind: 'text', harmless: true },
    icon: { kind: 'text', harmless: true },
    avatar: { kind: 'text', harmless: true },
  },
  section: { merge: 'keep', fields: { attachments: 'text' }, json: ['attachments'] },
  rendering: { filterValue: escapeRocketChat },
  recipient: { noun: 'room', required: 'the name of a channel' },
});
