import { type Dispatcher, errors, interceptors, request as send } from 'undici';
import type { Notification, Outcome, RejectionScope } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import type { Resolve } from '../net/guarded.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { closeConnections, createConnections, networkFailure, retryAfterOf } from './http.ts';
import { createScrub } from './secrets.ts';
import type { SendContext, Service } from './service.ts';
import { mayHaveArrived } from './unclear.ts';
import { readWebhookSection, type WebhookOptions } from './webhook-schema.ts';

export interface WebhookDeps {
  /** `github` of `service.webhook.github`: the entry of a template's `webhook:` section that is meant. */
  name: string;
  now?: () => number;
  /** Certificates in PEM for the host of url, in place of the system's. */
  ca?: string;
  /** Of a tenant: what it may connect to, redirects included. */
  addresses?: AddressPolicy;
  resolve?: Resolve;
  /** Milliseconds until the answer must be complete. */
  timeout?: number;
}

const mostRedirects = 10;
const mostOfAnswer = 200;

/**
 * One HTTP request a notification, as argocd-notifications makes it: GET with the message as the body, or what the
 * section's entry for this service says; `path` is appended to `url`. 2xx is sent; 408, 425, 429, 5xx and anything
 * below HTTP is tried again; any other status is a rejection. argocd-notifications' own retries (`retryMax`,
 * `retryWaitMin`) are the queue's here.
 *
 * Whether an earlier attempt has arrived cannot be asked: each carries the delivery's id as `Idempotency-Key`, unless
 * the configuration sets that header, so that the receiver can tell.
 */
export function createWebhookService(options: WebhookOptions, deps: WebhookDeps): Service {
  const now = deps.now ?? Date.now;
  const timeout = deps.timeout ?? 8_000;
  const connections = createConnections({
    insecureSkipVerify: options.insecureSkipVerify,
    ...(deps.ca === undefined ? {} : { ca: deps.ca }),
    ...(deps.addresses === undefined ? {} : { addresses: deps.addresses }),
    ...(deps.resolve === undefined ? {} : { resolve: deps.resolve }),
  });
  const headers = requestHeaders(options);
  const dispatcher = connections.compose(
    interceptors.redirect({
      maxRedirections: mostRedirects,
      // They may hold secrets for this host.
      stripHeadersOnCrossOriginRedirect: Object.keys(headers),
    }),
  );
  const scrub = createScrub(secretsOf(options));
  const host = new URL(options.url).host;
  let closing: Promise<void> | undefined;

  async function attempt(notification: Notification, context: SendContext): Promise<Outcome> {
    const { signal, earlier } = context;
    const stillUnclear = earlier === undefined ? {} : { unclear: true as const };
    const { method, url, body } = requestOf(notification, options, deps.name);
    const describe = (what: string) => scrub(`Webhook ${deps.name} (${method} to ${host}) ${what}`);
    if (signal.aborted) {
      return {
        status: 'retry',
        reason: 'aborted',
        error: describe('was not called: the attempt was aborted'),
        ...stillUnclear,
      };
    }
    try {
      const [answer, excerpt] = await withTimeLimit(timeout, signal, async (limited) => {
        const received = await send(url, {
          method: method as Dispatcher.HttpMethod,
          headers: { 'idempotency-key': context.deliveryId, ...headers },
          body: body === '' ? null : body,
          dispatcher,
          signal: limited,
        });
        return [received, await beginningOf(received.body)];
      });
      const { statusCode: status } = answer;
      if (status >= 200 && status < 300) {
        return earlier === undefined ? { status: 'sent' } : { status: 'sent', earlier: 'unreadable' };
      }
      const error = describe(`answered HTTP ${status}${excerpt === '' ? '' : `: ${excerpt}`}`);
      const reason = `http_${status}`;
      if (status < 500 && status !== 408 && status !== 425 && status !== 429) {
        return { status: 'rejected', reason, error, scope: scopeOf(status) };
      }
      const retryAfter = retryAfterOf(headerOf(answer.headers, 'retry-after'), now());
      const unclear = status >= 500 || status === 408 ? { unclear: true as const } : stillUnclear;
      return {
        status: 'retry',
        reason,
        error,
        ...(retryAfter === undefined ? {} : { retryAfter }),
        ...unclear,
      };
    } catch (error) {
      if (error instanceof errors.InvalidArgumentError) throw error;
      const { reason, detail } = networkFailure(error, signal);
      if (reason === 'address_not_allowed') {
        return { status: 'rejected', reason, error: describe(`was not called: ${detail}`), scope: 'service' };
      }
      const unclear = mayHaveArrived(error, reason) ? { unclear: true as const } : stillUnclear;
      return { status: 'retry', reason, error: describe(`did not answer: ${detail}`), ...unclear };
    }
  }

  return {
    type: 'webhook',
    jsonFields: [],
    async send(notification, _recipient, context) {
      try {
        return await attempt(notification, context);
      } catch (error) {
        // Such as a path that makes no URL.
        const what = scrub(`Webhook ${deps.name} (${host}) cannot be called: ${String(error)}`);
        return { status: 'rejected', reason: 'invalid_request', error: what, scope: 'notification' };
      }
    },
    close() {
      closing ??= closeConnections(connections);
      return closing;
    },
  };
}

function requestOf(notification: Notification, options: WebhookOptions, name: string) {
  const { requests, problems } = readWebhookSection(notification.section ?? null);
  const problem = problems.find(({ severity }) => severity === 'error');
  if (problem !== undefined) throw new Error(`webhook.${problem.path.join('.')}: ${problem.what}`);
  const entry = requests.get(name);
  if (entry === undefined) return { method: 'GET', url: options.url, body: notification.message };
  const url =
    entry.path === '' ? options.url : `${options.url.replace(/\/+$/, '')}/${entry.path.replace(/^\/+/, '')}`;
  return { method: entry.method || 'GET', url: new URL(url), body: entry.body };
}

function requestHeaders(options: WebhookOptions): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'herald', ...credentialsIn(options.url) };
  for (const { name, value } of options.headers) headers[name.toLowerCase()] = value;
  // The host is that of url: another would also be asked for its certificate.
  delete headers.host;
  const { basicAuth } = options;
  if (basicAuth !== undefined) {
    const credentials = Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64');
    headers.authorization = `Basic ${credentials}`;
  }
  return headers;
}

/** `https://user:password@…`, which is no part of the request line. */
function credentialsIn(url: string): Record<string, string> {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${credentials.toString('base64')}` };
}

/** Hooks carry their secret in the path or the query as often as in a header. */
function secretsOf({ url, headers, basicAuth }: WebhookOptions): string[] {
  const { pathname, search, username, password } = new URL(url);
  const credentials =
    basicAuth && Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64');
  return [
    url,
    pathname,
    ...pathname.split('/').filter((part) => part.length >= 8),
    ...new URLSearchParams(search).values(),
    username,
    password,
    ...headers.flatMap(({ value }) => [value, ...value.split(' ').filter((part) => part.length >= 8)]),
    basicAuth?.password ?? '',
    credentials ?? '',
  ];
}

function scopeOf(status: number): RejectionScope {
  if (status === 401 || status === 403 || status === 407) return 'service';
  return status === 404 || status === 410 ? 'recipient' : 'notification';
}

async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  // Read to its end, so that the connection can be used again; kept are the first characters.
  for await (const chunk of body) {
    if (text.length < mostOfAnswer) text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text.slice(0, mostOfAnswer).replaceAll(/\s+/g, ' ').trim();
}

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
