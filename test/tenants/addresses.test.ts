import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createArgocdClient } from '../../src/argocd/client.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import type { JsonObject } from '../../src/model.ts';
import { addressProblem, createAddressPolicy } from '../../src/net/address-policy.ts';
import type { Resolve } from '../../src/net/guarded.ts';
import { startService } from '../services/start-service.ts';

const here = '127.0.0.1';
/** What no resolver of a test may be asked for. */
const nobody: Resolve = (host, _options, done) => done(new Error(`nobody asks for ${host}`), []);

function resolving(answers: (host: string) => string[]): Resolve {
  return (host, _options, done) => {
    const addresses = answers(host).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
    done(addresses.length === 0 ? error : null, addresses);
  };
}

function tenantService(type: string, options: JsonObject, allowed: string[], resolve = nobody) {
  const service = startService(type, options, { addresses: createAddressPolicy(allowed), resolve });
  const send = () =>
    service.send({ message: 'm' }, 'deploys', { deliveryId: 'd', signal: AbortSignal.timeout(600_000) });
  return { send, close: () => service.close() };
}

async function sendOnce(type: string, options: JsonObject, allowed: string[], resolve = nobody) {
  const service = tenantService(type, options, allowed, resolve);
  const outcome = await service.send();
  await service.close();
  return outcome;
}

const refused = { status: 'rejected', reason: 'address_not_allowed', scope: 'service' };

