import { serviceSchema } from './schema.ts';

export const telegram = serviceSchema({
  type: 'telegram',
  product: 'Telegram',
  pending: true,
  options: {
    token: {
      kind: 'token',
      required: 'Set token: $telegram-token and put the token of a bot into the Secret.',
    },
  },
  recipient: { noun: 'chat' },
});
