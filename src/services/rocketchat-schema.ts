import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const rocketchat = serviceSchema({
  type: 'rocketchat',
  product: 'Rocket.Chat',
  pending: true,
  options: {
    email: { kind: 'text' },
    password: { kind: 'password' },
    serverUrl: { kind: 'text' },
    alias: { kind: 'text', harmless: true },
    icon: { kind: 'text', harmless: true },
    avatar: { kind: 'text', harmless: true },
    ...transport,
  },
  section: { merge: 'keep', fields: { attachments: 'text' } },
  rendering: { jsonFields: ['attachments'] },
  recipient: { noun: 'channel' },
});
