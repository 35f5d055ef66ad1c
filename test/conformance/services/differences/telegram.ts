import { type Difference, expecting } from '../difference.ts';

const services = ['telegram'];
const escaped = /[_*`[]/;

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'Asks who the bot is (`getMe`) before each message.',
    herald: 'Sends the message at once.',
    instead(step) {
      const { requests, error } = step.expect;
      if (requests === 'any' || !requests.some(({ path }) => path?.endsWith('/getMe'))) return undefined;
      const sent = requests.filter(({ path }) => !path?.endsWith('/getMe'));
      if (sent.length > 0)
        return { ...step, server: step.server?.slice(1) ?? [], expect: { ...step.expect, requests: sent } };
      if (error === 'recipient') return { ...step, expect: { ...step.expect, requests: [] } };
      return expecting(step, error, ({ requests: [request, ...more] }) =>
        request?.path?.endsWith('/sendMessage') && more.length === 0
          ? undefined
          : 'one message was to be sent',
      );
    },
  },
  {
    services,
    engine:
      'Takes whatever does not begin with `-` for the name of a channel, a thread behind it and an `@` before it included, and a recipient of nothing for `@`.',
    herald:
      'Takes `123` for the id of a person, `@name` and `name` for a channel, `|thread` behind any of them, and refuses what is no chat.',
    instead(step) {
      const { recipient } = step;
      if (step.expect.error !== null || step.expect.requests === 'any') return undefined;
      if (recipient === '') return { ...step, expect: { error: 'recipient', requests: [] } };
      if (recipient.startsWith('-') || /^[^\d@|\s][^|\s]*$/.test(recipient)) return undefined;
      if (!/^(?:\d+|@?[^-@|\s][^|\s]*)(?:\|\d+)?$/.test(recipient))
        return { ...step, expect: { error: 'recipient', requests: [] } };
      const [chat = '', thread] = recipient.split('|');
      const chat_id = /^\d+$/.test(chat) ? chat : `@${chat.replace(/^@/, '')}`;
      const requests = step.expect.requests.map((request) => ({
        ...request,
        form: { ...request.form, chat_id, ...(thread === undefined ? {} : { message_thread_id: thread }) },
      }));
      return { ...step, expect: { ...step.expect, requests } };
    },
  },
  {
    services,
    engine: '`ok` in the body wins over the HTTP status.',
    herald: 'An HTTP status that is no success is none.',
    instead(step) {
      const isOdd = step.server?.some(({ status = 200, json }) => status >= 300 && isOk(json));
      return isOdd ? { ...step, expect: { ...step.expect, error: 'status' } } : undefined;
    },
  },
  {
    services,
    engine:
      'Values are read as Markdown: one odd `_` or `*` in them, and Telegram refuses the message; one of more than 4,096 characters it refuses, too.',
    herald: 'Values are escaped for the Markdown in which they stand, and a message that is too long is cut.',
    instead(step) {
      const { requests } = step.expect;
      if (requests === 'any') return undefined;
      const texts = requests.map(({ form }) => (typeof form?.text === 'string' ? form.text : ''));
      if (!texts.some((text) => escaped.test(text) || text.length > 4_096)) return undefined;
      const { error } = step.expect;
      return expecting(step, error, (seen) => {
        for (const [index, text] of texts.entries()) {
          const actual = String(new URLSearchParams(seen.requests[index]?.body).get('text'));
          const shown = actual.replace(/\\([_*`[])/g, '$1');
          const isCut = actual.length <= 4_096 && /[\])*_`]{0,3}…$/.test(shown);
          const kept = isCut ? shown.replace(/[\])*_`]{0,3}…$/, '') : shown;
          const isShown = isCut ? text.startsWith(kept) && kept.length > 3_000 : kept === text;
          if (!isShown) return `the text is ${actual}`;
        }
        return seen.requests.length === texts.length ? undefined : 'another number of requests';
      });
    },
  },
];

function isOk(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'ok' in json && json.ok === true;
}
