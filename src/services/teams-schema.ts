import { transport } from './fields.ts';
import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';
import { cardFields } from './teams-card.ts';

export const teams = serviceSchema({
  type: 'teams',
  product: 'Microsoft Teams',
  options: {
    recipientUrls: {
      kind: 'map',
      of: 'hook',
      required: 'Set recipientUrls: {<name of a channel>: $<key of its webhook URL>}.',
    },
    ...transport,
  },
  section: {
    merge: 'keep',
    fields: cardFields,
    messageField: 'text',
    json: ['template', 'facts', 'sections', 'potentialAction'],
  },
  // Cards are Markdown with some HTML in it.
  rendering: {
    filterValue: createMarkdownEscape({ html: true }),
    plainFields: ['themeColor', 'summary'],
    lineBreak: '\n\n',
  },
  recipient: { noun: 'channel', required: 'a name from recipientUrls:', keyedBy: 'recipientUrls' },
  // Teams takes four messages a second for a webhook.
  pace: { perSecond: 1, burst: 4 },
});
