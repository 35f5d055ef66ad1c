import { connect, type NatsConnection, nkeys } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { createAddressPolicy } from '../../src/net/address-policy.ts';
import { validateOptions } from '../../src/services/schema.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import type { Service } from '../../src/services/service.ts';
import { type Authorities, createAuthorities } from '../internet/authority.ts';
import { type Internet, openInternet } from '../internet/internet.ts';
import { tools } from '../tools.ts';
import { createNatsServer, type NatsServer } from './nats-server.ts';
import { startService } from './start-service.ts';

const password = 'secret-pa55word';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started(configuration?: string, files?: Record<string, string>): Promise<NatsServer> {
  const server = await createNatsServer(configuration, files);
  cleanups.push(() => server.dispose());
  await server.start();
  return server;
}

function serviceOf(options: JsonObject, deps: Parameters<typeof startService>[2] = {}): Service {
  const service = startService('nats', options, deps);
  cleanups.push(() => service.close());
  return service;
}

async function send(
  service: Service,
  { recipient = 'argocd.deploys', message = 'deployed', deliveryId = 'd1' } = {},
): Promise<Outcome> {
  const outcome = await service.send({ message }, recipient, {
    deliveryId,
    signal: AbortSignal.timeout(600_000),
  });
  expect(JSON.stringify(outcome)).not.toContain(password);
  return outcome;
}

/** What arrives, as it arrives. */
async function subscriber(
  port: number,
  login: object = {},
): Promise<{ client: NatsConnection; next(): Promise<Got> }> {
  const client = await connect({ servers: `127.0.0.1:${port}`, ...login });
  cleanups.push(() => client.close());
  const messages = client.subscribe('>')[Symbol.asyncIterator]();
  await client.flush();
  return {
    client,
    async next() {
      const { value } = await messages.next();
      if (value === undefined) throw new Error('no message');
      const headers = Object.fromEntries([...(value.headers ?? [])].map(([name, [first]]) => [name, first]));
      return { subject: value.subject, text: value.string(), headers };
    },
  };
}

interface Got {
  subject: string;
  text: string;
  headers: Record<string, string | undefined>;
}

describe('a NATS server that misbehaves', () => {
  let internet: Internet;
  beforeAll(async () => {
    internet = await openInternet();
  });
  afterAll(() => internet.close());
  const url = 'nats://nats.example';

  it('and goes away before it has said anything has got no message', async () => {
    internet.server.play([{ nats: { ends: 'at-once' } }, { nats: {} }]);
    const service = serviceOf({ url });
    const outcome = await send(service);
    expect(outcome).toMatchObject({ status: 'retry', reason: 'connection_lost' });
    expect(outcome).not.toHaveProperty('unclear');
    expect(await send(service)).toEqual({ status: 'sent' });
  });

  it('and goes away when a message comes may have got it', async () => {
    internet.server.play([{ nats: { ends: 'at-message' } }, { nats: {} }]);
    const service = serviceOf({ url });
    expect(await send(service)).toMatchObject({ status: 'retry', reason: 'connection_lost', unclear: true });
    expect(await send(service)).toEqual({ status: 'sent' });
  });

  it('and does not answer may have got the message', async () => {
    internet.server.play([{ nats: { ends: 'hangs-at-message' } }]);
    const service = serviceOf({ url });
    const abort = new AbortController();
    const context = { deliveryId: 'd1', signal: abort.signal };
    const outcome = service.send({ message: 'deployed' }, 'argocd.deploys', context);
    await internet.server.until(1, ({ nats }) => nats?.payload !== undefined);
    abort.abort();
    expect(await outcome).toMatchObject({ status: 'retry', reason: 'aborted', unclear: true });
  });

  it('and knows no headers gets messages that need none', async () => {
    internet.server.play([{ nats: { noHeaders: true } }]);
    expect(await send(serviceOf({ url }))).toEqual({ status: 'sent' });
    expect(internet.server.received()).toMatchObject([{ nats: { verb: 'PUB', payload: 'deployed' } }]);
    expect(await send(serviceOf({ url, headers: { a: 'b' } }))).toMatchObject({
      status: 'rejected',
      reason: 'no_headers',
      scope: 'service',
    });
  });
});

