import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * `pass`; `refuse`: nobody listens, and what is open is cut; `stall`: what is open and what comes stays open and no
 * byte passes until the mode changes, when what was held goes on; `hold-answers`: the same, of answers only;
 * `truncate`: as `pass`, but each connection is cut in the middle of an answer.
 */
export type ProxyMode = 'pass' | 'refuse' | 'stall' | 'hold-answers' | 'truncate';

/** Stands between Herald and one of its servers. */
export interface Proxy {
  readonly port: number;
  set(mode: ProxyMode): Promise<void>;
  /** Milliseconds that each piece takes on its way, in both directions. */
  setLatency(milliseconds: number): void;
  /** Resets every connection that is open. */
  cut(): void;
  /** The servers' side of every open connection is gone, and Herald's side is not told: half-open. */
  vanish(): void;
  /** Called with the next bytes towards the server, before they go there; false keeps them from going there. */
  tap(listener: () => boolean): void;
  close(): Promise<void>;
}

interface Link {
  client: Socket;
  upstream: Socket;
  answered: number;
  vanished: boolean;
}

/** Bytes of an answer before a connection in mode `truncate` is cut. */
const truncatedAfter = 700;

export async function createProxy(target: number): Promise<Proxy> {
  const links = new Set<Link>();
  let mode: ProxyMode = 'pass';
  let latency = 0;
  let listener: (() => boolean) | undefined;
  let server: Server | undefined = await listen(0);
  const { port } = server.address() as AddressInfo;

  async function listen(on: number): Promise<Server> {
    const listening = createServer((client) => accept(client)).listen(on, '127.0.0.1');
    await once(listening, 'listening');
    return listening;
  }

  async function unlisten(): Promise<void> {
    const closing = server;
    server = undefined;
    if (!closing) return;
    const closed = once(closing, 'close');
    closing.close();
    cut();
    await closed;
  }

  function accept(client: Socket): void {
    const upstream = connect(target, '127.0.0.1');
    const link: Link = { client, upstream, answered: 0, vanished: false };
    links.add(link);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      // Its close follows.
      socket.on('error', () => undefined);
    }
    client.once('close', () => {
      links.delete(link);
      upstream.destroy();
    });
    upstream.once('close', () => {
      if (!link.vanished) client.destroy();
    });
    const [forth, back] = [inOrder(), inOrder()];
    client.on('data', (chunk) => {
      const told = listener;
      listener = undefined;
      if (told === undefined || told()) forth(() => upstream.write(chunk));
    });
    upstream.on('data', (chunk) => back(() => answer(link, chunk)));
    hold(link);
  }

  /** Acts of one direction of a connection, each after the latency of its time, and none before an earlier one. */
  function inOrder(): (act: () => void) => void {
    let waiting = 0;
    let last = Promise.resolve();
    return (act) => {
      if (latency === 0 && waiting === 0) {
        act();
        return;
      }
      waiting += 1;
      const due = performance.now() + latency;
      last = last.then(async () => {
        await delay(Math.max(0, due - performance.now()));
        waiting -= 1;
        act();
      });
    };
  }

  function answer(link: Link, chunk: Buffer): void {
    link.answered += chunk.length;
    if (mode !== 'truncate' || link.answered < truncatedAfter) {
      link.client.write(chunk);
      return;
    }
    link.client.write(chunk.subarray(0, Math.max(1, chunk.length >> 1)));
    link.client.destroySoon();
  }

  function hold({ client, upstream }: Link): void {
    if (mode === 'stall') client.pause();
    else client.resume();
    if (mode === 'stall' || mode === 'hold-answers') upstream.pause();
    else upstream.resume();
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
      mode = next;
      if (next === 'refuse') await unlisten();
      else server ??= await listen(port);
      for (const link of links) hold(link);
    },
    setLatency(milliseconds) {
      latency = milliseconds;
    },
    cut,
    vanish() {
      for (const link of links) {
        link.vanished = true;
        link.upstream.destroy();
      }
    },
    tap(next) {
      listener = next;
    },
    async close() {
      await unlisten();
      cut();
    },
  };
}