describe('a service of a tenant', () => {
  let connections = 0;
  let redirectTo = '';
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/endless')) {
      const chunk = Buffer.alloc(1024 * 1024);
      Readable.from(repeat(chunk)).pipe(response);
    } else if (request.url === '/redirect') response.writeHead(307, { location: redirectTo }).end();
    else response.setHeader('content-type', 'application/json').end('{"ok":true,"ts":"1.0","channel":"C1"}');
  }).on('connection', () => (connections += 1));
  let port: number;
  beforeAll(async () => {
    port = await listen(server, '::');
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.unstubAllEnvs();
    connections = 0;
  });

  const options = (host: string, path = '') => {
    const url = `http://${host}:${port}${path}`;
    return { slack: { token: 'x', apiURL: url }, webhook: { url } };
  };

  it.each(['127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]'])(
    'never connects to the literal %s',
    async (host) => {
      for (const type of ['slack', 'webhook'] as const)
        expect(await sendOnce(type, options(host)[type], [])).toMatchObject(refused);
      expect(connections).toBe(0);
    },
  );

  it.each([
    'localhost',
    'api',
    'hooks.tools.svc',
    'Hooks.Tools.svc.Cluster.Local.',
    'metadata.google.internal',
  ])('does not even ask who %s is', async (host) => {
    const outcome = await sendOnce('webhook', options(host).webhook, []);
    expect(outcome).toMatchObject(refused);
    expect(outcome).toHaveProperty('error', expect.not.stringContaining('nobody asks'));
  });

  it.each(['slack', 'webhook'] as const)('is refused by what the name of %s resolves to', async (type) => {
    const resolve = resolving((host) => (host === 'hook.example.com.' ? [here, '::1'] : []));
    const outcome = await sendOnce(type, options('hook.example.com')[type], [], resolve);
    expect(outcome).toMatchObject(refused);
    const { error } = outcome as { error: string };
    expect(error).toContain('hook.example.com leads to an address inside the cluster');
    expect(error).toContain('--tenant-service-addresses');
    expect(error).not.toContain(here);
    expect(connections).toBe(0);
  });

  it('asks for names from the root, so that no Service of the cluster answers', async () => {
    const asked: string[] = [];
    const resolve = resolving((host) => {
      asked.push(host);
      return [];
    });
    const outcome = await sendOnce('webhook', options('grafana.monitoring').webhook, [], resolve);
    expect(asked).toEqual(['grafana.monitoring.']);
    expect(outcome).toMatchObject({ status: 'retry', reason: 'unreachable' });
    expect(outcome).toHaveProperty('error', expect.stringContaining('ENOTFOUND grafana.monitoring'));
  });

  it('is judged anew for each connection', async () => {
    // The first answer is allowed and the next is not, as of a name that is made to change between the two.
    const answers = [[here], ['127.0.0.2']];
    const resolve = resolving(() => answers.shift() ?? []);
    const service = tenantService('webhook', options('hook.example.com').webhook, [here], resolve);
    expect(await service.send()).toEqual({ status: 'sent' });
    server.closeAllConnections();
    await expect.poll(() => service.send()).toMatchObject(refused);
    expect(connections).toBe(1);
    await service.close();
  });

  it('connects to the allowed ones of several addresses only', async () => {
    const resolve = resolving(() => ['::1', here]);
    expect(await sendOnce('webhook', options('hook.example.com').webhook, [here], resolve)).toEqual({
      status: 'sent',
    });
  });

  it('follows no redirect to where it may not go', async () => {
    const resolve = resolving(() => [here]);
    redirectTo = `http://127.0.0.2:${port}/`;
    const outcome = await sendOnce(
      'webhook',
      options('hook.example.com', '/redirect').webhook,
      [here],
      resolve,
    );
    expect(outcome).toMatchObject(refused);
    expect(outcome).toHaveProperty('error', expect.stringContaining('127.0.0.2 leads'));
    expect(connections).toBe(1);
  });

  it.each([['127.0.0.0/8'], ['*'], ['localhost']])(
    'goes where the operator allows it: %s',
    async (allowed) => {
      const host = allowed === 'localhost' ? 'localhost' : here;
      const resolve = resolving((name) => (name === 'localhost' ? [here] : []));
      for (const type of ['slack', 'webhook'] as const)
        expect(await sendOnce(type, options(host)[type], [allowed], resolve)).toEqual({ status: 'sent' });
    },
  );

  it('gives up on an answer that does not end', async () => {
    const endless = options(here, '/endless');
    expect(await sendOnce('slack', endless.slack, [here])).toMatchObject({
      status: 'retry',
      reason: 'connection_lost',
    });
    // Its status is all that a webhook answers.
    expect(await sendOnce('webhook', endless.webhook, [here])).toEqual({ status: 'sent' });
  });

  it('reaches names of the cluster inside a network that is allowed', async () => {
    const resolve = resolving((name) => (name === 'hooks.tools.svc' ? [here] : []));
    expect(await sendOnce('webhook', options('hooks.tools.svc').webhook, ['127.0.0.0/8'], resolve)).toEqual({
      status: 'sent',
    });
  });

  it('asks Argo CD at no such address either', async () => {
    const addresses = createAddressPolicy([]);
    const client = createArgocdClient(
      { url: `http://${here}:${port}`, token: '', insecureSkipVerify: false, addresses },
      { namespace: 'argocd' },
    );
    const application = { namespace: 'team-a', name: 'a', project: 'p' };
    const answer = await client.ask(
      { kind: 'commit', application, revision: 'abc' } as never,
      AbortSignal.timeout(600_000),
    );
    expect(answer).toMatchObject({ ok: false, detail: expect.stringContaining('may not reach') });
    expect(connections).toBe(0);
    await client.close();
  });

  describe('behind a proxy', () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('content-type', 'application/json').end('{"ok":true,"ts":"1.0","channel":"C1"}');
    }).on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    beforeAll(() => listen(proxy, here).then(() => {}));
    afterAll(() => proxy.close());
    afterEach(() => {
      asked.length = 0;
    });
    const behind = () => {
      const url = `http://${here}:${(proxy.address() as AddressInfo).port}`;
      vi.stubEnv('HTTP_PROXY', url);
      vi.stubEnv('HTTPS_PROXY', url);
    };

    it.each(['http://10.0.0.1/', 'https://10.0.0.1/', 'https://api.tools.svc/', 'https://hook.example.com/'])(
      'has nobody else connect to %s',
      async (url) => {
        behind();
        const resolve = resolving((name) => (name === 'hook.example.com.' ? ['10.0.0.1'] : []));
        for (const [type, source] of Object.entries({ slack: { token: 'x', apiURL: url }, webhook: { url } }))
          expect(await sendOnce(type, source, [], resolve)).toMatchObject(refused);
        expect(asked).toEqual([]);
      },
    );

    it('reaches public names, and those that only the proxy knows', async () => {
      behind();
      const resolve = resolving((name) => (name === 'public.example.com.' ? ['8.8.8.8'] : []));
      for (const host of ['public.example.com', 'unknown.example.com'])
        expect(await sendOnce('webhook', { url: `http://${host}/a` }, [], resolve)).toEqual({
          status: 'sent',
        });
      expect(asked).toEqual(['http://public.example.com/a', 'http://unknown.example.com/a']);
    });
  });
});

