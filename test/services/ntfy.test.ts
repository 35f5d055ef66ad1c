import { afterAll, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { validateOptions } from '../../src/services/schema.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { type Alert, firing, sendOnce } from './send-once.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

interface Sending {
  answer?: Answer;
  options?: JsonObject;
  message?: string;
  recipient?: string;
  alert?: Alert;
}

async function send(section?: JsonObject, sending: Sending = {}): Promise<Outcome> {
  const { answer = { json: { id: 'm1' } }, options = {}, message, recipient = 'deploys', alert } = sending;
  server.play([answer]);
  return sendOnce('ntfy', options, { message, section, recipient, context: { alert } });
}

const sent = () => JSON.parse(server.received().at(-1)?.body ?? 'null') as JsonObject;

it('publishes to the topic, as JSON', async () => {
  expect(await send()).toEqual({ status: 'sent' });
  expect(server.received()).toMatchObject([{ scheme: 'https', host: 'ntfy.sh', method: 'POST', path: '/' }]);
  expect(sent()).toEqual({ topic: 'deploys', message: 'm', sequence_id: 'd1' });
});

it('writes what the template says', async () => {
  const section = {
    title: 'Shop',
    tags: ['warning', '', 'prod'],
    priority: 'high',
    click: 'https://argocd.example/shop',
    icon: 'https://argocd.example/icon.png',
    actions: '- action: view\n  label: Open\n  url: https://argocd.example/shop\n',
  };
  await send(section, { options: { markdown: true } });
  expect(sent()).toMatchObject({
    ...section,
    tags: ['warning', 'prod'],
    priority: 4,
    markdown: true,
    actions: [{ action: 'view', label: 'Open', url: 'https://argocd.example/shop' }],
  });
});

it.each<[JsonObject, string | undefined]>([
  [{}, undefined],
  [{ token: 'tk_1' }, 'Bearer tk_1'],
  [{ username: 'phil', password: 'pass' }, 'Basic cGhpbDpwYXNz'],
])('logs in with %j', async (options, authorization) => {
  await send(undefined, { options: { serverUrl: 'https://ntfy.example/', ...options } });
  expect(server.received()[0]?.headers?.['authorization']).toBe(authorization);
});

it('cuts a message after 4,096 bytes, beyond which it would be an attachment', async () => {
  await send(undefined, { message: 'é'.repeat(3_000) });
  expect(sent()['message']).toBe(`${'é'.repeat(2_046)}…`);
});

it.each<[JsonObject, string]>([
  [{}, ' '],
  [{ priority: 'loud' }, 'm'],
  [{ actions: 'a: b' }, 'm'],
])('sends nothing that nobody meant: %j', async (section, message) => {
  expect(await send(section, { message })).toMatchObject({
    reason: 'invalid_section',
    scope: 'notification',
  });
  expect(server.received()).toEqual([]);
});

it.each(['a b', '', 'x'.repeat(65), 'ü'])('%j is no topic', async (recipient) => {
  expect(await send(undefined, { recipient })).toMatchObject({
    reason: 'invalid_recipient',
    scope: 'recipient',
  });
});

it('replaces what it showed of an alert, without a sound where nobody needs to be pinged', async () => {
  const alert = { ...firing, key: 'on-degraded/shop' };
  await send({ priority: '5' }, { alert });
  const { sequence_id: sequence } = sent();
  expect(sequence).toMatch(/^[\da-f]{64}$/);
  await send({ priority: '5' }, { alert: { ...alert, isFollowUp: true, isSilent: true } });
  expect(sent()).toMatchObject({ sequence_id: sequence, priority: 2 });
  await send({}, { alert: { ...alert, state: 'resolved', isFollowUp: true } });
  expect(sent()).toMatchObject({ sequence_id: sequence });
});

const error = (status: number, text: string): Answer => ({
  status,
  json: { code: status * 100 + 1, http: status, error: text },
});
it.each<[Answer, object]>([
  [error(401, 'unauthorized'), { scope: 'service', error: expect.stringContaining('unauthorized') }],
  [error(403, 'forbidden'), { scope: 'recipient' }],
  [error(413, 'entity too large'), { scope: 'notification' }],
  [error(429, 'limit reached: too many requests'), { status: 'retry', reason: 'http_429' }],
  [error(507, 'insufficient storage'), { status: 'retry', unclear: true }],
  [{ body: '<html>' }, { status: 'retry', unclear: true }],
  [{ status: 405 }, { scope: 'service' }],
])('%j', async (answer, expected) => {
  expect(await send(undefined, { answer })).toMatchObject(expected);
});

it.each<[JsonObject, string]>([
  [{ username: 'phil' }, 'password is missing'],
  [{ password: 'x' }, 'username is missing'],
  [{ username: 'phil', token: 't' }, 'username has no effect beside token'],
])('is told of options %j', (options, what) => {
  const schema = schemaOf('ntfy');
  expect(schema && validateOptions(schema, options).problems).toMatchObject([{ what }]);
});
