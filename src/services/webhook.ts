import type { Notification } from '../model.ts';
import { createApi } from './api.ts';
import { basic } from './http.ts';
import type { Implementation } from './implementation.ts';
import { createScrub } from './secrets.ts';
import { readWebhookSection, type WebhookOptions } from './webhook-schema.ts';

/**
 * One HTTP request a notification, as argocd-notifications makes it: GET with the message as the body, or what the
 * section's entry for this service says; `path` is appended to the path of `url`. argocd-notifications' own retries
 * (`retryMax`, `retryWaitMin`) are the queue's here.
 *
 * Whether an earlier attempt has arrived cannot be asked: each carries the delivery's id as `Idempotency-Key`, unless
 * the configuration sets that header, so that the receiver can tell.
 */
export const webhookService: Implementation<WebhookOptions> = (options, deps) => {
  const headers = requestHeaders(options);
  const { host } = new URL(options.url);
  const ownScrub = createScrub(secretsOf(options));
  const scrub = (text: string) => ownScrub(deps.scrub(text));

  return {
    async send(notification, recipient, context) {
      const { fault, method, url, body } = requestOf(notification, options, deps.name);
      const product = `Webhook (${method} to ${host})`;
      const api = createApi({ ...deps, product, scrub });
      if (fault !== undefined) {
        const failure = {
          kind: 'rejected',
          reason: 'invalid_request',
          detail: fault,
          scope: 'notification',
        } as const;
        return api.outcome({ ok: false, failure }, recipient, context);
      }
      const request = { method, url, headers: { 'idempotency-key': context.deliveryId, ...headers }, body };
      return api.send(request, recipient, context);
    },
  };
};

interface WebhookCall {
  method: string;
  url: string;
  body: string;
  /** Why no request can be made of the section. */
  fault?: string;
}

function requestOf(notification: Notification, { url }: WebhookOptions, name: string): WebhookCall {
  const { request, problems } = readWebhookSection(notification.section ?? null, name);
  const problem = problems.find(({ severity }) => severity === 'error');
  if (problem !== undefined) {
    const fault = `cannot be called: webhook.${problem.path.join('.')}: ${problem.what}`;
    return { method: 'GET', url, body: '', fault };
  }
  if (request === undefined) return { method: 'GET', url, body: notification.message };
  const { method, path, body } = request;
  return { method: methodOf(method), url: path === '' ? url : joined(url, path), body };
}

/** Servers tell cases apart, and nobody means another method by `post`. */
function methodOf(method: string): string {
  const upper = method.toUpperCase();
  if (upper === '') return 'GET';
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(upper) ? upper : method;
}

/** `path` behind the path of the URL; what its query holds stays in the query. */
function joined(url: string, path: string): string {
  const [, before = url, query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  const { href } = new URL(`${before.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`);
  if (query.length <= 1) return href;
  const target = new URL(href);
  target.search = target.search === '' ? query : `${query}&${target.search.slice(1)}`;
  return target.href;
}

function requestHeaders({ headers, basicAuth }: WebhookOptions): Record<string, string> {
  const own: Record<string, string> = {};
  for (const { name, value } of headers) own[name.toLowerCase()] = value;
  // The host is that of url: another would also be asked for its certificate.
  delete own['host'];
  if (basicAuth !== undefined) own['authorization'] = basic(basicAuth.username, basicAuth.password);
  return own;
}

/** Headers whose values are no secret, and whose words stand in answers. */
const openHeaders = /^(?:accept|content)-?|^(?:user-agent|cache-control|host)$/i;

function secretsOf({ headers, basicAuth }: WebhookOptions): string[] {
  return [
    ...headers
      .filter(({ name }) => !openHeaders.test(name))
      .flatMap(({ value }) => [value, ...value.split(' ').filter((part) => part.length >= 8)]),
    ...(basicAuth
      ? [
          `${basicAuth.username}:${basicAuth.password}`,
          basic(basicAuth.username, basicAuth.password).slice(6),
        ]
      : []),
  ];
}
