import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSlackCall, type SlackCall } from './client.ts';

describe('an answer of Slack', () => {
  let body: Buffer;
  let server: Server;
  let call: SlackCall;
  const dispatcher = new Agent();
  const { signal } = new AbortController();

  beforeAll(async () => {
    server = createServer((_request, response) => {
      // A connection that is kept may be closed just when the next request goes out on it.
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', connection: 'close' };
      response.writeHead(200, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const apiURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
    call = createSlackCall({ token: 'xoxb-1', apiURL }, { dispatcher, timeout: 30_000, now: Date.now });
  });
  afterAll(async () => {
    await dispatcher.destroy();
    server.closeAllConnections();
    server.close();
  });

  it('is read when it is packed', async () => {
    body = gzipSync(JSON.stringify({ ok: true, ts: '1.2', messages: ['x'.repeat(1_000_000)] }));
    expect(await call('conversations.history', {}, signal)).toMatchObject({ ts: '1.2' });
  });

  it('is not read to its end when it unpacks to more than 16 M characters', async () => {
    // 64 MB in 65 KB.
    body = gzipSync(JSON.stringify({ ok: true, ts: '1.2', messages: ['x'.repeat(64 * 1024 * 1024)] }));
    expect(body.length).toBeLessThan(100_000);
    await expect(call('conversations.history', {}, signal)).rejects.toThrow(
      'an answer of more than 16777216 characters',
    );
  });
});
