import { serviceSchema } from './schema.ts';

export const pushover = serviceSchema({
  type: 'pushover',
  product: 'Pushover',
  pending: true,
  options: {
    token: {
      kind: 'token',
      required: 'Set token: $pushover-token and put the token of an application into the Secret.',
    },
  },
  recipient: { noun: 'user key' },
});
