/** Connections over HTTP to servers outside: proxies, certificates, and which addresses may be reached. */
import { Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { AddressPolicy } from './address-policy.ts';
import { createGuardedConnections, type Resolve } from './guarded.ts';
import type { CertificatesOf } from './host-certificates.ts';

export interface ConnectionOptions {
  insecureSkipVerify?: boolean | undefined;
  /** Whom to trust in place of the system's roots; asked for each request. `insecureSkipVerify` trusts everybody. */
  certificatesOf?: CertificatesOf | undefined;
  /** Of a tenant: what it may connect to. Absent: everything. */
  addresses?: AddressPolicy | undefined;
  /** In place of the system's resolver, for guarded connections. */
  resolve?: Resolve | undefined;
}

export interface ConnectionLimits {
  /** To one host. */
  connections: number;
  /** Milliseconds. */
  connectTimeout: number;
  /** Bytes of an answer, as they come over the wire. Absent: no limit. */
  largestAnswer?: number | undefined;
}

/**
 * `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are honoured as Go's client does for argocd-notifications, without Node's
 * `NODE_USE_ENV_PROXY=1`, which only concerns the global `fetch`. Opens nothing before the first request. Throws when
 * such a variable is no URL.
 */
export function createConnections(options: ConnectionOptions, limits: ConnectionLimits): Dispatcher {
  const { insecureSkipVerify, certificatesOf, addresses, resolve } = options;

  function create(certificates: string | undefined): Dispatcher {
    const proxyTls = {
      ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
      timeout: limits.connectTimeout,
    };
    const connect = {
      ...proxyTls,
      // The certificate of a server itself may stand there, without that of its authority.
      ...(certificates === undefined ? {} : { ca: certificates, allowPartialTrustChain: true }),
    };
    const pool = {
      connections: limits.connections,
      keepAliveTimeout: 30_000,
      connect,
      requestTls: connect,
      proxyTls,
      ...(limits.largestAnswer === undefined ? {} : { maxResponseSize: limits.largestAnswer }),
    };
    return addresses === undefined
      ? new EnvHttpProxyAgent(pool)
      : createGuardedConnections(pool, { addresses, resolve });
  }

  if (certificatesOf === undefined || insecureSkipVerify) return create(undefined);
  return new TrustingConnections(create, certificatesOf);
}

/** Hosts with certificates of their own have connections of their own, new ones when those change. */
class TrustingConnections extends Dispatcher {
  private readonly create: (certificates: string | undefined) => Dispatcher;
  private readonly certificatesOf: CertificatesOf;
  private readonly others: Dispatcher;
  private readonly byHost = new Map<string, { certificates: string; connections: Dispatcher }>();

  constructor(create: (certificates: string | undefined) => Dispatcher, certificatesOf: CertificatesOf) {
    super();
    this.create = create;
    this.certificatesOf = certificatesOf;
    this.others = create(undefined);
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { protocol, hostname } = new URL(String(options.origin));
    return (protocol === 'https:' ? this.to(hostname) : this.others).dispatch(options, handler);
  }

  private to(host: string): Dispatcher {
    const certificates = this.certificatesOf(host);
    const held = this.byHost.get(host);
    if (held !== undefined && held.certificates === certificates) return held.connections;
    if (held !== undefined) {
      this.byHost.delete(host);
      // Requests under way end first; what becomes of them is told to who sent them.
      held.connections.close().catch(() => undefined);
    }
    if (certificates === undefined) return this.others;
    const connections = this.create(certificates);
    this.byHost.set(host, { certificates, connections });
    return connections;
  }

  private get all(): Dispatcher[] {
    return [this.others, ...[...this.byHost.values()].map(({ connections }) => connections)];
  }

  override async close(callback?: () => void): Promise<void> {
    await Promise.all(this.all.map((connections) => connections.close()));
    callback?.();
  }

  override async destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> {
    const [cause, done] = typeof error === 'function' ? [null, error] : [error ?? null, callback];
    await Promise.all(this.all.map((connections) => connections.destroy(cause)));
    done?.();
  }
}
