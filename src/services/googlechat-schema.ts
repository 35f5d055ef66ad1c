import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';
import type { ValueFilter } from './service.ts';

export const googlechat = serviceSchema({
  type: 'googlechat',
  product: 'Google Chat',
  options: {
    webhooks: {
      kind: 'map',
      of: 'hook',
      required: 'Set webhooks: {<name of a space>: $<key of the URL of its webhook>}.',
    },
    ...transport,
  },
  section: {
    merge: 'keep',
    fields: { cards: 'text', cardsV2: 'text', threadKey: 'text' },
    yaml: ['cards', 'cardsV2'],
  },
  rendering: { filterValue: escapeChat(), plainFields: ['threadKey'] },
  recipient: { noun: 'space', required: 'a name from webhooks:', keyedBy: 'webhooks' },
  // Google takes one message a second for a space.
  pace: { perSecond: 1, burst: 4 },
});

/**
 * Tags of cards, links and mentions (`<users/all>`) all begin with `<`, and Google Chat knows no escape for it: a space of
 * no width behind it takes it apart, also at the end of a value, behind which another may stand.
 */
function escapeChat(): ValueFilter {
  return (value, { isForeign }) =>
    value.replace(/<(?=[a-z/!]|(?![^]))/gi, (found, at: number) => (isForeign(at) ? '<\u200b' : found));
}
