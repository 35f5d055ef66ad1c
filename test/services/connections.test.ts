import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fetch } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSlackSimulator } from '../../simulator/slack.ts';
import { createLog } from '../../src/log.ts';
import type { JsonObject } from '../../src/model.ts';
import { closeConnections, createHttpClient } from '../../src/services/http.ts';
import { createService, type ServiceDeps } from '../../src/services/registry.ts';
import { tools } from '../tools.ts';
import { createMemoryState } from './memory-state.ts';
import { startService } from './start-service.ts';

async function sendOnce(type: string, options: JsonObject, deps: Partial<ServiceDeps> = {}) {
  const service = startService(type, options, deps);
  const signal = AbortSignal.timeout(600_000);
  const outcome = await service.send({ message: 'm' }, 'deploys', { deliveryId: 'd', signal });
  await service.close();
  return outcome;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a server that answers 407 with a large page', () => {
  it('keeps nobody from closing', async () => {
    const refusing = createHttpServer((_, response) => response.writeHead(407).end('x'.repeat(2_000_000)));
    const url = `http://127.0.0.1:${await listen(refusing)}/`;
    const dispatcher = createHttpClient({}).dispatcher;
    await expect(fetch(url, { method: 'POST', body: 'a', dispatcher })).rejects.toThrow('fetch failed');
    await closeConnections(dispatcher, 50);
    // Which it does once no connection is left.
    await new Promise((resolve) => refusing.close(resolve));
  });
});

describe('proxies', () => {
  const asked: string[] = [];
  const proxy = createHttpServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end('{"ok":true,"ts":"1.0","channel":"C1"}');
  });
  let port: number;
  beforeAll(async () => {
    port = await listen(proxy);
  });
  afterAll(() => proxy.close());
  afterEach(() => {
    vi.unstubAllEnvs();
    asked.length = 0;
  });

  it.each([
    [
      'slack',
      { token: 'x', apiURL: 'http://slack.invalid/api' },
      'http://slack.invalid/api/chat.postMessage',
    ],
    ['webhook', { url: 'http://hook.invalid/a' }, 'http://hook.invalid/a'],
  ])('of the environment are used by %s', async (type, options, url) => {
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
    expect(await sendOnce(type, options)).toEqual({ status: 'sent' });
    expect(asked).toEqual([url]);
  });

  it('are not used for what NO_PROXY names', async () => {
    const simulator = createSlackSimulator();
    await simulator.start();
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${port}`);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const options = { token: simulator.token, apiURL: simulator.apiUrl };
    expect(await sendOnce('slack', options)).toEqual({ status: 'sent' });
    expect(asked).toEqual([]);
    await simulator.stop();
  });

  it('that are no URL are a problem, not a crash', () => {
    vi.stubEnv('HTTP_PROXY', 'http://user:pass word@:bad');
    const log = createLog({ level: 'silent', format: 'json' });
    const deps = { log, state: createMemoryState(), stream: new PassThrough() };
    const { service, problems } = createService(
      { type: 'slack', name: 'slack', settings: { token: 'x' } },
      deps,
    );
    expect(service).toBeUndefined();
    expect(problems).toMatchObject([{ severity: 'error', fix: expect.stringContaining('HTTP_PROXY') }]);
  });
});

const openssl = tools.openssl ?? '';
describe.skipIf(openssl === '')('a server with a certificate of its own (needs openssl)', () => {
  let server: Server;
  let url: string;
  let certificate: string;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      openssl,
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost
       -addext subjectAltName=IP:127.0.0.1 -keyout ${key} -out ${cert}`.split(/\s+/),
      { stdio: 'ignore' },
    );
    certificate = readFileSync(cert, 'utf8');
    server = createHttpsServer({ key: readFileSync(key), cert: certificate }, (_, response) => {
      response.end('{"ok":true,"ts":"1.0","channel":"C1"}');
    }) as unknown as Server;
    rmSync(folder, { recursive: true });
    url = `https://127.0.0.1:${await listen(server)}`;
  });
  afterAll(() => server?.close());

  it.each(['slack', 'webhook'])('is trusted by %s only when it is told to', async (type) => {
    const options = { token: 'x', apiURL: url, url };
    expect(await sendOnce(type, options)).toMatchObject({ status: 'retry', reason: 'tls' });
    expect(await sendOnce(type, { ...options, insecureSkipVerify: true })).toEqual({ status: 'sent' });
    expect(await sendOnce(type, options, { certificatesOf: () => certificate })).toEqual({ status: 'sent' });
  });
});
