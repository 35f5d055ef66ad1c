import type { Writable } from 'node:stream';
import type { Logger } from '../log.ts';
import type { Json, Outcome } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import type { Resolve } from '../net/guarded.ts';
import { createConsoleService } from './console.ts';
import { closeConnections, createConnections } from './http.ts';
import { type OptionProblem, validateServiceOptions } from './schema.ts';
import type { Service, ServiceState } from './service.ts';
import { createSlackCall } from './slack/client.ts';
import type { SlackOptions } from './slack/schema.ts';
import { createSlackService, type SlackSettings } from './slack/slack.ts';
import { createWebhookService } from './webhook.ts';
import type { WebhookOptions } from './webhook-schema.ts';

export interface ServiceSource {
  type: string;
  /** The name in `service.<type>.<name>`; the type where there is none. */
  name: string;
  /** The parsed value of the ConfigMap key, after `$key` substitution. */
  options: Json;
  /** Of a tenant: what the service may connect to. Absent: everything. */
  addresses?: AddressPolicy;
}

export interface ServiceDeps {
  log: Logger;
  /** Of one configuration: two namespaces may name a service alike and must not share its state. */
  state: ServiceState;
  /** Where `console` prints. */
  stream: Writable;
  now?: () => number;
  slack?: Partial<SlackSettings>;
  /** Certificates in PEM that a host must present, in place of the system's (argocd-tls-certs-cm). */
  certificatesOf?: (host: string) => string | undefined;
  /** In place of the system's resolver, for services of tenants. */
  resolve?: Resolve;
}

/** Milliseconds for one call of a tenant's Slack. */
const slackTimeout = 10_000;

/** Makes a service of its configuration. It connects to nothing before the first `send`. Never throws. */
export function createService(
  source: ServiceSource,
  deps: ServiceDeps,
): { service?: Service; problems: OptionProblem[] } {
  const { type, name } = source;
  const { options, problems } = validateServiceOptions(type, source.options);
  if (options === undefined) return { problems };
  const common = { name, ...(deps.now === undefined ? {} : { now: deps.now }) };
  const ca = (url: string) => {
    const pem = deps.certificatesOf?.(new URL(url).host);
    return pem === undefined ? {} : { ca: pem };
  };
  const guarded = {
    ...(source.addresses && { addresses: source.addresses }),
    ...(deps.resolve && { resolve: deps.resolve }),
  };
  try {
    switch (type) {
      case 'slack': {
        const slack = options as SlackOptions;
        const slackDeps = { ...common, ...ca(slack.apiURL), log: deps.log, state: deps.state };
        if (source.addresses === undefined)
          return { service: createSlackService(slack, slackDeps, deps.slack), problems };
        const { insecureSkipVerify } = slack;
        const dispatcher = createConnections({ insecureSkipVerify, ...ca(slack.apiURL), ...guarded });
        const timeout = deps.slack?.timeout ?? slackTimeout;
        const call = createSlackCall(slack, { dispatcher, timeout, now: deps.now ?? Date.now });
        const service = createSlackService(slack, { ...slackDeps, call }, deps.slack);
        return { service: refusing(service, () => closeConnections(dispatcher)), problems };
      }
      case 'webhook': {
        const webhook = options as WebhookOptions;
        const webhookDeps = { ...common, ...ca(webhook.url), ...guarded };
        return { service: createWebhookService(webhook, webhookDeps), problems };
      }
      default:
        return { service: createConsoleService({ stream: deps.stream }), problems };
    }
  } catch (error) {
    // The proxy variables or the certificates; options cannot be the cause any more.
    const what = `the connection cannot be set up: ${error instanceof Error ? error.message : 'unknown cause'}`;
    const fix = 'Check HTTP_PROXY, HTTPS_PROXY and the certificates of the host.';
    return { problems: [...problems, { path: [], what, fix, severity: 'error' }] };
  }
}

/** A service that knows no refused addresses: for it that is one of the failures that may pass. */
function refusing(service: Service, close: () => Promise<void>): Service {
  return {
    ...service,
    async send(...args): Promise<Outcome> {
      const outcome = await service.send(...args);
      if (outcome.status !== 'retry' || outcome.reason !== 'address_not_allowed') return outcome;
      const { reason, error } = outcome;
      return { status: 'rejected', reason, error, scope: 'service' };
    },
    async close() {
      await Promise.all([service.close(), close()]);
    },
  };
}
