import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { createAddressPolicy } from '../../src/net/address-policy.ts';
import type { Resolve } from '../../src/net/guarded.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { createSqs } from '../internet/sqs.ts';
import { sendOnce } from './send-once.ts';
import { startService } from './start-service.ts';

/** A tenant's service asks for each name who it is. */
const resolve: Resolve = (_host, _options, done) => done(null, [{ address: '203.0.113.7', family: 4 }]);

const key = 'AKIASQSTESTS00000001';
const secret = 'sqs/secret+access=key';
const own = { key, secret, region: 'us-east-2' };
const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());
beforeEach(() => {
  // Nothing of the machine's.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => vi.unstubAllEnvs());

interface Sending {
  options?: JsonObject;
  recipient?: string;
  message?: string;
  section?: JsonObject;
  earlier?: { since: number };
  deps?: Parameters<typeof startService>[2];
}

async function send(sending: Sending = {}): Promise<Outcome> {
  const { options = own, recipient = 'deploys', message = 'deployed', section, earlier, deps } = sending;
  const outcome = await sendOnce('awssqs', options, {
    message,
    section,
    recipient,
    context: { earlier },
    deps,
  });
  expect(JSON.stringify(outcome)).not.toContain(secret);
  return outcome;
}

const double = (longest?: number) => {
  const sqs = createSqs({
    queues: ['deploys', 'deploys.fifo'],
    keys: { [key]: secret, ASIAROLE000000000001: 'role-secret' },
    ...(longest === undefined ? {} : { longest }),
  });
  server.play([sqs.answer]);
  return sqs;
};

describe('messages', () => {
  it('go with attributes, and without what SQS would refuse', async () => {
    const { messages } = double();
    const section = {
      messageAttributes: { app: 'guestbook', empty: '', odd: 'a\u0000b' },
      messageGroupId: 'g',
    };
    expect(await send({ section, message: 'a\u0000b \ud83d' })).toEqual({ status: 'sent' });
    expect(messages()).toMatchObject([
      {
        MessageBody: 'a\ufffdb \ufffd',
        DelaySeconds: 10,
        MessageGroupId: 'g',
        MessageAttributes: {
          app: { DataType: 'String', StringValue: 'guestbook' },
          odd: { DataType: 'String', StringValue: 'a\ufffdb' },
        },
      },
    ]);
  });

  it('wait for as long as delaySeconds says', async () => {
    const { messages } = double();
    await send({ options: { ...own, delaySeconds: 0 } });
    expect(messages()).toMatchObject([{ DelaySeconds: 0 }]);
  });

  it('that are too long are cut, for a queue that takes less, too', async () => {
    for (const longest of [undefined, 1_024]) {
      const { messages } = double(longest);
      const section = { messageAttributes: { app: 'x'.repeat(100) } };
      expect(await send({ message: '🚀'.repeat(400_000), section })).toEqual({ status: 'sent' });
      const body = messages()[0]?.MessageBody ?? '';
      expect(body).toMatch(/^🚀+…$/u);
      const room = (longest ?? 1_048_576) - 'appString'.length - 100;
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(room);
      expect(Buffer.byteLength(body)).toBeGreaterThan(room - 8);
    }
  });

  it('to a FIFO queue are taken once within five minutes', async () => {
    const { messages } = double();
    const fifo = { recipient: 'deploys.fifo' };
    expect(await send(fifo)).toEqual({ status: 'sent' });
    expect(await send({ ...fifo, earlier: { since: Date.now() - 60_000 } })).toEqual({ status: 'sent' });
    expect(messages()).toEqual([
      expect.objectContaining({ MessageDeduplicationId: 'd1', MessageGroupId: 'argocd-notifications' }),
    ]);
    const late = await send({ ...fifo, earlier: { since: Date.now() - 301_000 } });
    expect(late).toEqual({ status: 'sent', earlier: 'unreadable' });
  });
});

describe('what a refusal means', () => {
  const refused = (type: string, status = 400): Answer => ({
    status,
    json: { __type: `com.amazonaws.sqs#${type}`, message: `no ${secret}` },
  });

  it.each<[string, object]>([
    ['AccessDeniedException', { status: 'rejected', scope: 'recipient' }],
    ['QueueDoesNotExist', { status: 'rejected', scope: 'recipient' }],
    ['KmsDisabled', { status: 'rejected', scope: 'recipient' }],
    ['InvalidClientTokenId', { status: 'rejected', scope: 'service' }],
    ['ExpiredTokenException', { status: 'rejected', scope: 'service' }],
    ['InvalidMessageContents', { status: 'rejected', scope: 'notification' }],
    ['RequestThrottled', { status: 'retry', reason: 'throttled' }],
    ['KmsThrottled', { status: 'retry', reason: 'throttled' }],
  ])('%s', async (type, expected) => {
    const { answer } = createSqs({ queues: ['deploys'], keys: { [key]: secret } });
    for (const answers of [[refused(type)], [answer, refused(type)]]) {
      server.play(answers);
      const outcome = await send();
      expect(outcome).toMatchObject(expected);
      expect(outcome).toHaveProperty('error', expect.stringContaining(`${type}: no ***`));
      expect(outcome).not.toHaveProperty('unclear');
    }
  });

  it('of a queue that is not there, and of a key that nobody knows', async () => {
    double();
    expect(await send({ recipient: 'other' })).toMatchObject({ status: 'rejected', scope: 'recipient' });
    expect(await send({ options: { ...own, secret: 'wrong-secret' } })).toMatchObject({
      status: 'rejected',
      scope: 'service',
      error: expect.stringContaining('Check key and secret'),
    });
  });

  it('nothing was sent when the queue was not found for want of an answer', async () => {
    server.play([{ status: 500 }]);
    const outcome = await send();
    expect(outcome).toMatchObject({ status: 'retry', reason: 'http_500' });
    expect(outcome).not.toHaveProperty('unclear');
  });

  it('a message that came back otherwise than it was sent', async () => {
    const { answer } = createSqs({ queues: ['deploys'], keys: { [key]: secret } });
    server.play([answer, { json: { MessageId: 'm', MD5OfMessageBody: '0'.repeat(32) } }]);
    expect(await send()).toMatchObject({ status: 'retry', reason: 'unreadable_answer', unclear: true });
  });

  it.each([
    ['', {}, 'invalid_recipient'],
    ['https://sqs.us-east-2.amazonaws.com/1/deploys', {}, 'invalid_recipient'],
  ])('no queue: %j', async (recipient, more, reason) => {
    expect(await send({ recipient, options: { ...own, ...more } })).toMatchObject({
      reason,
      scope: 'recipient',
    });
  });

  it('no region', async () => {
    expect(await send({ options: { key, secret } })).toMatchObject({
      status: 'rejected',
      scope: 'service',
      error: expect.stringContaining('Set region'),
    });
  });
});

describe('without a key of its own', () => {
  const ambient = { region: 'us-east-2' };

  it('nothing is sent where the environment has none', async () => {
    double();
    expect(await send({ options: ambient })).toMatchObject({
      status: 'rejected',
      reason: 'no_credentials',
      scope: 'service',
      error: expect.stringContaining('Set key and secret'),
    });
    expect(server.received()).toEqual([]);
  });

  it('a profile counts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-aws-'));
    const file = join(folder, 'credentials');
    writeFileSync(file, `[ci]\naws_access_key_id = ${key}\naws_secret_access_key = ${secret}\n`);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
    vi.stubEnv('AWS_PROFILE', 'ci');
    const { messages } = double();
    expect(await send({ options: ambient })).toEqual({ status: 'sent' });
    expect(messages()).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });

  describe('the role of a ServiceAccount', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'herald-aws-'));
      writeFileSync(join(folder, 'token'), 'the-token-of-the-service-account');
      vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'));
      vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/herald');
    });
    afterEach(() => rmSync(folder, { recursive: true }));
    const sts = 'sts.us-east-2.amazonaws.com';
    const credentials = (
      secretKey: string,
    ) => `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAROLE000000000001</AccessKeyId>
      <SecretAccessKey>${secretKey}</SecretAccessKey><SessionToken>session</SessionToken>
      <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials>
      </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

    it('is assumed, over the same connections, once for many messages', async () => {
      const { answer, messages } = double();
      server.play([{ to: sts, body: credentials('role-secret') }, answer]);
      const service = startService('awssqs', ambient);
      for (const deliveryId of ['d1', 'd2']) {
        const context = { deliveryId, signal: AbortSignal.timeout(600_000) };
        expect(await service.send({ message: 'deployed' }, 'deploys', context)).toEqual({ status: 'sent' });
      }
      await service.close();
      expect(messages()).toHaveLength(2);
      const asked = server.received().filter(({ host }) => host === sts);
      expect(asked).toHaveLength(1);
      expect(asked[0]?.body).toContain('WebIdentityToken=the-token-of-the-service-account');
    });

    it('is nobody’s fault while AWS does not answer, and the role’s where it is refused', async () => {
      server.play([{ to: sts, close: true }]);
      expect(await send({ options: ambient })).toMatchObject({ status: 'retry', reason: 'connection_lost' });
      const error =
        '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>';
      server.play([{ to: sts, status: 403, body: error }]);
      expect(await send({ options: ambient })).toMatchObject({
        status: 'rejected',
        reason: 'no_credentials',
        scope: 'service',
        error: expect.stringContaining('Check the role'),
      });
    });

    it('is not waited for beyond the attempt', async () => {
      server.play([{ to: sts, hang: true }]);
      const service = startService('awssqs', ambient);
      const abort = new AbortController();
      const outcome = service.send({ message: 'm' }, 'deploys', { deliveryId: 'd1', signal: abort.signal });
      await server.until(1);
      abort.abort();
      expect(await outcome).toMatchObject({ status: 'retry', reason: 'aborted' });
      expect(await outcome).not.toHaveProperty('unclear');
      await service.close();
    });

    it('is not lent to a tenant', async () => {
      double();
      const deps = { addresses: createAddressPolicy(['*']), resolve };
      expect(await send({ options: ambient, deps })).toMatchObject({
        status: 'rejected',
        reason: 'no_credentials',
        scope: 'service',
      });
      expect(server.received()).toEqual([]);
      expect(await send({ options: own, deps })).toEqual({ status: 'sent' });
    });
  });
});
