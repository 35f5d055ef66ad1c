import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { createAddressPolicy } from '../../src/net/address-policy.ts';
import type { Resolve } from '../../src/net/guarded.ts';
import { validateOptions } from '../../src/services/schema.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import { type Internet, openInternet } from '../internet/internet.ts';
import { createPubsub } from '../internet/pubsub.ts';
import type { Answer, ScriptedServer } from '../internet/server.ts';
import { createServiceAccount } from './service-account.ts';
import { startService } from './start-service.ts';

/** A tenant's service asks for each name who it is. */
const resolve: Resolve = (_host, _options, done) => done(null, [{ address: '203.0.113.7', family: 4 }]);

const account = createServiceAccount();
const own = { project: 'p', topic: 'deploys', key: account.json };
let internet: Internet;
let server: ScriptedServer;
let folder: string;

beforeAll(async () => {
  internet = await openInternet();
  ({ server } = internet);
});
afterAll(() => internet.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-gcp-'));
  // Nothing of the machine's.
  for (const name of ['GOOGLE_APPLICATION_CREDENTIALS', 'PUBSUB_EMULATOR_HOST']) vi.stubEnv(name, undefined);
  vi.stubEnv('CLOUDSDK_CONFIG', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

interface Sending {
  options?: JsonObject;
  recipient?: string;
  message?: string;
  section?: JsonObject;
  deps?: Parameters<typeof startService>[2];
}

async function send(sending: Sending = {}): Promise<Outcome> {
  const { options = own, recipient = '', message = 'deployed', section, deps } = sending;
  const service = startService('gcppubsub', options, deps);
  const outcome = await service.send({ message, ...(section && { section }) }, recipient, {
    deliveryId: 'd1',
    signal: AbortSignal.timeout(600_000),
  });
  await service.close();
  for (const line of account.pem.split('\n').filter((each) => each.length === 64))
    expect(JSON.stringify(outcome)).not.toContain(line);
  return outcome;
}

const double = () => {
  const pubsub = createPubsub({
    topics: ['projects/p/topics/deploys', 'projects/other/topics/t'],
    keys: { [account.email]: account.publicKey },
  });
  server.play([pubsub.answer]);
  return pubsub;
};

describe('messages', () => {
  it('go to the topic of the service or of the subscription, with their attributes', async () => {
    const { messages } = double();
    const section = { attributes: { app: 'guestbook', empty: '', long: '🚀'.repeat(1_000) } };
    expect(await send({ section })).toEqual({ status: 'sent' });
    expect(await send({ recipient: 'projects/other/topics/t' })).toEqual({ status: 'sent' });
    expect(messages()).toEqual([
      {
        topic: 'projects/p/topics/deploys',
        data: 'deployed',
        attributes: {
          app: 'guestbook',
          empty: '',
          long: `${'🚀'.repeat(255)}…`,
          'herald-delivery-id': 'd1',
        },
      },
      { topic: 'projects/other/topics/t', data: 'deployed', attributes: { 'herald-delivery-id': 'd1' } },
    ]);
    // A key signs by itself.
    expect(new Set(server.received().map(({ host }) => host))).toEqual(new Set(['pubsub.googleapis.com']));
  });

  it('that are too long are cut', async () => {
    const { messages } = double();
    await send({ message: 'é'.repeat(4_000_000) });
    const data = messages()[0]?.data ?? '';
    expect([data.length, data.at(-1)]).toEqual([3_499_999, '…']);
  });

  it('go to an emulator without credentials', async () => {
    const bodies: string[] = [];
    const emulator = createServer((request, response) => {
      bodies.push(`${request.url} ${request.headers.authorization}`);
      response.end('{"messageIds":["1"]}');
    });
    await new Promise<void>((resolve) => emulator.listen(0, '127.0.0.1', resolve));
    await internet.close();
    vi.stubEnv('PUBSUB_EMULATOR_HOST', `127.0.0.1:${(emulator.address() as AddressInfo).port}`);
    expect(await send({ options: { project: 'p', topic: 'deploys' } })).toEqual({ status: 'sent' });
    expect(bodies).toEqual(['/v1/projects/p/topics/deploys:publish undefined']);
    emulator.close();
    internet = await openInternet();
    ({ server } = internet);
  });
});

describe('what a refusal means', () => {
  const refused = (status: number, name: string, details: JsonObject = {}): Answer => ({
    status,
    json: { error: { code: status, message: `no: ${account.pem}`, status: name, ...details } },
  });

  it.each<[number, string, JsonObject, object]>([
    [403, 'PERMISSION_DENIED', {}, { status: 'rejected', scope: 'recipient' }],
    [403, 'PERMISSION_DENIED', { details: [{ reason: 'SERVICE_DISABLED' }] }, { scope: 'service' }],
    [401, 'UNAUTHENTICATED', {}, { status: 'rejected', scope: 'service' }],
    [400, 'INVALID_ARGUMENT', {}, { status: 'rejected', scope: 'notification' }],
    [429, 'RESOURCE_EXHAUSTED', {}, { status: 'retry', reason: 'http_429' }],
    [503, 'UNAVAILABLE', {}, { status: 'retry', reason: 'http_503', unclear: true }],
  ])('%i %s %j', async (status, name, details, expected) => {
    server.play([refused(status, name, details)]);
    expect(await send()).toMatchObject(expected);
  });

  it('of a topic that is not there', async () => {
    double();
    expect(await send({ recipient: 'other' })).toMatchObject({
      status: 'rejected',
      scope: 'recipient',
      error: expect.stringMatching(/topic "other" .*Resource not found/),
    });
  });

  it('no topic', async () => {
    for (const recipient of ['', 'a b', 'projects/x']) {
      const outcome = await send({ options: { ...own, topic: '' }, recipient });
      expect(outcome).toMatchObject({ status: 'rejected', reason: 'invalid_recipient', scope: 'recipient' });
    }
  });

  it('of a key that Google does not know', async () => {
    double();
    const other = createServiceAccount();
    expect(await send({ options: { ...own, key: other.json } })).toMatchObject({
      status: 'rejected',
      reason: 'http_401',
      scope: 'service',
    });
  });
});

describe('without a key among the options', () => {
  const ambient = { project: 'p', topic: 'deploys' };
  const userFile = JSON.stringify({
    type: 'authorized_user',
    client_id: 'c',
    client_secret: 's',
    refresh_token: 'r',
  });
  const tokens = 'oauth2.googleapis.com';

  it('a file counts, the option’s or that of the environment', async () => {
    const { messages } = double();
    const file = join(folder, 'key.json');
    writeFileSync(file, account.json);
    expect(await send({ options: { ...ambient, keyFile: file } })).toEqual({ status: 'sent' });
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    expect(await send({ options: ambient })).toEqual({ status: 'sent' });
    expect(messages()).toHaveLength(2);
  });

  it('a token is asked for over the same connections, once for many messages', async () => {
    writeFileSync(join(folder, 'application_default_credentials.json'), userFile);
    const granted = { access_token: 'ya29.metadata', expires_in: 3_599, token_type: 'Bearer' };
    const { answer, messages } = double();
    server.play([{ to: tokens, json: granted }, answer]);
    const service = startService('gcppubsub', ambient);
    for (const deliveryId of ['d1', 'd2']) {
      const context = { deliveryId, signal: AbortSignal.timeout(600_000) };
      expect(await service.send({ message: 'm' }, '', context)).toEqual({ status: 'sent' });
    }
    await service.close();
    expect(messages()).toHaveLength(2);
    const asked = server.received().filter(({ host }) => host === tokens);
    expect(asked.map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual(['r']);
  });

  it.each<[string, Answer, object]>([
    [
      'is refused',
      { status: 400, json: { error: 'invalid_grant' } },
      { status: 'rejected', scope: 'service' },
    ],
    ['is not answered', { close: true }, { status: 'retry', reason: 'connection_lost' }],
  ])('a token that %s', async (_, answer, expected) => {
    writeFileSync(join(folder, 'application_default_credentials.json'), userFile);
    server.play([{ to: tokens, ...answer }]);
    const outcome = await send({ options: ambient });
    expect(outcome).toMatchObject(expected);
    expect(outcome).not.toHaveProperty('unclear');
  });

  it('the account of the machine or the Pod counts', async () => {
    const { messages } = double();
    expect(await send({ options: ambient })).toEqual({ status: 'sent' });
    expect(messages()).toHaveLength(1);
  });

  it.each([
    ['is not there', undefined],
    ['is no JSON', 'nonsense'],
    ['is no key', '{"type":"service_account"}'],
  ])('a file that %s parks the service, until it is mended', async (_, text) => {
    double();
    const file = join(folder, 'key.json');
    if (text !== undefined) writeFileSync(file, text);
    const service = startService('gcppubsub', { ...ambient, keyFile: file });
    const context = { deliveryId: 'd1', signal: AbortSignal.timeout(600_000) };
    expect(await service.send({ message: 'm' }, '', context)).toMatchObject({
      status: 'rejected',
      reason: 'no_credentials',
      scope: 'service',
    });
    writeFileSync(file, account.json);
    expect(await service.send({ message: 'm' }, '', context)).toEqual({ status: 'sent' });
    await service.close();
  });

  it('nothing is published for a tenant', async () => {
    double();
    const deps = { addresses: createAddressPolicy(['*']), resolve };
    const file = join(folder, 'key.json');
    writeFileSync(file, account.json);
    for (const options of [ambient, { ...ambient, keyFile: file }]) {
      expect(await send({ options, deps })).toMatchObject({
        status: 'rejected',
        reason: 'no_credentials',
        scope: 'service',
      });
    }
    expect(server.received()).toEqual([]);
    expect(await send({ options: own, deps })).toEqual({ status: 'sent' });
  });
});

it.each(['nonsense', '{}', '{"type":"external_account","credential_source":{"file":"/etc/passwd"}}'])(
  'key: %s is none',
  (key) => {
    const schema = schemaOf('gcppubsub');
    const problems = schema && validateOptions(schema, { project: 'p', key }).problems;
    expect(problems?.map(({ what }) => what)).toEqual(['key is no key of a service account']);
  },
);
