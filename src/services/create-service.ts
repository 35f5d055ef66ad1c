import type { Writable } from 'node:stream';
import type { Logger } from '../log.ts';
import type { Json } from '../model.ts';
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
  const ca = (url: string) => {
    const pem = deps.certificatesOf?.(new URL(url).host);
    return pem === undefined ? {} : { ca: pem };
  };
  try {
    switch (type) {
      case 'slack': {
        const slack = options as SlackOptions;
        const slackDeps = { ...common, ...ca(slack.apiURL), log: deps.log, state: deps.state };
        return { service: createSlackService(slack, slackDeps, deps.slack), problems };
      }
      case 'webhook': {
        const webhook = options as WebhookOptions;
        return { service: createWebhookService(webhook, { ...common, ...ca(webhook.url) }), problems };
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
