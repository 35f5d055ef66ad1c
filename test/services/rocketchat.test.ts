import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { Service } from '../../src/services/service.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { startService } from './start-service.ts';

let service: Service;
const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());
beforeEach(() => {
  const options = { email: 'bot', password: 'secret-password', serverUrl: 'https://rocket.example' };
  service = startService('rocketchat', options);
});
afterEach(() => service.close());

const login: Answer = { json: { status: 'success', data: { authToken: 't1', userId: 'u1' } } };
const taken: Answer = { json: { success: true } };
const refused = (status: number, error: string): Answer => ({ status, json: { success: false, error } });
const send = (message: string, earlier?: { since: number }) => {
  const signal = AbortSignal.timeout(600_000);
  return service.send({ message }, '#deploys', { deliveryId: 'd', signal, ...(earlier && { earlier }) });
};
const calls = () => server.received().map(({ path }) => path?.split('/').at(-1));

it('logs in once', async () => {
  server.play([login, taken]);
  expect(await send('a')).toEqual({ status: 'sent' });
  expect(await send('b')).toEqual({ status: 'sent' });
  expect(calls()).toEqual(['login', 'chat.postMessage', 'chat.postMessage']);
});

it('logs in again when the login is no longer known', async () => {
  server.play([login, taken, refused(401, 'You must be logged in'), login, taken]);
  await send('a');
  expect(await send('b')).toEqual({ status: 'sent' });
  expect(calls()).toEqual(['login', 'chat.postMessage', 'chat.postMessage', 'login', 'chat.postMessage']);
});

it.each<[string, Answer, object]>([
  ['a refused login', refused(401, 'Unauthorized'), { status: 'rejected', scope: 'service' }],
  ['a login without an answer', { close: true }, { status: 'retry', reason: 'connection_lost' }],
  ['a login that answers 500', refused(500, 'oops'), { status: 'retry', reason: 'http_500' }],
  ['a login that answers a page', { body: '<html>' }, { status: 'retry', reason: 'unreadable_answer' }],
])('%s sends nothing', async (_, answer, expected) => {
  server.play([answer]);
  const outcome = await send('a');
  expect(outcome).toMatchObject(expected);
  expect(outcome).not.toHaveProperty('unclear');
  expect(JSON.stringify(outcome)).not.toContain('secret-password');
  expect(calls()).toEqual(['login']);
});

it.each([
  [200, 'error-not-allowed', { status: 'rejected', scope: 'recipient' }],
  [400, '[invalid-channel]', { status: 'rejected', scope: 'recipient' }],
  [400, 'something', { status: 'rejected', scope: 'notification' }],
  [429, 'You must wait 43 seconds before trying', { status: 'retry', retryAfter: 43_000 }],
])('HTTP %i %s', async (status, error, expected) => {
  server.play([login, refused(status, error)]);
  expect(await send('a')).toMatchObject(expected);
});

it('cuts what is longer than the server allows', async () => {
  server.play([login, refused(400, '[error-message-size-exceeded]'), taken]);
  expect(await send('x'.repeat(6_000))).toEqual({ status: 'sent' });
  const { text } = JSON.parse(server.received().at(-1)?.body ?? '') as { text: string };
  expect(text).toHaveLength(5_000);
});

it('says that an attempt whose answer was lost may have arrived', async () => {
  server.play([login, { close: true }, taken]);
  expect(await send('a')).toMatchObject({ status: 'retry', unclear: true });
  expect(await send('a', { since: Date.now() })).toEqual({ status: 'sent', earlier: 'unreadable' });
});
