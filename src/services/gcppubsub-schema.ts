import { serviceSchema } from './schema.ts';

export const gcppubsub = serviceSchema({
  type: 'gcppubsub',
  product: 'Google Cloud Pub/Sub',
  pending: true,
  options: {
    project: { kind: 'text' },
    topic: { kind: 'text' },
    /** Path of a file. */
    keyFile: { kind: 'text' },
  },
  section: { merge: 'keep', fields: { attributes: 'texts' } },
  recipient: { noun: 'topic' },
});
