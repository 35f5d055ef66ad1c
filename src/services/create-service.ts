import type { Writable } from 'node:stream';
import type { Logger } from '../log.ts';
import type { Json } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import type { Resolve } from '../net/guarded.ts';
import type { CertificatesOf } from '../net/host-certificates.ts';
import { createConsoleService } from './console.ts';
import { type OptionProblem, validateServiceOptions } from './schema.ts';
import type { Service, ServiceState } from './service.ts';
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
  /** What servers' certificates must descend from, in place of the system's roots (argocd-tls-certs-cm). */
  certificatesOf?: CertificatesOf;
  /** In place of the system's resolver, for services of tenants. */
  resolve?: Resolve;
}

/** Makes a service of its configuration. It connects to nothing before the first `send`. Never throws. */
export function createService(
  source: ServiceSource,
  deps: ServiceDeps,
): { service?: Service; problems: OptionProblem[] } {
  const { type, name } = source;
  const { options, problems } = validateServiceOptions(type, source.options);
  if (options === undefined) return { problems };
  const common = { name, ...(deps.now === undefined ? {} : { now: deps.now }) };
  const connections = {
    certificatesOf: deps.certificatesOf,
    addresses: source.addresses,
    resolve: deps.resolve,
  };
  try {
    switch (type) {
      case 'slack': {
        const slackDeps = { ...common, connections, log: deps.log, state: deps.state };
        return { service: createSlackService(options as SlackOptions, slackDeps, deps.slack), problems };
      }
      case 'webhook':
        return {
          service: createWebhookService(options as WebhookOptions, { ...common, connections }),
          problems,
        };
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
