import { booleanFlag, checkedFlag, milliseconds, textFlag, textsFlag } from './flag-types.ts';
import type { Flag, FlagValues } from './flags.ts';

const group = 'Kubernetes API:';

/** How to reach the API server. Empty text is absent: the kubeconfig's own value, or the pod's, counts. */
export type KubeOptions = FlagValues<typeof kubeFlags>;

/** The flags of client-go's clientcmd, as `argocd-notifications-controller` and `argocd admin` have them. */
export const kubeFlags = {
  kubeconfig: textFlag({
    name: 'kubeconfig',
    group,
    placeholder: 'file',
    help: 'Path of a kubeconfig. Without it KUBECONFIG, ~/.kube/config, then the service account of the pod',
  }),
  context: textFlag({
    name: 'context',
    group,
    placeholder: 'name',
    help: 'Context of the kubeconfig to use',
  }),
  namespace: textFlag({
    name: 'namespace',
    short: 'n',
    group,
    placeholder: 'name',
    help: 'Namespace of Argo CD. Without it the namespace of the context or of the pod',
  }),
  cluster: textFlag({
    name: 'cluster',
    group,
    placeholder: 'name',
    help: 'Cluster of the kubeconfig to use',
  }),
  user: textFlag({ name: 'user', group, placeholder: 'name', help: 'User of the kubeconfig to use' }),
  server: urlFlag(
    textFlag({
      name: 'server',
      short: 's',
      group,
      placeholder: 'url',
      help: 'Address of the API server',
    }),
    /^https?:/i,
    'write it as https://HOST:6443',
  ),
  token: textFlag({
    name: 'token',
    group,
    placeholder: 'token',
    help: 'Bearer token for the API server',
  }),
  username: textFlag({
    name: 'username',
    group,
    placeholder: 'name',
    help: 'User name for basic authentication',
  }),
  password: textFlag({
    name: 'password',
    group,
    placeholder: 'password',
    help: 'Password for basic authentication',
  }),
  certificateAuthority: textFlag({
    name: 'certificate-authority',
    group,
    placeholder: 'file',
    help: "Certificate of the API server's authority",
  }),
  clientCertificate: textFlag({
    name: 'client-certificate',
    group,
    placeholder: 'file',
    help: 'Client certificate for TLS',
  }),
  clientKey: textFlag({
    name: 'client-key',
    group,
    placeholder: 'file',
    help: 'Key of the client certificate',
  }),
  tlsServerName: textFlag({
    name: 'tls-server-name',
    group,
    placeholder: 'name',
    help: "Name that the API server's certificate must have. Without it its host name",
  }),
  insecureSkipTlsVerify: booleanFlag({
    name: 'insecure-skip-tls-verify',
    group,
    help: 'Trust any certificate of the API server. The connection can then be read and changed by others',
  }),
  proxyUrl: urlFlag(
    textFlag({
      name: 'proxy-url',
      group,
      placeholder: 'url',
      help: 'Proxy to reach the API server through',
    }),
    /^[a-z][a-z0-9+.-]*:/i,
    'write it as http://HOST:3128',
  ),
  requestTimeout: requestTimeoutFlag({
    name: 'request-timeout',
    group,
    placeholder: 'duration',
    help: 'How long one request may take, watches apart; 0 sets no limit',
    default: 0,
    defaultText: '0',
  }),
  as: textFlag({ name: 'as', group, placeholder: 'name', help: 'User to impersonate' }),
  asUid: textFlag({ name: 'as-uid', group, placeholder: 'uid', help: 'UID to impersonate' }),
  asGroup: textsFlag({
    name: 'as-group',
    group,
    placeholder: 'name',
    help: 'Group to impersonate; may be given several times',
  }),
  asUserExtra: textsFlag({
    name: 'as-user-extra',
    group,
    placeholder: 'key=value',
    help: 'Extra attribute to impersonate; may be given several times',
  }),
  disableCompression: booleanFlag({
    name: 'disable-compression',
    group,
    help: 'Ask the API server not to compress its answers',
  }),
};

/** Its value may hold a password, which the error does not show. */
function urlFlag(flag: Flag<string>, scheme: RegExp, fix: string): Flag<string> {
  return checkedFlag(flag, (value) =>
    value === '' || (scheme.test(value) && URL.canParse(value)) ? undefined : `the value is no URL: ${fix}`,
  );
}

/** clientcmd takes a bare number for seconds here, unlike Go's durations. Milliseconds. */
function requestTimeoutFlag(flag: Omit<Flag<number>, 'parse'>): Flag<number> {
  return {
    ...flag,
    parse(texts) {
      const text = texts.at(-1) ?? '';
      const value = milliseconds(/^\d+$/.test(text) ? `${text}s` : text);
      if (value !== undefined) return { ok: true, value };
      return {
        ok: false,
        problem: 'is not a duration',
        fix: 'use seconds, or a number with its unit, such as 30s',
      };
    },
  };
}
