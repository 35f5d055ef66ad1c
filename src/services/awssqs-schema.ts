import { serviceSchema } from './schema.ts';

export const awssqs = serviceSchema({
  type: 'awssqs',
  product: 'Amazon SQS',
  options: {
    queue: { kind: 'text' },
    /** Of the queue, where it is another than that of the key. */
    account: { kind: 'text' },
    region: { kind: 'text' },
    endpointUrl: { kind: 'url' },
    /** Both, or those count that the environment has. */
    key: { kind: 'token' },
    secret: { kind: 'password' },
    /** Herald's own; the default is what argocd-notifications does. */
    delaySeconds: { kind: 'whole', default: 10 },
  },
  check({ delaySeconds }, report) {
    if (delaySeconds >= 0 && delaySeconds <= 900) return;
    report(['delaySeconds'], 'delaySeconds is no delay that SQS knows', 'Write a number from 0 to 900.');
  },
  section: {
    merge: 'keep',
    fields: { messageAttributes: 'texts', messageGroupId: 'text' },
    // Where argocd-notifications' documentation has it.
    atTop: ['messageGroupId'],
  },
  recipient: {
    noun: 'queue',
    fault(recipient) {
      if (/^[\w-]*(?:\.fifo)?$/.test(recipient)) return undefined;
      return { what: 'is no name of a queue', fix: 'Write the name alone, not its URL or its ARN.' };
    },
  },
});
