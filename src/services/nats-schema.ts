import { serviceSchema } from './schema.ts';

export const nats = serviceSchema({
  type: 'nats',
  product: 'NATS',
  pending: true,
  options: {
    url: { kind: 'text', required: 'Set url, such as nats://nats.example.com:4222.' },
    headers: { kind: 'map', of: 'text' },
    nkey: { kind: 'token' },
    username: { kind: 'text' },
    password: { kind: 'password' },
  },
  recipient: { noun: 'subject' },
});
