import { transport } from './fields.ts';
import { createMarkdownEscape } from './markdown.ts';
import { serviceSchema } from './schema.ts';

export const ntfy = serviceSchema({
  type: 'ntfy',
  product: 'ntfy',
  isHeraldOnly: true,
  options: {
    serverUrl: { kind: 'url', default: 'https://ntfy.sh' },
    token: { kind: 'token' },
    username: { kind: 'text' },
    password: { kind: 'password' },
    markdown: { kind: 'flag' },
    insecureSkipVerify: transport.insecureSkipVerify,
  },
  check({ token, username, password }, report) {
    if (token !== '' && username !== '') {
      report(['username'], 'username has no effect beside token', 'Remove one of them.', 'warning');
    } else if ((username === '') !== (password === '')) {
      const name = username === '' ? 'username' : 'password';
      report([name], `${name} is missing`, 'Set username and password, token, or none of them.');
    }
  },
  section: {
    merge: 'keep',
    fields: {
      title: 'text',
      tags: 'list',
      priority: 'text',
      click: 'text',
      icon: 'text',
      attach: 'text',
      actions: 'yaml',
    },
    yaml: ['actions'],
  },
  rendering: ({ markdown }) =>
    markdown
      ? {
          filterValue: createMarkdownEscape({}),
          plainFields: ['title', 'tags', 'priority', 'click', 'icon', 'attach'],
        }
      : {},
  recipient: {
    noun: 'topic',
    required: 'the name of a topic',
    fault: (recipient) =>
      /^[\w-]{1,64}$/.test(recipient)
        ? undefined
        : { what: 'is no topic', fix: 'Write letters, digits, - and _ only, 64 at most.' },
  },
  // Of a visitor ntfy takes 60 messages at once, and one every five seconds.
  pace: { perSecond: 0.2, burst: 60 },
});

const priorities: Readonly<Record<string, number>> = {
  min: 1,
  low: 2,
  default: 3,
  high: 4,
  max: 5,
  urgent: 5,
};

/** 1 to 5, from a number or a name; undefined where it is neither. */
export function priorityOf(text: string): number | undefined {
  const written = text.trim().toLowerCase();
  return /^[1-5]$/.test(written) ? Number(written) : priorities[written];
}