describe('options of NATS', () => {
  const problems = (options: JsonObject) => {
    const schema = schemaOf('nats');
    return schema === undefined ? [] : validateOptions(schema, options).problems.map(({ what }) => what);
  };

  it.each<[JsonObject, RegExp]>([
    [{ url: 'https://a' }, /url begins with https:/],
    [{ url: 'nats://a, ws://b' }, /for WebSockets/],
    [{ url: 'nats://a:b:c' }, /that is none/],
    [{ url: 'nats://%zz@a' }, /login that cannot be decoded/],
    [{ url: 'a', nkey: 'nonsense' }, /nkey is no seed/],
    [{ url: 'a', headers: { 'a b': 'c' } }, /name of a header/],
    [{ url: 'a', headers: { a: 'b\nc' } }, /line breaks/],
  ])('%j', (options, what) => {
    expect(problems(options)).toEqual([expect.stringMatching(what)]);
  });

  it.each(['a', 'a:4223', 'nats://[::1]:4222', 'tls://u:p%40@a,nats://t@b'])('%s are servers', (url) => {
    expect(problems({ url })).toEqual([]);
  });

  it.each(['', 'a b', 'a..b', '.a', 'a.', '*', 'a.>'])('%j is no subject', async (recipient) => {
    expect(await send(serviceOf({ url: 'a' }), { recipient })).toMatchObject({ reason: 'invalid_recipient' });
  });
});

