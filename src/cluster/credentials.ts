import type { AgentOptions, RequestOptions } from 'node:https';
import type { KubeConfig } from './client-library.ts';
import { ClusterError, redact } from './cluster-error.ts';

/** How to reach the API server, as the library reads it from the kubeconfig. */
export type DispatcherSettings = ReturnType<KubeConfig['createDispatcherOptions']>;

export interface Credentials {
  current(): Promise<{ headers: Record<string, string>; dispatcher: DispatcherSettings }>;
  /** Makes the next request read everything again: the kubeconfig, token files, plug-ins. */
  refresh(): void;
  /** They come from a program that is run for them. */
  hasPlugin(): boolean;
}

export function createCredentials(initial: KubeConfig, reload: () => KubeConfig): Credentials {
  let config: KubeConfig | undefined = initial;
  let pending: ReturnType<Credentials['current']> | undefined;

  async function read(): ReturnType<Credentials['current']> {
    const tls: RequestOptions = {};
    try {
      config ??= reload();
      await config.applyToHTTPSOptions(tls);
    } catch (error) {
      if (error instanceof ClusterError) throw error;
      // A plug-in's output that is no JSON is quoted in the parser's message: it is the token, or a part of it.
      const what =
        error instanceof SyntaxError ? 'the credential plug-in printed no JSON' : (error as Error).message;
      throw new ClusterError(`cannot read the credentials: ${redact(what).slice(0, 500)}`, {
        kind: 'credentials',
      });
    }
    const headers = Object.fromEntries(
      Object.entries((tls.headers ?? {}) as Record<string, unknown>).map(([name, value]) => [
        name.toLowerCase(),
        String(value).trim(),
      ]),
    );
    if (tls.auth) headers.authorization ??= `Basic ${Buffer.from(tls.auth).toString('base64')}`;
    return { headers, dispatcher: dispatcherSettings(config, tls) };
  }

  return {
    // Shared by requests made together, so that a plug-in runs once for all of them.
    current() {
      pending ??= read().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    refresh() {
      config = undefined;
    },
    hasPlugin: () => initial.getCurrentUser()?.exec !== undefined,
  };
}

function dispatcherSettings(config: KubeConfig, tls: RequestOptions): DispatcherSettings {
  const agentOptions: AgentOptions = {};
  for (const field of [
    'ca',
    'cert',
    'key',
    'pfx',
    'passphrase',
    'rejectUnauthorized',
    'servername',
  ] as const) {
    if (tls[field] !== undefined) Object.assign(agentOptions, { [field]: tls[field] });
  }
  return config.createDispatcherOptions(config.getCurrentCluster(), agentOptions);
}
