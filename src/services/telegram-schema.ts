import { serviceSchema } from './schema.ts';
import { escapeTelegramMarkdown } from './telegram-markdown.ts';

export const telegram = serviceSchema({
  type: 'telegram',
  product: 'Telegram',
  options: {
    token: {
      kind: 'token',
      required: 'Set token: $telegram-token and put the token of a bot into the Secret.',
    },
  },
  rendering: { filterValue: escapeTelegramMarkdown },
  recipient: {
    noun: 'chat',
    required: 'the name or the id of a chat',
    fault: (recipient) =>
      chatOf(recipient) === undefined ? { what: 'is no chat', fix: chatForms } : undefined,
  },
  // To a group Telegram takes 20 messages a minute.
  pace: { perSecond: 1 / 3, burst: 10 },
});

const chatForms =
  'Write the name of a channel, or the id of a chat, and |thread behind it where there is one.';

/**
 * `name`, `@name`, `-100123` or `123` (a person), each with `|thread`; undefined where it is none of these. Which names
 * there can be Telegram knows.
 */
export function chatOf(recipient: string): { id: string; thread?: string } | undefined {
  const [, chat = '', thread] = /^(-?\d+|@?[^-@|\s][^|\s]*)(?:\|(\d+))?$/.exec(recipient) ?? [];
  if (chat === '') return undefined;
  const id = /^-?\d+$/.test(chat) ? chat : `@${chat.replace(/^@/, '')}`;
  return { id, ...(thread === undefined ? {} : { thread }) };
}
