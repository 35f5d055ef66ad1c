import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics.ts';
import { createServer, type Server, type ServerDeps } from '../../src/server/server.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

async function start(deps: Partial<ServerDeps> = {}, checkDeadline = 1_000) {
  const server = createServer(
    {
      version: '1.2.3',
      metrics: createMetrics({ version: '1', processMetrics: false }),
      health: { healthz: {}, readyz: {} },
      ...deps,
    },
    { port: 0, host: '127.0.0.1', checkDeadline },
  );
  servers.push(server);
  const port = await server.open();
  return { server, port, url: `http://127.0.0.1:${port}` };
}

describe('/metrics', () => {
  it('answers the exposition with its content type', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('herald_build_info{version="1"');
  });

  it('takes a query and answers HEAD without a body', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics?collect=all`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
    expect(await response.text()).toBe('');
  });

  const large = 'herald_x 1\n'.repeat(10_000);
  it.each([
    ['gzip, deflate, br', large, true],
    ['deflate, GZIP;q=0.5', large, true],
    ['gzip;q=0, identity', large, false],
    ['gzip;q=0.0', large, false],
    ['identity', large, false],
    [undefined, large, false],
    ['gzip', 'herald_x 1\n', false],
  ])('for whoever accepts %j is compressed where it is long', async (accepted, text, isCompressed) => {
    const { url } = await start({
      metrics: { contentType: 'text/plain', exposeBytes: async () => Buffer.from(text) },
    });
    const { headers, body } = await request(`${url}/metrics`, {
      headers: accepted === undefined ? {} : { 'accept-encoding': accepted },
    });
    const bytes = Buffer.from(await body.arrayBuffer());
    expect(headers['content-encoding']).toBe(isCompressed ? 'gzip' : undefined);
    expect(headers.vary).toBe(isCompressed ? 'accept-encoding' : undefined);
    expect(headers['content-length']).toBe(String(bytes.length));
    expect((isCompressed ? gunzipSync(bytes) : bytes).toString()).toBe(text);
  });

  it('says nothing of why it failed, but to its owner', async () => {
    const errors: unknown[] = [];
    const cause = new Error('token xoxb-1');
    const { url } = await start({
      metrics: { contentType: 'text/plain', exposeBytes: () => Promise.reject(cause) },
      onError: (error) => errors.push(error),
    });
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('internal error\n');
    expect(errors).toEqual([cause]);
  });
});

describe('/healthz and /readyz', () => {
  const good = () => ({ ok: true, reason: 'fine' });

  it('answer 200 and each check while all are well', async () => {
    const { url } = await start({
      health: { healthz: { watch: good }, readyz: { lists: good, queue: good } },
    });
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(
      '{"check":"lists","ok":true,"reason":"fine"}\n{"check":"queue","ok":true,"reason":"fine"}\n',
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('answer 503 when one is not, independently of each other', async () => {
    const { url } = await start({
      health: {
        healthz: { watch: good },
        readyz: { lists: good, queue: async () => ({ ok: false, reason: 'unreachable' }) },
      },
    });
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('{"check":"queue","ok":false,"reason":"unreachable"}\n');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('count a check that throws or does not answer as failed, without its error text', async () => {
    const { url } = await start(
      {
        health: {
          healthz: {
            throws: () => {
              throw new Error('secret detail');
            },
            hangs: () => new Promise(() => {}),
          },
          readyz: {},
        },
      },
      20,
    );
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(503);
    expect(await response.text()).toBe(
      '{"check":"throws","ok":false,"reason":"the check failed"}\n' +
        '{"check":"hangs","ok":false,"reason":"no answer within 20 ms"}\n',
    );
  });

  it('follow the state from request to request', async () => {
    let ok = false;
    const { url } = await start({ health: { healthz: { watch: () => ({ ok, reason: 'r' }) }, readyz: {} } });
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    ok = true;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('anything else', () => {
  it.each(['/metrics/', '/constructor', '/__proto__', '/debug'])('%s is not found', async (path) => {
    const { url } = await start();
    const response = await fetch(url + path);
    expect(response.status).toBe(404);
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(await response.text()).toBe('not found\n');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('opening and closing', () => {
  it('fails on a port that is taken', async () => {
    const { port } = await start();
    const second = createServer(
      {
        version: '1.2.3',
        metrics: createMetrics({ version: '1', processMetrics: false }),
        health: { healthz: {}, readyz: {} },
      },
      { port, host: '127.0.0.1' },
    );
    await expect(second.open()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.close(0);
  });

  it('ends idle connections at once and refuses new ones', async () => {
    const { server, url } = await start();
    await fetch(`${url}/healthz`);
    await server.close(60_000);
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('lets a request that is under way end', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<{ ok: boolean; reason: string }>();
    const slow = () => {
      asked.resolve();
      return answer.promise;
    };
    const { server, url } = await start({ health: { healthz: { slow }, readyz: {} } }, 50_000);
    const response = fetch(`${url}/healthz`);
    await asked.promise;
    const closed = server.close(50_000);
    answer.resolve({ ok: true, reason: 'late' });
    expect((await response).status).toBe(200);
    await closed;
  });

  it('cuts off at the deadline a client that sends no end of its request', async () => {
    const { server, port } = await start();
    const socket = connect(port, '127.0.0.1');
    const ended = once(socket, 'close');
    socket.on('error', () => {});
    await new Promise<void>((resolve) => {
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n', () => resolve());
    });
    await server.close(50);
    expect(await ended).toEqual([expect.any(Boolean)]);
  });
});
