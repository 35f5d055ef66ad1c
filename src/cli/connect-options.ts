import type { ConnectOptions } from '../cluster/connect.ts';
import type { KubeOptions } from './kube-flags.ts';

/** The flags of the API server as `connect` takes them. */
export function connectOptions(kube: KubeOptions): ConnectOptions {
  const { kubeconfig, context, requestTimeout, asUid, asGroup, asUserExtra, ...rest } = kube;
  const { namespace: _namespace, disableCompression, ...overrides } = rest;
  const headers = impersonation({ asUid, asGroup, asUserExtra });
  return {
    ...(kubeconfig === '' ? {} : { kubeconfig }),
    ...(context === '' ? {} : { context }),
    ...(requestTimeout > 0 ? { timeoutMs: requestTimeout } : {}),
    ...(disableCompression ? { disableCompression } : {}),
    overrides,
    headers,
  };
}

function impersonation(
  kube: Pick<KubeOptions, 'asUid' | 'asGroup' | 'asUserExtra'>,
): Record<string, string | string[]> {
  const extras = Map.groupBy(kube.asUserExtra, (extra) =>
    encodeURIComponent(extra.split('=')[0] ?? '').toLowerCase(),
  );
  const valueOf = (extra: string): string => extra.slice(extra.indexOf('=') + 1);
  return {
    ...(kube.asUid === '' ? {} : { 'impersonate-uid': kube.asUid }),
    ...(kube.asGroup.length === 0 ? {} : { 'impersonate-group': kube.asGroup }),
    ...Object.fromEntries(
      [...extras].map(([key, values]) => [`impersonate-extra-${key}`, values.map(valueOf)]),
    ),
  };
}
