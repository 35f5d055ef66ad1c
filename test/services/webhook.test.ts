import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWebhookReceiver, type WebhookReceiver } from '../../simulator/webhook.ts';
import type { Json, JsonObject, Notification } from '../../src/model.ts';
import { validateOptions } from '../../src/services/schema.ts';
import type { Service } from '../../src/services/service.ts';
import { webhook } from '../../src/services/webhook-schema.ts';
import { startService } from './start-service.ts';

let receiver: WebhookReceiver;
let service: Service;

function start(options: JsonObject): Service {
  return startService('webhook', options, { name: 'github', timeout: 2_000 });
}

const send = (notification: Notification) =>
  service.send(notification, '', { deliveryId: 'd', signal: AbortSignal.timeout(600_000) });
const sendSection = (request: JsonObject) => send({ message: 'm', section: { github: request } });

beforeEach(async () => {
  receiver = createWebhookReceiver();
  await receiver.start();
  service = start({ url: `${receiver.url}/base/` });
});
afterEach(async () => {
  await service.close();
  await receiver.stop();
});

describe('webhook requests', () => {
  it('are GET with the message as the body, without an entry for the service', async () => {
    await send({ message: 'hello', section: { other: { method: 'POST', body: 'x' } } });
    expect(receiver.requests).toMatchObject([{ method: 'GET', path: '/base/', body: 'hello' }]);
  });

  it('are what the entry says', async () => {
    await sendSection({ method: 'POST', path: '/repos/x?y=1', body: '{"a":1}' });
    await sendSection({ method: 'PATCH', path: '' });
    expect(receiver.requests).toMatchObject([
      { method: 'POST', path: '/base/repos/x?y=1', body: '{"a":1}' },
      { method: 'PATCH', path: '/base/', body: '' },
    ]);
    expect(receiver.requests[0]?.headers).not.toHaveProperty('content-type');
  });

  it('carry the headers and the basic authentication of the service', async () => {
    await service.close();
    service = start({
      url: receiver.url,
      headers: [
        { name: 'Content-Type', value: 'application/json' },
        { name: 'X-Key', value: 'k1\n' },
      ],
      basicAuth: { username: 'u', password: 'p:ä' },
    });
    await sendSection({ method: 'POST', body: '{}' });
    expect(receiver.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-key': 'k1',
      authorization: `Basic ${Buffer.from('u:p:ä').toString('base64')}`,
    });
  });

  it('carry the id of the delivery, the same in each attempt', async () => {
    await send({ message: 'a' });
    const context = { deliveryId: 'd', signal: AbortSignal.timeout(600_000), earlier: { since: 1 } };
    const outcome = await service.send({ message: 'a' }, '', context);
    expect(outcome).toEqual({ status: 'sent', earlier: 'unreadable' });
    expect(receiver.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['d', 'd']);
    await service.close();
    service = start({ url: receiver.url, headers: [{ name: 'Idempotency-Key', value: 'own' }] });
    await send({ message: 'b' });
    expect(receiver.requests.at(-1)?.headers['idempotency-key']).toBe('own');
  });

  it('follow redirects, and take no secret to another host', async () => {
    const elsewhere = createWebhookReceiver();
    await elsewhere.start();
    await service.close();
    service = start({ url: receiver.url, headers: [{ name: 'X-Key', value: 'secret-key' }] });
    receiver.fail({ kind: 'status', status: 307, headers: { location: `${elsewhere.url}/there` } });
    expect(await sendSection({ method: 'POST', body: 'b' })).toEqual({ status: 'sent' });
    expect(elsewhere.requests).toMatchObject([{ method: 'POST', path: '/there', body: 'b' }]);
    expect(elsewhere.requests[0]?.headers).not.toHaveProperty('x-key');
    expect(elsewhere.requests[0]?.headers).toHaveProperty('idempotency-key', 'd');
    await elsewhere.stop();
  });

  it('end a redirect that round in circles', async () => {
    receiver.fail({ kind: 'status', status: 302, headers: { location: '/again' } }, { times: 50 });
    const outcome = await sendSection({ method: 'POST' });
    expect(outcome).toMatchObject({ status: 'rejected', error: expect.stringContaining('round in circles') });
    expect(receiver.requests.length).toBeLessThanOrEqual(11);
  });
});

