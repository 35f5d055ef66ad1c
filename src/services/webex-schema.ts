import { transport } from './fields.ts';
import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';

export const webex = serviceSchema({
  type: 'webex',
  product: 'Webex',
  options: {
    token: { kind: 'token', required: 'Set token: $webex-token and put the token of a bot into the Secret.' },
    apiURL: { kind: 'url', default: 'https://webexapis.com' },
    ...transport,
  },
  rendering: { filterValue: createMarkdownEscape({ html: true }), lineBreak: '\n\n' },
  recipient: { noun: 'room or address', required: 'an e-mail address or the id of a room' },
});
