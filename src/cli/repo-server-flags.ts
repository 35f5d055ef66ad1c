import { join } from 'node:path';
import type { RepoServerOptions } from '../argocd/repo-server-tls.ts';
import { booleanFlag, textFlag } from './flag-types.ts';
import type { FlagValues } from './flags.ts';

const group = 'Repo server of Argo CD, which repo functions ask where argocd is not configured:';

/** Of argocd-notifications-controller, whose variables begin with a prefix, and of `argocd admin notifications`, which has fewer. */
function repoServerFlagsOf(prefix: string, plaintextEnv: string | undefined) {
  return {
    repoServer: textFlag({
      name: 'argocd-repo-server',
      group,
      placeholder: 'host:port',
      default: 'argocd-repo-server:8081',
      help: 'Address; an empty one asks nobody',
    }),
    repoServerPlaintext: booleanFlag({
      name: 'argocd-repo-server-plaintext',
      group,
      ...(plaintextEnv === undefined ? {} : { env: plaintextEnv }),
      help: 'Connect without TLS',
    }),
    repoServerStrictTls: booleanFlag({
      name: 'argocd-repo-server-strict-tls',
      group,
      help: 'Verify its certificate, with tls.crt and ca.crt in /app/config/reposerver/tls unless a file is named',
    }),
    repoServerCaCertPath: textFlag({
      name: 'repo-server-ca-cert-path',
      group,
      placeholder: 'file',
      env: `${prefix}REPO_SERVER_CA_CERT_PATH`,
      help: 'Certificate of its authority, with which its certificate is verified. Without it any is accepted',
    }),
    repoServerClientCertPath: textFlag({
      name: 'repo-server-client-cert-path',
      group,
      placeholder: 'file',
      env: `${prefix}REPO_SERVER_CLIENT_CERT_PATH`,
      default: '/app/config/reposerver/mtls/client.crt',
      help: 'Client certificate for mutual TLS, if the file is there; an empty one is none',
    }),
    repoServerClientCertKeyPath: textFlag({
      name: 'repo-server-client-cert-key-path',
      group,
      placeholder: 'file',
      env: `${prefix}REPO_SERVER_CLIENT_CERT_KEY_PATH`,
      default: '/app/config/reposerver/mtls/client.key',
      help: 'Key of the client certificate',
    }),
  };
}

export const runRepoServerFlags = repoServerFlagsOf(
  'ARGOCD_NOTIFICATION_CONTROLLER_',
  'ARGOCD_NOTIFICATION_CONTROLLER_REPO_SERVER_PLAINTEXT',
);
export const commandRepoServerFlags = repoServerFlagsOf('ARGOCD_', undefined);

export type RepoServerFlagValues = FlagValues<ReturnType<typeof repoServerFlagsOf>>;

/** Takes them out of the values of a command. */
export function splitRepoServer<V extends RepoServerFlagValues>(
  values: V,
  env: Readonly<Record<string, string | undefined>>,
) {
  const {
    repoServer: _address,
    repoServerPlaintext: _plaintext,
    repoServerStrictTls: _strictTls,
    repoServerCaCertPath: _caCertPath,
    repoServerClientCertPath: _clientCertPath,
    repoServerClientCertKeyPath: _clientCertKeyPath,
    ...others
  } = values;
  const repoServer = repoServerOptions(values, env);
  return { ...others, ...(repoServer && { repoServer }) };
}

/** undefined: it is not asked. */
function repoServerOptions(
  values: RepoServerFlagValues,
  env: Readonly<Record<string, string | undefined>>,
): RepoServerOptions | undefined {
  const {
    repoServer: address,
    repoServerPlaintext: plaintext,
    repoServerStrictTls,
    repoServerCaCertPath: caFile,
    repoServerClientCertPath: certFile,
    repoServerClientCertKeyPath: keyFile,
  } = values;
  if (address === '') return undefined;
  const mounted = join(env.ARGOCD_APP_CONF_PATH || '/app/config', 'reposerver/tls');
  const strictFiles = repoServerStrictTls ? [join(mounted, 'tls.crt'), join(mounted, 'ca.crt')] : undefined;
  const caFiles = caFile === '' ? strictFiles : [caFile];
  return {
    address,
    plaintext,
    ...(caFiles && { caFiles }),
    ...(certFile === '' || keyFile === '' ? {} : { clientCertificate: { certFile, keyFile } }),
  };
}
