import { isObject } from '../json.ts';
import type { Json } from '../model.ts';
import { type OptionsOf, readFields, transport } from './fields.ts';
import { kindOf, type OptionProblem } from './options.ts';
import { serviceSchema } from './schema.ts';

export type WebhookOptions = OptionsOf<(typeof webhook)['options']>;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Waits and retries are the queue's, which knows what a service does not: how old the notification is. */
const retries = {
  retryWaitMin: { kind: 'whole', ignored: true },
  retryWaitMax: { kind: 'whole', ignored: true },
  retryMax: { kind: 'whole', ignored: true },
} as const;

export const webhook = serviceSchema({
  type: 'webhook',
  product: 'Webhook',
  options: {
    url: { kind: 'hook', required: 'Set url to where notifications are to be sent.' },
    headers: { kind: 'objects', fields: { name: { kind: 'text' }, value: { kind: 'header' } } },
    basicAuth: { kind: 'object', fields: { username: { kind: 'text' }, password: { kind: 'password' } } },
    ...retries,
    ...transport,
  },
  check({ headers }, report) {
    for (const [index, { name }] of headers.entries()) {
      const path = ['headers', index, 'name'];
      if (!token.test(name)) {
        report(
          path,
          'the name of the header is missing or no header name',
          'Write a name such as Authorization.',
        );
      } else if (name.toLowerCase() === 'host') {
        report(path, 'a Host header has no effect, since the host is that of url', 'Remove it.', 'warning');
      }
    }
  },
  rendering({ headers }, name) {
    const contentType =
      headers.findLast((header) => header.name.toLowerCase() === 'content-type')?.value ?? '';
    const sendsJson = /^[^;]*\bjson\b/i.test(contentType);
    return {
      jsonFields: sendsJson ? [`${name}.body`] : [],
      looseJsonFields: ['*.body'],
      urlFields: ['*.path'],
    };
  },
  section: {
    merge: 'parts',
    fields: { '*': { method: 'literal', body: 'text', path: 'text' } },
    json: ['*.body'],
  },
  recipient: { noun: 'recipient' },
});

const requestFields = { method: { kind: 'text' }, path: { kind: 'text' }, body: { kind: 'text' } } as const;

/** One entry of the `webhook:` section of a template. */
export type WebhookRequest = OptionsOf<typeof requestFields>;

/** The entry for a service in a rendered `webhook:` section; undefined where there is none. */
export function readWebhookSection(
  source: Json,
  name: string,
): { request?: WebhookRequest; problems: OptionProblem[] } {
  if (source === null) return { problems: [] };
  if (!isObject(source)) {
    const fix = 'Write the name of a webhook service, and method, path and body below it.';
    return { problems: [{ path: [], what: `must be a map, not ${kindOf(source)}`, fix, severity: 'error' }] };
  }
  const entry = Object.hasOwn(source, name) ? source[name] : undefined;
  if (entry === undefined) return { problems: [] };
  const { options: request, problems } = readFields(requestFields, entry, [name]);
  if (request.method !== '' && !token.test(request.method)) {
    const what = `${JSON.stringify(request.method)} is no HTTP method`;
    problems.push({ path: [name, 'method'], what, fix: 'Write POST, PUT, PATCH or GET.', severity: 'error' });
  }
  return { request, problems };
}
