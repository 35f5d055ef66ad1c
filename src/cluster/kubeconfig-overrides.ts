import { resolve } from 'node:path';

/** What kubectl's flags replace in a kubeconfig. Absent and '' replace nothing. */
export interface KubeconfigOverrides {
  /** Names of a cluster and a user of the kubeconfig, in place of the context's. */
  cluster?: string;
  user?: string;
  server?: string;
  certificateAuthority?: string;
  insecureSkipTlsVerify?: boolean;
  tlsServerName?: string;
  proxyUrl?: string;
  token?: string;
  username?: string;
  password?: string;
  clientCertificate?: string;
  clientKey?: string;
  /** User to impersonate. */
  as?: string;
}

interface Entry {
  name: string;
  cluster?: Record<string, unknown> | null | undefined;
  user?: Record<string, unknown> | null | undefined;
  context?: Record<string, unknown> | null | undefined;
}

interface Entries {
  clusters: Entry[];
  users: Entry[];
  contexts: Entry[];
  'current-context': string;
}

const ofFlags = 'herald:flags';

/**
 * The kubeconfig with the flags over it, as client-go's clientcmd merges them: a certificate authority and an insecure
 * connection exclude each other, and credentials given as flags take the place of all others of their kind.
 */
export function withOverrides<T extends Entries>(config: T, overrides: KubeconfigOverrides = {}): T {
  const given = Object.fromEntries(
    Object.entries(overrides).filter(([, value]) => value !== '' && value !== false),
  );
  if (Object.values(given).every((value) => value === undefined)) return config;
  const context = config.contexts.find(({ name }) => name === config['current-context'])?.context ?? {};
  const cluster = config.clusters.find(({ name }) => name === (given.cluster ?? context.cluster));
  const user = config.users.find(({ name }) => name === (given.user ?? context.user));
  // A name that is not there is left in place, so that it is reported like one of the kubeconfig's own.
  const missing = (name: unknown, found: Entry | undefined): boolean =>
    name !== undefined && found === undefined;
  return {
    ...config,
    clusters: [...config.clusters, { name: ofFlags, cluster: clusterOf(cluster?.cluster ?? {}, given) }],
    users: [...config.users, { name: ofFlags, user: userOf(user?.user ?? {}, given) }],
    contexts: [
      ...config.contexts,
      {
        name: ofFlags,
        context: {
          ...context,
          cluster: missing(given.cluster, cluster) ? given.cluster : ofFlags,
          user: missing(given.user, user) ? given.user : ofFlags,
        },
      },
    ],
    'current-context': ofFlags,
  };
}

function clusterOf(
  cluster: Record<string, unknown>,
  given: Record<string, string | boolean>,
): Record<string, unknown> {
  const { 'certificate-authority': file, 'certificate-authority-data': data, ...rest } = cluster;
  const authority = given.insecureSkipTlsVerify
    ? { 'insecure-skip-tls-verify': true }
    : given.certificateAuthority === undefined
      ? { 'certificate-authority': file, 'certificate-authority-data': data }
      : {
          'certificate-authority': resolve(String(given.certificateAuthority)),
          'insecure-skip-tls-verify': false,
        };
  return {
    ...rest,
    ...authority,
    ...renamed(given, { server: 'server', tlsServerName: 'tls-server-name', proxyUrl: 'proxy-url' }),
  };
}

function userOf(
  user: Record<string, unknown>,
  given: Record<string, string | boolean>,
): Record<string, unknown> {
  const path = (file: string | boolean | undefined) =>
    file === undefined ? undefined : resolve(String(file));
  const own = {
    ...renamed(given, { token: 'token', username: 'username', password: 'password' }),
    ...defined({ 'client-certificate': path(given.clientCertificate), 'client-key': path(given.clientKey) }),
  };
  const impersonated = renamed(given, { as: 'as' });
  if (Object.keys(own).length === 0) return { ...user, ...impersonated };
  const { as } = user;
  return { ...defined({ as }), ...own, ...impersonated };
}

function renamed(given: Record<string, unknown>, names: Record<string, string>): Record<string, unknown> {
  return defined(Object.fromEntries(Object.entries(names).map(([flag, field]) => [field, given[flag]])));
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
