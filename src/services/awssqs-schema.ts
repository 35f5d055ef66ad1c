import { serviceSchema } from './schema.ts';

export const awssqs = serviceSchema({
  type: 'awssqs',
  product: 'Amazon SQS',
  pending: true,
  options: {
    queue: { kind: 'text' },
    account: { kind: 'text' },
    region: { kind: 'text' },
    endpointUrl: { kind: 'url' },
    key: { kind: 'token' },
    secret: { kind: 'password' },
  },
  section: { merge: 'keep', fields: { messageAttributes: 'texts', messageGroupId: 'text' } },
  recipient: { noun: 'queue' },
});
