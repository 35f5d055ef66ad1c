import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * `pass`; `refuse`: nobody listens, and what is open is cut; `stall`: what is open and what comes stays open, and no
 * byte passes until the mode changes; `truncate`: as `pass`, but each connection is cut in the middle of an answer.
 */
export type ProxyMode = 'pass' | 'refuse' | 'stall' | 'truncate';

/** Stands between Herald and one of its servers. */
export interface Proxy {
  readonly port: number;
  set(mode: ProxyMode): Promise<void>;
  /** Resets every connection that is open. */
  cut(): void;
  close(): Promise<void>;
}

/** Of an answer, before a connection in mode `truncate` is cut. */
const truncatedAfter = 700;

export async function createProxy(target: number): Promise<Proxy> {
  const links = new Set<{ client: Socket; upstream: Socket }>();
  let mode: ProxyMode = 'pass';
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;

  async function listen(on: number) {
    const listening = createServer((client) => accept(client)).listen(on, '127.0.0.1');
    await once(listening, 'listening');
    return listening;
  }

  function accept(client: Socket): void {
    const upstream = connect(target, '127.0.0.1');
    const link = { client, upstream };
    links.add(link);
    let answered = 0;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        links.delete(link);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      answered += chunk.length;
      if (mode !== 'truncate' || answered < truncatedAfter) {
        client.write(chunk);
        return;
      }
      client.write(chunk.subarray(0, Math.max(1, chunk.length >> 1)));
      client.destroySoon();
    });
    if (mode === 'stall') hold(link);
  }

  function hold({ client, upstream }: { client: Socket; upstream: Socket }): void {
    client.pause();
    upstream.pause();
  }

  function cut(): void {
    for (const { client, upstream } of links) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  }

  return {
    port,
    async set(next) {
      if (next === mode) return;
      const before = mode;
      mode = next;
      if (next === 'refuse') {
        const closed = once(server, 'close');
        server.close();
        cut();
        await closed;
      }
      if (before === 'refuse') server = await listen(port);
      for (const link of links) {
        if (next === 'stall') hold(link);
        else {
          link.client.resume();
          link.upstream.resume();
        }
      }
    },
    cut,
    async close() {
      cut();
      if (mode !== 'refuse') {
        const closed = once(server, 'close');
        server.close();
        await closed;
      }
    },
  };
}
