import { serviceSchema } from './schema.ts';

export const console = serviceSchema({
  type: 'console',
  product: 'Console',
  isHeraldOnly: true,
  options: {},
  recipient: { noun: 'recipient' },
});