describe('addresses', () => {
  const policy = createAddressPolicy([]);
  it.each(
    '0.0.0.0 10.255.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 224.0.0.1 255.255.255.255 :: ::1 ::7f00:1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:0:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:a00:1:: 2002:7f00:1::1 2001::1'.split(
      ' ',
    ),
  )('%s is inside', (address) => {
    expect(policy.allowsAddress(address)).toBe(false);
  });

  it.each(
    '8.8.8.8 172.15.0.1 172.32.0.1 100.128.0.1 192.167.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1'.split(
      ' ',
    ),
  )('%s is outside', (address) => {
    expect(policy.allowsAddress(address)).toBe(true);
  });

  it('in an allowed network are allowed in every form', () => {
    const allowing = createAddressPolicy(['10.1.0.0/16', 'fd00::/8']);
    const judged = ['10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::a01:203', 'fd00::1', '10.2.0.1', '::1'].map(
      (address) => allowing.allowsAddress(address),
    );
    expect(judged).toEqual([true, true, true, true, false, false]);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.1/',
    'http://a',
    'a b',
    '*.example.com',
    '1.2.3',
    '-a',
    'fd00::/129',
  ])('the operator is told that %s is none', (entry) => {
    expect(addressProblem(entry)).toContain(entry);
  });
});

describe("a tenant's ConfigMap", () => {
  const data = {
    'service.webhook.a': 'url: http://169.254.169.254/latest\n',
    'service.slack': 'token: x\napiURL: http://hooks.tools.svc/api\n',
    'service.webhook.b': 'url: https://hook.example.com\n',
    'service.nats': 'url: nats://nats.example.com, nats://10.0.0.1:4222\n',
    argocd: 'url: https://10.0.0.1\n',
  };

  it('says where such an address stands, and uses nothing of it', () => {
    const config = parseConfig({
      configMap: data,
      secret: {},
      isTenant: true,
      addresses: createAddressPolicy([]),
    });
    expect([...config.services.keys()]).toEqual(['b']);
    expect(config.argocd).toBeUndefined();
    expect(config.problems.map(({ key, line, severity }) => ({ key, line, severity }))).toEqual([
      { key: 'argocd', line: 1, severity: 'error' },
      { key: 'service.nats', line: 1, severity: 'error' },
      { key: 'service.slack', line: 2, severity: 'error' },
      { key: 'service.webhook.a', line: 1, severity: 'error' },
    ]);
    expect(config.problems.at(-1)?.fix).toContain('--tenant-service-addresses');
  });

  it("says nothing where the ConfigMap is the controller's", () => {
    const config = parseConfig({ configMap: data, secret: {} });
    expect(config.problems).toEqual([]);
    expect(config.services.size).toBe(4);
  });
});

/** Until nobody takes it any more. */
function* repeat(chunk: Buffer): Generator<Buffer> {
  for (;;) yield chunk;
}

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}
