import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { AddressPolicy } from './address-policy.ts';

/** A connection that the operator does not allow: sending again leads nowhere. Names no resolved address. */
export class AddressNotAllowed extends Error {
  override name = 'AddressNotAllowed';
  constructor(host: string) {
    super(
      `${host} leads to an address inside the cluster or its network, which services of tenants may not reach; ` +
        `use a public one, or ask the operator to allow it with --tenant-service-addresses`,
    );
  }
}

export type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Connections of a tenant, through the proxies of the environment where there are any. The proxy itself is the
 * operator's and may be anywhere.
 */
export function createGuardedConnections(
  options: EnvHttpProxyAgent.Options & { connect: buildConnector.BuildOptions },
  guarding: { addresses: AddressPolicy; resolve?: Resolve | undefined },
): Dispatcher {
  const { addresses: policy, resolve } = guarding;
  const guard = createGuard({ policy, proxied: hasProxy(), ...(resolve && { resolve }) });
  const agent = new EnvHttpProxyAgent({ ...options, connect: guard.connector(options.connect) });
  return agent.compose(guard.interceptor);
}

/** Connections of a tenant that no proxy is for. */
export function createGuardedConnector(
  options: buildConnector.BuildOptions,
  { addresses: policy, resolve }: { addresses: AddressPolicy; resolve?: Resolve | undefined },
): buildConnector.connector {
  return createGuard({ policy, proxied: false, ...(resolve && { resolve }) }).connector(options);
}

/** As EnvHttpProxyAgent finds its proxies. */
function hasProxy(): boolean {
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = process.env;
  return [http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY].some(Boolean);
}

interface GuardOptions {
  policy: AddressPolicy;
  /** Whether requests may go through a proxy, which resolves names by itself. */
  proxied: boolean;
  resolve?: Resolve;
}

interface Guard {
  /** Connects directly, to allowed addresses only: what is checked is what is connected to, each time anew. */
  connector(options: buildConnector.BuildOptions): buildConnector.connector;
  /** Judges the host of each request, those of redirects included, before a connection or a proxy is asked. */
  interceptor: Dispatcher.DispatcherComposeInterceptor;
}

function createGuard({ policy, proxied, resolve = systemLookup }: GuardOptions): Guard {
  const lookup: LookupFunction = (host, options, done) => {
    const name = policy.judge(host) === 'allowed' ? host : policy.nameToResolve(host);
    resolve(name, { ...options, all: true }, (error, addresses) => {
      const [first, ...more] = error ? [] : permitted(host, addresses);
      // The error names what was asked for: without the dot of the root it is what the tenant wrote.
      if (error) done(withName(error, name, host), '');
      else if (!first) done(new AddressNotAllowed(host), '');
      else if (options.all) done(null, [first, ...more]);
      else done(null, first.address, first.family);
    });
  };

  function permitted(host: string, addresses: readonly LookupAddress[]): LookupAddress[] {
    return policy.judge(host) === 'allowed'
      ? [...addresses]
      : addresses.filter(({ address }) => policy.allowsAddress(address));
  }

  return {
    connector(options) {
      const connect = buildConnector({ ...options, lookup } as buildConnector.BuildOptions);
      return (target, done) => {
        if (policy.judge(target.hostname) === 'refused') done(new AddressNotAllowed(target.hostname), null);
        else connect(target, done);
      };
    },
    interceptor: (dispatch) => (options, handler) => {
      const { hostname } = new URL(String(options.origin));
      const host = hostname.replace(/^\[(.*)\]$/, '$1');
      const judgement = policy.judge(host);
      const refuse = () => fail(handler, new AddressNotAllowed(host));
      if (judgement === 'refused') {
        refuse();
        return true;
      }
      if (judgement === 'allowed' || !proxied) return dispatch(options, handler);
      // What this resolver does not know may be known to the proxy, and is the proxy's to refuse.
      resolve(policy.nameToResolve(host), { all: true }, (error, addresses) => {
        if (!error && permitted(host, addresses).length < addresses.length) refuse();
        else dispatch(options, handler);
      });
      return true;
    },
  };
}

function fail(handler: Dispatcher.DispatchHandler, error: Error): void {
  // Nothing has begun that a controller could control; undici's own interceptors answer so too.
  handler.onResponseError?.(null as unknown as Dispatcher.DispatchController, error);
}

function withName(error: NodeJS.ErrnoException, asked: string, host: string): NodeJS.ErrnoException {
  error.message = error.message.replaceAll(asked, host);
  return error;
}
