import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const folder = join(import.meta.dirname, 'page');
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};
const files = new Set(['index.html', 'page.css', 'page.js', 'slack.js']);

/** The page on localhost; it is sent the whole state whenever something has changed. */
export interface PageServer {
  readonly url: string;
  publish(): void;
  close(): Promise<void>;
}

/** Listens on the first of the ports that is free; 0 takes any. */
export async function startPageServer(state: () => unknown, ports: readonly number[]): Promise<PageServer> {
  const listeners = new Set<ServerResponse>();
  const send = (response: ServerResponse) => response.write(`data: ${JSON.stringify(state())}\n\n`);

  const server = createServer(async (request, response) => {
    const name = (request.url ?? '/').split('?')[0]?.slice(1) || 'index.html';
    if (name === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
      send(response);
      return;
    }
    if (!files.has(name)) {
      response.writeHead(404).end();
      return;
    }
    response
      .writeHead(200, { 'content-type': types[extname(name)] ?? '' })
      .end(await readFile(join(folder, name)));
  });
  const bound = await listen(server, ports);

  return {
    url: `http://localhost:${bound}/`,
    publish() {
      for (const response of listeners) send(response);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server, [port = 0, ...others]: readonly number[]): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || others.length === 0) throw error;
    return listen(server, others);
  }
}
