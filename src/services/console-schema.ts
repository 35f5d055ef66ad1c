import { serviceSchema } from './schema.ts';

export const console = serviceSchema({
  type: 'console',
  product: 'Console',
  options: {},
  recipient: { noun: 'recipient' },
});
