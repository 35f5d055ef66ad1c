/** Which implementation sends for which type. A type that is missing here, or one too many, does not compile. */
import type { Writable } from 'node:stream';
import { type Clock, systemClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Outcome } from '../model.ts';
import type { AddressPolicy } from '../net/address-policy.ts';
import type { Resolve } from '../net/guarded.ts';
import type { CertificatesOf } from '../net/host-certificates.ts';
import { serverUrls } from '../net/server-urls.ts';
import { type Fields, type OptionsOf, textsIn } from './fields.ts';
import { createHttpClient, type HttpClient } from './http.ts';
import type { Implementation, ImplementationDeps } from './implementation.ts';
import { type OptionProblem, recipientFault, renderingOf, type ServiceSchema } from './schema.ts';
import { type AnySchema, schemaOf } from './schemas.ts';
import { createScrub, urlSecrets } from './secrets.ts';
import type { SendContext, Service, ServiceState } from './service.ts';
import { createMarkers } from './slack/markers.ts';
import type { SlackSettings } from './slack/slack.ts';

type Loader<S extends AnySchema> = () => Promise<Implementation<OptionsOf<S['options']>>>;

/** Loaded with the first notification: some bring packages that cost much time and memory. */
const implementations: { [Type in AnySchema['type']]: Loader<Extract<AnySchema, { type: Type }>> } = {
  alertmanager: async () => (await import('./alertmanager.ts')).alertmanagerService,
  awssqs: async () => (await import('./awssqs.ts')).awsSqsService,
  console: async () => (await import('./console.ts')).consoleService,
  discord: async () => (await import('./discord.ts')).discordService,
  email: async () => (await import('./email.ts')).emailService,
  gcppubsub: async () => (await import('./gcppubsub.ts')).pubSubService,
  github: async () => (await import('./github.ts')).githubService,
  googlechat: async () => (await import('./googlechat.ts')).googleChatService,
  grafana: async () => (await import('./grafana.ts')).grafanaService,
  incidentio: async () => (await import('./incidentio.ts')).incidentIoService,
  jsm: async () => (await import('./jsm.ts')).jsmService,
  matrix: async () => (await import('./matrix.ts')).matrixService,
  mattermost: async () => (await import('./mattermost.ts')).mattermostService,
  nats: async () => (await import('./nats.ts')).natsService,
  newrelic: async () => (await import('./newrelic.ts')).newRelicService,
  ntfy: async () => (await import('./ntfy.ts')).ntfyService,
  opsgenie: async () => (await import('./opsgenie.ts')).opsgenieService,
  pagerduty: async () => (await import('./pagerduty.ts')).pagerDutyService,
  pagerdutyv2: async () => (await import('./pagerdutyv2.ts')).pagerDutyEventsService,
  pushover: async () => (await import('./pushover.ts')).pushoverService,
  rocketchat: async () => (await import('./rocketchat.ts')).rocketChatService,
  slack: async () => (await import('./slack/slack.ts')).slackService,
  teams: async () => (await import('./teams.ts')).teamsService,
  'teams-workflows': async () => (await import('./teams-workflows.ts')).teamsWorkflowsService,
  telegram: async () => (await import('./telegram.ts')).telegramService,
  webex: async () => (await import('./webex.ts')).webexService,
  webhook: async () => (await import('./webhook.ts')).webhookService,
  zulip: async () => (await import('./zulip.ts')).zulipService,
};

export interface ServiceSource {
  type: string;
  /** The name in `service.<type>.<name>`; the type where there is none. */
  name: string;
  /** What the schema of the type has made of the options. */
  settings: unknown;
  /** Of a tenant: what the service may connect to. Absent: everything. */
  addresses?: AddressPolicy;
}

export interface ServiceDeps {
  log: Logger;
  /** Of one configuration: two namespaces may name a service alike and must not share its state. */
  state: ServiceState;
  /** Where `console` prints. */
  stream: Writable;
  now: () => number;
  /** @defaultValue the system's */
  clock?: Clock;
  /** What servers' certificates must descend from, in place of the system's roots (argocd-tls-certs-cm). */
  certificatesOf?: CertificatesOf;
  /** In place of the system's resolver, for services of tenants. */
  resolve?: Resolve;
  /** Milliseconds for one call. */
  timeout?: number;
  slack?: Partial<SlackSettings>;
}