describe('webhook outcomes', () => {
  it.each([
    [401, 'service'],
    [403, 'service'],
    [404, 'recipient'],
    [410, 'recipient'],
    [400, 'notification'],
    [422, 'notification'],
  ])('of HTTP %i concern the %s, and say what was answered', async (status, scope) => {
    receiver.fail({ kind: 'status', status, body: 'field "a"\n  is missing' });
    const outcome = await sendSection({ method: 'POST' });
    expect(outcome).toMatchObject({ status: 'rejected', reason: `http_${status}`, scope });
    expect(outcome).toHaveProperty('error', expect.stringContaining(`HTTP ${status}: field "a" is missing`));
  });

  it('give up waiting', async () => {
    await service.close();
    service = startService('webhook', { url: receiver.url }, { name: 'github', timeout: 30 });
    receiver.fail({ kind: 'hang' });
    expect(await send({ message: 'm' })).toMatchObject({ status: 'retry', reason: 'timeout', unclear: true });
  });

  it.each([{ method: 'NO METHOD' }, { method: 'GET\r\nX: y' }, { body: [1] }])(
    'reject what makes no request: %j',
    async (request) => {
      const outcome = await sendSection(request);
      expect(outcome).toMatchObject({ status: 'rejected', reason: 'invalid_request', scope: 'notification' });
      expect(receiver.requests).toEqual([]);
    },
  );
});

describe('webhook options', () => {
  it.each<[Json, string]>([
    [{}, 'url is missing'],
    [{ url: 'example.com' }, 'no http(s) URL'],
    [{ url: 'http://a', headers: { a: 'b' } }, 'headers must be a list'],
    [{ url: 'http://a', headers: [{ value: 'b' }] }, 'header is missing'],
    [{ url: 'http://a', headers: [{ name: 'a', value: 'b\nc' }] }, 'line breaks'],
    [{ url: 'http://a', basicAuth: 'x' }, 'must be a map'],
  ])('%j are refused', (source, what) => {
    const { options, problems } = validateOptions(webhook, source);
    expect(options).toBeUndefined();
    expect(problems.map((problem) => problem.what).join()).toContain(what);
  });

  it('are read as Go reads them; its retries are accepted without effect', () => {
    const { options, problems } = validateOptions(webhook, {
      URL: 'https://example.com',
      retryMax: 3,
      retryWaitMin: 1_000_000_000,
      headres: [],
    });
    expect(options).toEqual({ url: 'https://example.com', headers: [], insecureSkipVerify: false });
    expect(problems).toMatchObject([{ severity: 'warning', fix: expect.stringContaining('"headers"') }]);
  });
});

describe('an answer that repeats what it was sent', () => {
  const secret = 'sk-"quoted"-0123456789\\abcdef';

  it.each<[string, (headers: string) => string]>([
    ['as JSON, beyond the cut', (headers) => `${'x'.repeat(185)} ${headers}`],
    ['as JSON in JSON', (headers) => JSON.stringify({ error: headers })],
    ['encoded for a URL', encodeURIComponent],
    ['in base64', (headers) => Buffer.from(headers).toString('base64')],
    ['in part', (headers) => headers.slice(headers.indexOf('quoted'), headers.indexOf('9\\'))],
  ])('%s shows no part of a secret', async (_, encode) => {
    await service.close();
    service = start({
      url: `${receiver.url}/hooks/T0123456789abcdef`,
      headers: [{ name: 'Authorization', value: `Bearer ${secret}` }],
      basicAuth: { username: 'herald', password: 'hunter2-hunter2' },
    });
    const basic = Buffer.from('herald:hunter2-hunter2').toString('base64');
    const echo = JSON.stringify({
      authorization: `Bearer ${secret}`,
      basic,
      path: '/hooks/T0123456789abcdef',
    });
    receiver.fail({ kind: 'status', status: 403, body: encode(echo) });
    const outcome = await send({ message: 'm' });
    const error = outcome.status === 'rejected' ? outcome.error : '';
    expect(error).toContain('answered HTTP 403: ');
    const forms = [secret, basic, 'hunter2-hunter2', 'T0123456789abcdef'].flatMap((text) => [
      text,
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      Buffer.from(text).toString('base64'),
    ]);
    for (const form of forms) {
      for (let at = 0; at + 8 <= form.length; at++) expect(error).not.toContain(form.slice(at, at + 8));
    }
    expect(error.length).toBeLessThan(320);
  });
});
