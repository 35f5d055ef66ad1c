/** How Go decodes an option; `object`: the fields of a mapping. */
export type OptionKind =
  | 'string'
  | 'int'
  | 'bool'
  | 'strings'
  | 'stringMap'
  | 'any'
  | { object: OptionFields };

export type OptionFields = Readonly<Record<string, OptionKind>>;

const transport: OptionFields = {
  insecureSkipVerify: 'bool',
  maxIdleConns: 'int',
  maxIdleConnsPerHost: 'int',
  maxConnsPerHost: 'int',
  idleConnTimeout: 'string',
};
const basicAuth: OptionKind = { object: { username: 'string', password: 'string' } };

/** The option structs of notifications-engine's services (commit cf274d2) that Herald does not implement. */
const foreign: Readonly<Record<string, OptionFields>> = {
  alertmanager: {
    targets: 'strings',
    scheme: 'string',
    apiPath: 'string',
    basicAuth,
    bearerToken: 'string',
    timeout: 'int',
    ...transport,
  },
  awssqs: {
    queue: 'string',
    account: 'string',
    region: 'string',
    endpointUrl: 'string',
    key: 'string',
    secret: 'string',
  },
  email: {
    host: 'string',
    port: 'int',
    insecure_skip_verify: 'bool',
    username: 'string',
    password: 'string',
    from: 'string',
    html: 'bool',
  },
  gcppubsub: { topic: 'string', project: 'string', keyFile: 'string' },
  github: {
    appID: 'any',
    installationID: 'any',
    privateKey: 'string',
    enterpriseBaseURL: 'string',
    ...transport,
  },
  googlechat: { webhooks: 'stringMap', ...transport },
  grafana: { apiUrl: 'string', apiKey: 'string', ...transport },
  mattermost: { apiURL: 'string', token: 'string', ...transport },
  nats: { url: 'string', headers: 'stringMap', nkey: 'string', username: 'string', password: 'string' },
  newrelic: { apiKey: 'string', apiURL: 'string', ...transport },
  opsgenie: { apiUrl: 'string', apiKeys: 'stringMap', ...transport },
  pagerduty: { token: 'string', from: 'string', serviceId: 'string' },
  pagerdutyv2: { serviceKeys: 'stringMap' },
  pushover: { token: 'string' },
  rocketchat: {
    alias: 'string',
    email: 'string',
    password: 'string',
    icon: 'string',
    avatar: 'string',
    serverUrl: 'string',
  },
  teams: { recipientUrls: 'stringMap', ...transport },
  'teams-workflows': { recipientUrls: 'stringMap', ...transport },
  telegram: { token: 'string' },
  webex: { token: 'string', apiURL: 'string', ...transport },
};

/** The types that argocd-notifications knows: for any other it refuses the whole ConfigMap. */
const shared: ReadonlySet<string> = new Set([...Object.keys(foreign), 'slack', 'webhook']);

export function isHeraldOnly(type: string): boolean {
  return !shared.has(type);
}

/** Options of our services that have no effect here, but a type in argocd-notifications. */
const ignored: Readonly<Record<string, OptionFields>> = {
  slack: { signingSecret: 'string', channels: 'strings', ...transport },
  webhook: { retryWaitMin: 'int', retryWaitMax: 'int', retryMax: 'int', ...transport },
};

/** The options of a type that argocd-notifications sends through and Herald does not; undefined for any other. */
export function foreignFields(type: string): OptionFields | undefined {
  return Object.hasOwn(foreign, type) ? foreign[type] : undefined;
}

export function ignoredFields(type: string): OptionFields {
  return (Object.hasOwn(ignored, type) ? ignored[type] : undefined) ?? {};
}

export function foreignTypes(): string[] {
  return Object.keys(foreign);
}