/** Makes a service of its configuration. It connects to nothing before the first `send`. Never throws. */
export function createService(
  source: ServiceSource,
  deps: ServiceDeps,
): { service?: Service; problems: OptionProblem[] } {
  const schema = schemaOf(source.type);
  const load = Object.hasOwn(implementations, source.type)
    ? implementations[source.type as AnySchema['type']]
    : undefined;
  if (schema === undefined || load === undefined) {
    const what = `services of type ${JSON.stringify(source.type)} are not supported`;
    return { problems: [{ path: [], what, fix: 'Use another type.', severity: 'error' }] };
  }
  try {
    const settings = source.settings as Record<string, unknown>;
    const http = createHttpClient({
      insecureSkipVerify: settings['insecureSkipVerify'] === true,
      ...(deps.certificatesOf && { certificatesOf: deps.certificatesOf }),
      ...(source.addresses && { addresses: source.addresses }),
      ...(deps.resolve && { resolve: deps.resolve }),
      ...(deps.timeout === undefined ? {} : { timeout: deps.timeout }),
    });
    // What reads the options of a type and what takes them are checked to fit where `implementations` stands.
    const implementation = load as () => Promise<Implementation<unknown>>;
    return { service: createLazyService(schema, source, implementation, http, deps), problems: [] };
  } catch (error) {
    // The proxy variables; options cannot be the cause any more.
    const what = `the connection cannot be set up: ${error instanceof Error ? error.message : 'unknown cause'}`;
    const fix = 'Check HTTP_PROXY and HTTPS_PROXY.';
    return { problems: [{ path: [], what, fix, severity: 'error' }] };
  }
}

function createLazyService(
  schema: ServiceSchema,
  { name, settings, addresses }: ServiceSource,
  load: () => Promise<Implementation<unknown>>,
  http: HttpClient,
  { log, state, stream, now, clock = systemClock, certificatesOf, resolve, slack }: ServiceDeps,
): Service {
  const { product, pace, recipient: recipients } = schema;
  const options = settings as OptionsOf<Fields>;
  const scrub = createScrub(secretsAmong(schema, options));
  const markers = schema.mentions ? createMarkers() : undefined;
  const implementationDeps: ImplementationDeps = {
    product,
    name,
    log,
    state,
    now,
    clock,
    http,
    scrub,
    stream,
    ...(markers && { markers }),
    ...(slack && { slack }),
    connection: {
      certificatesOf: (host) => certificatesOf?.(host),
      ...(addresses && { addresses }),
      ...(resolve && { resolve }),
    },
  };
  let loading: Promise<ReturnType<Implementation<unknown>>> | undefined;
  let closing: Promise<void> | undefined;

  async function send(...[notification, recipient, context]: Parameters<Service['send']>): Promise<Outcome> {
    const fault = recipientFault(recipients, recipient, options);
    if (fault !== undefined) {
      const subject = `${product} of service ${name}, ${recipients.noun} ${JSON.stringify(recipient)}`;
      const error = scrub(`${subject} ${fault.what}. ${fault.fix}`);
      return { status: 'rejected', reason: 'invalid_recipient', error, scope: 'recipient' };
    }
    if (closing !== undefined) return retry('closed', 'was closed', context);
    try {
      loading ??= load().then((implementation) => implementation(options, implementationDeps));
      const implementation = await loading;
      return await implementation.send(notification, recipient, context);
    } catch (error) {
      // A package that cannot be loaded may be there at the next attempt.
      loading = undefined;
      const what = scrub(String(error));
      log.error({ service: name, error: what }, 'Service failed unexpectedly');
      // Nobody can tell how far it got.
      return { ...retry('unexpected', what, context), unclear: true };
    }
  }

  function retry(
    reason: string,
    what: string,
    { earlier }: SendContext,
  ): Extract<Outcome, { status: 'retry' }> {
    const error = `${product} of service ${name}: ${what}`;
    return { status: 'retry', reason, error, ...(earlier === undefined ? {} : { unclear: true }) };
  }

  async function close(): Promise<void> {
    const implementation = await loading?.catch(() => undefined);
    await Promise.all([implementation?.close?.(), http.close()]);
  }

  return {
    ...renderingOf(schema, name, options),
    ...(markers && { mention: markers.mark }),
    ...(pace && { pace }),
    send,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Hooks carry their secret in the path or the query as often as in a header, which its service knows to be one. */
function secretsAmong(schema: ServiceSchema, options: OptionsOf<Fields>): string[] {
  return textsIn(schema.options, options).flatMap(({ kind, text }) => {
    if (text === '') return [];
    switch (kind) {
      case 'token':
        return [text, ...text.split(':').filter((part) => part.length >= 8)];
      case 'password':
        return [text];
      case 'hook':
        return urlSecrets(text, true);
      case 'url':
        return urlSecrets(text, false);
      case 'servers':
        return serverUrls(text).flatMap((url) => (URL.canParse(url) ? urlSecrets(url, false) : []));
      default:
        return [];
    }
  });
}
