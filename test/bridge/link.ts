import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A connection to a server that can be made to say nothing any more, as behind a firewall that forgot it. */
export interface Link {
  /** The URL with the link's address in place of the server's. */
  url: string;
  /** From now on nothing passes, in either direction; new connections are accepted and hang. */
  stall(): void;
  /** Cuts every connection; what was stalled passes again. */
  mend(): void;
  close(): Promise<void>;
}

export async function linkTo(serverUrl: string): Promise<Link> {
  const target = new URL(serverUrl);
  const pairs = new Set<[Socket, Socket]>();
  let isStalled = false;

  function cut(): void {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  }

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.on('data', (data) => {
        if (!isStalled) to.write(data);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    stall() {
      isStalled = true;
    },
    mend() {
      isStalled = false;
      cut();
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
