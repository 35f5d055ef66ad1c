import { z } from 'zod';
import { isObject } from '../json.ts';
import type { Json } from '../model.ts';
import { createOptionReader, hasErrors, kindOf, type OptionProblem, type Validated } from './options.ts';
import { isHttpUrl, transportFields } from './slack/schema.ts';

/** `service.webhook.<name>` of the ConfigMap, after `$key` substitution. */
const WebhookOptions = z.object({
  url: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  basicAuth: z.object({ username: z.string(), password: z.string() }).optional(),
  insecureSkipVerify: z.boolean(),
});
export type WebhookOptions = z.infer<typeof WebhookOptions>;

/** One entry of the `webhook:` section of a template. */
const WebhookRequest = z.object({ method: z.string(), path: z.string(), body: z.string() });
export type WebhookRequest = z.infer<typeof WebhookRequest>;

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function validateWebhookOptions(source: Json): Validated<WebhookOptions> {
  const reader = createOptionReader(source);
  const nested: OptionProblem[] = [];
  const url = reader.text('url')?.trim() ?? '';
  if (url === '') reader.problem('url', 'url is missing', 'Set url to where notifications are to be sent.');
  else if (!isHttpUrl(url))
    reader.problem('url', 'url is no http(s) URL', 'Write one such as https://example.com/hook.');

  const headers = readHeaders(reader.value('headers') ?? [], nested);
  const basicAuth = readBasicAuth(reader.value('basicAuth'), nested);
  const insecureSkipVerify = reader.flag('insecureSkipVerify') ?? false;
  // The queue retries, and knows what a service does not: how old the notification is.
  reader.ignore('retryMax', 'retryWaitMin', 'retryWaitMax', ...transportFields);

  const problems = [...reader.problems(), ...nested];
  if (hasErrors(problems)) return { problems };
  return { options: WebhookOptions.parse({ url, headers, basicAuth, insecureSkipVerify }), problems };
}

function readHeaders(source: Json, problems: OptionProblem[]): { name: string; value: string }[] {
  if (!Array.isArray(source)) {
    const fix = 'Write a list of `- name: …` and `value: …`.';
    problems.push({
      path: ['headers'],
      what: `headers must be a list, not ${kindOf(source)}`,
      fix,
      severity: 'error',
    });
    return [];
  }
  return source.map((entry, index) => {
    const reader = createOptionReader(entry, ['headers', index]);
    const name = reader.text('name') ?? '';
    const value = (reader.text('value') ?? '').trim();
    if (!token.test(name))
      reader.problem(
        'name',
        'the name of the header is missing or no header name',
        'Write a name such as Authorization.',
      );
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      reader.problem(
        'value',
        'the value of the header holds line breaks or characters that no header can have',
        'Store it on one line, without them.',
      );
    }
    problems.push(...reader.problems());
    return { name, value };
  });
}

function readBasicAuth(source: Json | undefined, problems: OptionProblem[]): WebhookOptions['basicAuth'] {
  if (source === undefined) return undefined;
  const reader = createOptionReader(source, ['basicAuth']);
  const auth = { username: reader.text('username') ?? '', password: reader.text('password') ?? '' };
  problems.push(...reader.problems());
  return auth;
}

/** Reads a `webhook:` section, rendered or as the template has it: a map of requests by the name of the service. */
export function readWebhookSection(source: Json): {
  requests: Map<string, WebhookRequest>;
  problems: OptionProblem[];
} {
  const problems: OptionProblem[] = [];
  const requests = new Map<string, WebhookRequest>();
  if (source !== null && !isObject(source)) {
    const fix = 'Write the name of a webhook service, and method, path and body below it.';
    problems.push({ path: [], what: `must be a map, not ${kindOf(source)}`, fix, severity: 'error' });
  }
  for (const [name, entry] of Object.entries(isObject(source) ? source : {})) {
    const reader = createOptionReader(entry, [name]);
    const request = {
      method: reader.text('method') ?? '',
      path: reader.text('path') ?? '',
      body: reader.text('body') ?? '',
    };
    if (request.method !== '' && !token.test(request.method)) {
      reader.problem(
        'method',
        `${JSON.stringify(request.method)} is no HTTP method`,
        'Write POST, PUT, PATCH or GET.',
      );
    }
    problems.push(...reader.problems());
    requests.set(name, WebhookRequest.parse(request));
  }
  return { requests, problems };
}
