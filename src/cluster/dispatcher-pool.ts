import { createHash } from 'node:crypto';
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import type { DispatcherSettings } from './credentials.ts';

export interface DispatcherPool {
  /** The dispatcher of these settings; a new one only when a certificate, a key or a CA has changed. */
  get(settings: DispatcherSettings): Dispatcher;
  destroy(): Promise<void>;
}

export function createDispatcherPool(): DispatcherPool {
  let current: { fingerprint: string; dispatcher: Dispatcher } | undefined;
  const retired = new Set<Dispatcher>();
  return {
    get(settings) {
      const fingerprint = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
      if (current?.fingerprint === fingerprint) return current.dispatcher;
      if (current !== undefined) {
        // Watches that are open on it go on to their end.
        const old = current.dispatcher;
        retired.add(old);
        const drop = (): unknown => retired.delete(old);
        void old.close().then(drop, drop);
      }
      current = { fingerprint, dispatcher: createDispatcher(settings) };
      return current.dispatcher;
    },
    async destroy() {
      const all = [...retired, ...(current === undefined ? [] : [current.dispatcher])];
      current = undefined;
      await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/**
 * HTTP/1.1 on purpose: a watch then has a connection of its own, so that aborting a stalled one leaves the others
 * alone and the next attempt gets a fresh connection, not another stream on the dead one.
 */
function createDispatcher(settings: DispatcherSettings): Dispatcher {
  const shared = { allowH2: false, keepAliveTimeout: 30_000 };
  const connecting = { timeout: 5_000, keepAlive: true, keepAliveInitialDelay: 30_000 };
  switch (settings.type) {
    case 'proxy':
      return new ProxyAgent({
        ...shared,
        uri: settings.uri,
        requestTls: { ...connecting, ...(settings.requestTls as object) },
      });
    case 'socks':
      return new Socks5ProxyAgent(settings.uri, { ...shared, requestTls: settings.requestTls as object });
    case 'agent':
      return new Agent({ ...shared, connect: { ...(settings.connect as object), ...connecting } });
    case 'none':
      return new Agent({ ...shared, connect: connecting });
  }
}
