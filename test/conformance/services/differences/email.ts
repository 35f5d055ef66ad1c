import { addressesIn } from '../../../../src/services/email/address.ts';
import { escapeHtml } from '../../../../src/services/email/html.ts';
import { type Addition, type Difference, type ExpectedStep, expecting } from '../difference.ts';
import type { WireRequest } from '../vectors.ts';

const services = ['email'];

export const additions: readonly Addition[] = [
  {
    services,
    herald: 'The header `Auto-Submitted: auto-generated`, so that no absence note answers.',
    without(request) {
      const { 'auto-submitted': value, ...headers } = (request.smtp?.headers ?? {}) as Record<string, string>;
      return value === 'auto-generated' ? { ...request, smtp: { ...request.smtp, headers } } : request;
    },
  },
];

export const differences: readonly Difference[] = [
  {
    services,
    engine: 'A list of addresses is cut at every comma, and an empty entry or one too many fails the mail.',
    herald: 'A comma in quotes belongs to the name, and empty entries say nothing.',
    instead(step) {
      const addresses = addressesIn(step.recipient);
      if (step.expect.error !== 'recipient' || addresses === undefined || addresses.length === 0)
        return undefined;
      return expecting(step, null, ({ requests: [request, ...more] }) => {
        const { rcptTo, headers } = (request?.smtp ?? {}) as { rcptTo?: string[]; headers?: { to: string } };
        const wanted = addresses.map(({ address }) => address);
        const shown = addresses.every(({ name }) => headers?.to.includes(name));
        return rcptTo?.join() === wanted.join() && shown && more.length === 0
          ? undefined
          : `sent to ${JSON.stringify(request)}`;
      });
    },
  },
  {
    services,
    engine: 'Connects before it looks at the addresses.',
    herald: 'Nobody is called for what is no address.',
    instead(step) {
      const { error, requests } = step.expect;
      if (error !== 'recipient' || requests === 'any' || requests.length === 0) return undefined;
      return { ...step, expect: { error, requests: [] } };
    },
  },
  {
    services,
    engine: 'A display name outside ASCII makes `from` unusable.',
    herald: 'It is encoded as mails have it.',
    instead(step, { options = '' }) {
      const written = /^from: *(.*)$/im.exec(options)?.[1] ?? '';
      const from = /[^\x20-\x7e]/.test(written) ? addressesIn(written.replace(/^(['"])(.*)\1$/, '$2')) : [];
      if (step.expect.error === null || from?.length !== 1) return undefined;
      return expecting(step, null, ({ requests }) => {
        const headers = requests[0]?.smtp?.headers as { from: string } | undefined;
        return headers?.from === `${from[0]?.name} <${from[0]?.address}>` ? undefined : 'another sender';
      });
    },
  },
  {
    services,
    engine: 'Port 465 without username and password is spoken in the clear.',
    herald: 'Port 465 is TLS from the start.',
    instead(step, { options = '' }) {
      if (!/^port: *465\s*$/im.test(options)) return undefined;
      return withMails(step, (smtp) => (smtp.tls === 'none' ? { ...smtp, tls: 'implicit' } : smtp));
    },
  },
  {
    services,
    engine: 'A port that is written as text, or comes out of the Secret, refuses the ConfigMap.',
    herald: 'It is taken.',
    instead(step, { options = '', secrets }) {
      const written = /^port: *(\S+)\s*$/im.exec(options)?.[1] ?? '';
      const port = written.startsWith('$') ? secrets[written.slice(1)] : /^["'](.*)["']$/.exec(written)?.[1];
      if (step.expect.error !== 'options' || !/^\d{1,5}$/.test(port ?? '')) return undefined;
      const server = step.server ?? [{ smtp: {} }];
      return expecting({ ...step, server }, null, ({ requests: [request, ...more] }) =>
        request?.host?.endsWith(`:${port}`) && request.smtp?.body !== undefined && more.length === 0
          ? undefined
          : 'one mail was to be sent',
      );
    },
  },
  {
    services,
    engine: 'One address of several that the server refuses fails the mail to all of them.',
    herald:
      'The mail goes to the others. An address that was refused for now gets it later; one that was refused for good is told.',
    instead(step) {
      const replies = (step.server?.[0]?.smtp?.replies ?? {}) as Record<string, string>;
      const addresses = [...new Set((addressesIn(step.recipient) ?? []).map(({ address }) => address))];
      const refused = addresses.filter((address) => /^[45]/.test(replies[`RCPT ${address}`] ?? ''));
      if (refused.length === 0 || refused.length === addresses.length) return undefined;
      const isLater = refused.some((address) => replies[`RCPT ${address}`]?.startsWith('4'));
      return expecting(step, isLater ? 'smtp' : null, ({ requests: [request] }) => {
        const rcptTo = (request?.smtp?.rcptTo ?? []) as string[];
        return rcptTo.join() === addresses.filter((each) => !refused.includes(each)).join() &&
          request?.smtp?.body !== undefined
          ? undefined
          : 'the mail was to go to the others';
      });
    },
  },
  {
    services,
    engine: 'Values stand in an HTML mail as they are.',
    herald: 'What is HTML in a value is escaped.',
    instead(step, { options = '' }) {
      if (!/^html: *true/im.test(options) || step.expect.requests === 'any') return undefined;
      const [request] = step.expect.requests;
      const { body } = (request?.smtp ?? {}) as { body?: string };
      const template = Object.values(step.send).join();
      if (body === undefined || template === '' || !isChanged(body, step)) return undefined;
      return expecting(step, step.expect.error, ({ requests }) => {
        const actual = requests[0]?.smtp?.body as string | undefined;
        return actual !== undefined && unescaped(actual).trim() === unescaped(body).trim()
          ? undefined
          : `the body is ${actual}`;
      });
    },
  },
];

/** Whether values of the case hold what is escaped. */
function isChanged(body: string, { vars }: ExpectedStep): boolean {
  const escape = (text: string) => escapeHtml(text, { preceding: '', isForeign: () => true });
  return vars !== undefined && escape(JSON.stringify(vars)) !== JSON.stringify(vars) && escape(body) !== body;
}

function unescaped(html: string): string {
  const characters: Record<string, string> = {
    lt: '<',
    gt: '>',
    amp: '&',
    quot: '"',
    '#39': "'",
    '#34': '"',
  };
  return html.replace(/&(lt|gt|amp|quot|#39|#34);/g, (found, name: string) => characters[name] ?? found);
}

function withMails(
  step: ExpectedStep,
  change: (smtp: NonNullable<WireRequest['smtp']>) => NonNullable<WireRequest['smtp']>,
): ExpectedStep | undefined {
  const { requests } = step.expect;
  if (requests === 'any' || !requests.some(({ smtp }) => smtp && change(smtp) !== smtp)) return undefined;
  const changed = requests.map((request) =>
    request.smtp ? { ...request, smtp: change(request.smtp) } : request,
  );
  return { ...step, expect: { ...step.expect, requests: changed } };
}