describe.skipIf(tools['nats-server'] === undefined)('a real NATS server', () => {
  it('hands on message, subject and headers, over one connection', async () => {
    const { port } = await started();
    const { next, client } = await subscriber(port);
    const service = serviceOf({
      url: `127.0.0.1:${port}`,
      headers: { 'X-Team': 'web', 'my-header': 'b: c' },
    });
    expect(await send(service, { message: 'naïve "q" 🚀\nsecond' })).toEqual({ status: 'sent' });
    expect(await next()).toEqual({
      subject: 'argocd.deploys',
      text: 'naïve "q" 🚀\nsecond',
      headers: { 'X-Team': 'web', 'my-header': 'b: c', 'Nats-Msg-Id': 'd1' },
    });
    const before = client.info?.client_id ?? 0;
    await Promise.all(['d2', 'd3', 'd4'].map((deliveryId) => send(service, { deliveryId })));
    const late = await connect({ servers: `127.0.0.1:${port}` });
    cleanups.push(() => late.close());
    // The server counts its clients: the service's is the only one between.
    expect((late.info?.client_id ?? 0) - before).toBe(2);
  });

  it('takes the login by name, out of the URL, by token and by nkey', async () => {
    const pair = nkeys.createUser();
    const seed = new TextDecoder().decode(pair.getSeed());
    const users = `{user: argo, password: "${password}"}, {nkey: ${pair.getPublicKey()}}`;
    const { port } = await started(`authorization { users: [${users}] }`);
    const at = `127.0.0.1:${port}`;
    expect(await send(serviceOf({ url: `nats://${at}`, username: 'argo', password }))).toEqual({
      status: 'sent',
    });
    expect(await send(serviceOf({ url: `nats://${at}`, user: 'argo', password }))).toEqual({
      status: 'sent',
    });
    expect(await send(serviceOf({ url: `nats://argo:${password}@${at}` }))).toEqual({ status: 'sent' });
    expect(await send(serviceOf({ url: `nats://${at}`, nkey: seed }))).toEqual({ status: 'sent' });
    const refused = { status: 'rejected', reason: 'unauthorized', scope: 'service' };
    expect(await send(serviceOf({ url: `nats://${at}` }))).toMatchObject(refused);
    expect(await send(serviceOf({ url: `nats://argo:x${password}@${at}` }))).toMatchObject({
      ...refused,
      error: expect.stringMatching(/NATS.* of service nats.* Check username and password, or nkey/),
    });
    const other = new TextDecoder().decode(nkeys.createUser().getSeed());
    const outcome = await send(serviceOf({ url: `nats://${at}`, nkey: other }));
    expect(outcome).toMatchObject(refused);
    expect(JSON.stringify(outcome)).not.toContain(other);
    const withToken = await started(`authorization { token: "${password}" }`);
    expect(await send(serviceOf({ url: `nats://${password}@127.0.0.1:${withToken.port}` }))).toEqual({
      status: 'sent',
    });
  });

  it('parks the recipient alone where the user may not publish', async () => {
    const permissions = '{ publish: ["argocd.>"] }';
    const { port } = await started(
      `authorization { users: [{user: argo, password: "${password}", permissions: ${permissions}}] }`,
    );
    const service = serviceOf({ url: `127.0.0.1:${port}`, username: 'argo', password });
    const both = await Promise.all([send(service), send(service, { recipient: 'other.deploys' })]);
    expect(both).toEqual([
      { status: 'sent' },
      {
        status: 'rejected',
        reason: 'not_permitted',
        scope: 'recipient',
        error: expect.stringContaining('subject "other.deploys"'),
      },
    ]);
    expect(await send(service)).toEqual({ status: 'sent' });
  });

  it('gets a message that is too long cut', async () => {
    const { port } = await started('max_payload: 1000');
    const { next } = await subscriber(port);
    const service = serviceOf({ url: `127.0.0.1:${port}` });
    expect(await send(service, { message: '🚀'.repeat(1_000) })).toEqual({ status: 'sent' });
    expect((await next()).text).toMatch(/^(?:🚀){200,250}…$/u);
  });

  it('whose stream takes a delivery once, however often it is sent', async () => {
    const { port } = await started('jetstream { store_dir: "$folder" }');
    const { client } = await subscriber(port);
    const ask = async (subject: string, body: object = {}) =>
      (await client.request(`$JS.API.${subject}`, JSON.stringify(body))).json<{
        state?: { messages: number };
      }>();
    await ask('STREAM.CREATE.deploys', { name: 'deploys', subjects: ['argocd.>'], storage: 'memory' });
    const service = serviceOf({ url: `127.0.0.1:${port}` });
    for (const deliveryId of ['d1', 'd1', 'd2']) await send(service, { deliveryId });
    expect((await ask('STREAM.INFO.deploys')).state?.messages).toBe(2);
  });

  it('is connected to again after it was away', async () => {
    const server = await started();
    const service = serviceOf({ url: `127.0.0.1:${server.port}` });
    expect(await send(service)).toEqual({ status: 'sent' });
    await server.kill();
    const outcome = await send(service);
    expect(outcome).toMatchObject({ status: 'retry' });
    expect(await send(service)).toMatchObject({ status: 'retry', reason: 'unreachable' });
    await server.start();
    expect(await send(service)).toEqual({ status: 'sent' });
  });

  it('stands for one of its cluster that is away', async () => {
    const [away, here] = [await createNatsServer(), await started()];
    cleanups.push(() => away.dispose());
    const service = serviceOf({ url: `nats://127.0.0.1:${away.port}, nats://127.0.0.1:${here.port}` });
    expect(await send(service)).toEqual({ status: 'sent' });
  });

  describe('with TLS', () => {
    let authorities: Authorities;
    beforeAll(async () => {
      authorities = await createAuthorities(Date.now());
    });

    const secured = async (kind: 'untrusted' | 'wrong-host') => {
      const { key, cert } = await authorities.certificateOf('localhost', kind);
      return started('tls { cert_file: "$folder/cert.pem", key_file: "$folder/key.pem" }', {
        'cert.pem': cert,
        'key.pem': key,
      });
    };

    it('is trusted by the certificates of its host, or not at all', async () => {
      const { port } = await secured('untrusted');
      const certificatesOf = (host: string) => (host === 'localhost' ? authorities.other : undefined);
      for (const url of [`tls://localhost:${port}`, `nats://localhost:${port}`]) {
        expect(await send(serviceOf({ url }, { certificatesOf }))).toEqual({ status: 'sent' });
        const untrusted = await send(serviceOf({ url }));
        expect(untrusted).toMatchObject({ status: 'retry', reason: 'tls' });
        expect(untrusted).not.toHaveProperty('unclear');
        expect(await send(serviceOf({ url, insecureSkipVerify: true }))).toEqual({ status: 'sent' });
      }
    });

    it('is none where the certificate is another host’s', async () => {
      const { port } = await secured('wrong-host');
      const certificatesOf = () => authorities.system;
      const outcome = await send(serviceOf({ url: `tls://localhost:${port}` }, { certificatesOf }));
      expect(outcome).toMatchObject({ status: 'retry', reason: 'tls' });
    });

    it('gets no login in clear where the URL asks for TLS', async () => {
      const { port } = await started(`authorization { user: argo, password: "${password}" }`);
      const outcome = await send(serviceOf({ url: `tls://argo:${password}@127.0.0.1:${port}` }));
      expect(outcome).toMatchObject({ status: 'rejected', reason: 'no_tls', scope: 'service' });
    });
  });

  it('inside the cluster is out of reach of a tenant', async () => {
    const { port } = await started();
    const addresses = createAddressPolicy([]);
    const refused = { status: 'rejected', reason: 'address_not_allowed', scope: 'service' };
    for (const host of ['127.0.0.1', 'nats.example.com']) {
      const service = serviceOf(
        { url: `nats://${host}:${port}` },
        { addresses, resolve: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
      );
      expect(await send(service)).toMatchObject(refused);
    }
    const allowed = serviceOf(
      { url: `nats://127.0.0.1:${port}` },
      { addresses: createAddressPolicy(['127.0.0.1']) },
    );
    expect(await send(allowed)).toEqual({ status: 'sent' });
  });
});
