import { escapeHtml } from './email/html.ts';
import { transport } from './fields.ts';
import { serviceSchema } from './schema.ts';

export const matrix = serviceSchema({
  type: 'matrix',
  product: 'Matrix',
  isHeraldOnly: true,
  options: {
    homeserverUrl: { kind: 'url', required: 'Set homeserverUrl, such as https://matrix.example.com.' },
    accessToken: {
      kind: 'token',
      required: 'Set accessToken: $matrix-token and put the access token of a bot into the Secret.',
    },
    html: { kind: 'flag' },
    insecureSkipVerify: transport.insecureSkipVerify,
  },
  section: { merge: 'keep', fields: { mentions: 'literals' } },
  // What mentions anybody is said apart from the text.
  rendering: ({ html }) => (html ? { filterValue: escapeHtml } : {}),
  recipient: {
    noun: 'room',
    required: 'the id or an alias of a room',
    fault: (recipient) =>
      /^[!#][^\s:/]+(?::[^\s/]+)?$/.test(recipient)
        ? undefined
        : { what: 'is no room', fix: 'Write its id, !abc:example.com, or an alias, #deploys:example.com.' },
  },
  // Synapse takes a message every five seconds from an account, and ten at once.
  pace: { perSecond: 0.2, burst: 10 },
});
