import { type Dispatcher, errors, interceptors, request as send } from 'undici';
import { systemClock } from '../clock.ts';
import type { Notification, Outcome, RejectionScope } from '../model.ts';
import type { ConnectionOptions } from '../net/connections.ts';
import { departing } from '../net/departure.ts';
import { withTimeLimit } from '../net/time-limit.ts';
import { closeConnections, createConnections, networkFailure, retryAfterOf } from './http.ts';
import { createScrub, excerptOf } from './secrets.ts';
import type { SendContext, Service } from './service.ts';
import { mayHaveArrived } from './unclear.ts';
import { readWebhookSection, type WebhookOptions } from './webhook-schema.ts';

export interface WebhookDeps {
  /** `github` of `service.webhook.github`: the entry of a template's `webhook:` section that is meant. */
  name: string;
  now?: () => number;
  /** What the connections are made with, those to redirects included. */
  connections?: Omit<ConnectionOptions, 'insecureSkipVerify'>;
  /** Milliseconds until the answer must be complete. */
  timeout?: number;
}

const mostRedirects = 10;
/** Characters of an answer that are shown, and that are read for it: more, since secrets are taken out before. */
const shownOfAnswer = 200;
const readOfAnswer = 16_384;
/** Headers whose values are no secret, and whose words stand in answers. */
const openHeaders = /^(?:accept|content)-?|^(?:user-agent|cache-control|host)$/i;

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
  const now = deps.now ?? systemClock.now;
  const timeout = deps.timeout ?? 8_000;
  const { insecureSkipVerify } = options;
  const connections = createConnections({ ...deps.connections, insecureSkipVerify });
  const headers = requestHeaders(options);
  const redirecting = interceptors.redirect({
    maxRedirections: mostRedirects,
    // They may hold secrets for this host.
    stripHeadersOnCrossOriginRedirect: Object.keys(headers),
  });
  const scrub = createScrub(secretsOf(options));
  const host = new URL(options.url).host;
  const sendsJson = /^[^;]*\bjson\b/i.test(headers['content-type'] ?? '');
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
    const { departure } = context;
    const dispatcher = departure
      ? connections.compose(departing(departure), redirecting)
      : connections.compose(redirecting);
    try {
      const [answer, excerpt] = await withTimeLimit(timeout, signal, async (limited) => {
        const received = await send(url, {
          method: method as Dispatcher.HttpMethod,
          headers: { 'idempotency-key': context.deliveryId, ...headers },
          body: body === '' ? null : body,
          dispatcher,
          signal: limited,
        });
        return [received, excerptOf(await beginningOf(received.body), scrub, shownOfAnswer)];
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
    jsonFields: sendsJson ? [`${deps.name}.body`] : [],
    looseJsonFields: ['*.body'],
    urlFields: ['*.path'],
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
  const headers: Record<string, string> = { 'user-agent': 'herald' };
  for (const { name, value } of options.headers) headers[name.toLowerCase()] = value;
  const { basicAuth } = options;
  if (basicAuth !== undefined) headers.authorization = `Basic ${basicCredentials(basicAuth)}`;
  return headers;
}

type BasicAuth = NonNullable<WebhookOptions['basicAuth']>;

const credentialsOf = ({ username, password }: BasicAuth): string => `${username}:${password}`;
const basicCredentials = (auth: BasicAuth): string => Buffer.from(credentialsOf(auth)).toString('base64');

/** Hooks carry their secret in the path or the query as often as in a header. */
function secretsOf({ url, headers, basicAuth }: WebhookOptions): string[] {
  const { pathname, search, username, password } = new URL(url);
  return [
    pathname,
    ...pathname.split('/'),
    search.slice(1),
    ...new URLSearchParams(search).values(),
    username,
    password,
    ...headers
      .filter(({ name }) => !openHeaders.test(name))
      .flatMap(({ value }) => [value, ...value.split(' ').filter((part) => part.length >= 8)]),
    ...(basicAuth ? [basicAuth.password, credentialsOf(basicAuth), basicCredentials(basicAuth)] : []),
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
    if (text.length < readOfAnswer) text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text.slice(0, readOfAnswer);
}

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
