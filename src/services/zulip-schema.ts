import { transport } from './fields.ts';
import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';

export const zulip = serviceSchema({
  type: 'zulip',
  product: 'Zulip',
  isHeraldOnly: true,
  options: {
    serverUrl: { kind: 'url', required: 'Set serverUrl, such as https://example.zulipchat.com.' },
    email: { kind: 'text', required: 'Set email to that of the bot.' },
    apiKey: {
      kind: 'token',
      required: 'Set apiKey: $zulip-api-key and put the key of the bot into the Secret.',
    },
    topic: { kind: 'text', default: 'Argo CD' },
    insecureSkipVerify: transport.insecureSkipVerify,
  },
  section: { merge: 'keep', fields: { topic: 'text' } },
  rendering: {
    // Mentions are `@**name**`, `@_**name**` and `@*group*`; `$$` is mathematics, and there is no backslash.
    filterValue: createMarkdownEscape({
      crowds: [String.raw`_?\*.*`],
      html: true,
      entities: true,
      markup: String.raw`\$`,
    }),
    plainFields: ['topic'],
  },
  recipient: { noun: 'channel', required: 'the name of a channel, or the address of a person' },
  // Zulip takes 200 requests a minute from an account.
  pace: { perSecond: 3, burst: 20 },
});
