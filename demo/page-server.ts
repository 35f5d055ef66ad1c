import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const folder = join(import.meta.dirname, 'page');
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};
const files = new Set(['index.html', 'page.css', 'page.js', 'slack.js']);

/** Serves the page on localhost and sends it the whole state whenever something has changed. */
export interface PageServer {
  readonly url: string;
  publish(): void;
  close(): Promise<void>;
}

export async function startPageServer(state: () => unknown, port: number): Promise<PageServer> {
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
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;

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
