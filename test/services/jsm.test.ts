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

const accepted: Answer = { status: 202, json: { result: 'Request will be processed', requestId: 'r1' } };

async function send(
  section?: JsonObject,
  { answer = accepted, message, alert }: { answer?: Answer; message?: string; alert?: Alert } = {},
): Promise<Outcome> {
  server.play([answer]);
  const options = { apiKeys: { platform: 'the-key' } };
  return sendOnce('jsm', options, { message, section, recipient: 'platform', context: { alert } });
}

const sent = () => JSON.parse(server.received().at(-1)?.body ?? 'null') as JsonObject;

it('creates an alert of the team of the integration', async () => {
  expect(await send()).toEqual({ status: 'sent' });
  expect(server.received()).toMatchObject([
    {
      scheme: 'https',
      host: 'api.atlassian.com',
      method: 'POST',
      path: '/jsm/ops/integration/v2/alerts',
      headers: { authorization: 'GenieKey the-key' },
    },
  ]);
  expect(sent()).toEqual({ message: 'm', alias: 'd1', source: 'Argo CD' });
});

it('writes what the template says', async () => {
  const section = {
    description: 'd',
    priority: 'P1',
    alias: 'mine',
    entity: 'shop',
    note: 'n',
    tags: ['prod', ''],
    actions: ['restart'],
    details: { revision: 'abc', empty: '' },
    responders: [{ id: 't1', type: 'team' }, { id: 'u1', type: 'user' }, { id: 't2' }],
    visibleTo: [{ id: 'u2', type: 'user' }],
  };
  await send(section);
  expect(sent()).toEqual({
    ...section,
    message: 'm',
    source: 'Argo CD',
    details: { revision: 'abc' },
    responders: [
      { id: 't1', type: 'team' },
      { id: 'u1', type: 'user' },
      { id: 't2', type: 'team' },
    ],
  });
});

it('cuts what is too long', async () => {
  await send({ description: 'd'.repeat(20_000) }, { message: 'é'.repeat(200) });
  expect([sent()['message'], (sent()['description'] as string).length]).toEqual([
    `${'é'.repeat(129)}…`,
    15_000,
  ]);
});

it('needs a message', async () => {
  expect(await send({}, { message: '' })).toMatchObject({ reason: 'invalid_section', scope: 'notification' });
  expect(server.received()).toEqual([]);
});

it('is one alert until its end closes it', async () => {
  const alert = { ...firing, key: 'a/1' };
  await send(undefined, { alert });
  expect(sent()).toMatchObject({ alias: 'a/1' });
  const end = { ...alert, state: 'resolved', isFollowUp: true } as const;
  expect(await send(undefined, { alert: end, message: 'healthy' })).toEqual({ status: 'sent' });
  expect(server.received()).toMatchObject([
    { path: '/jsm/ops/integration/v2/alerts/a%2F1/close', query: 'identifierType=alias' },
  ]);
  expect(sent()).toEqual({ source: 'Argo CD', note: 'healthy' });
});

it.each<[Answer, object]>([
  [{ status: 401, json: { message: 'Could not authenticate' } }, { scope: 'recipient' }],
  [{ status: 403 }, { scope: 'recipient' }],
  [{ status: 404 }, { scope: 'service' }],
  [
    { status: 422, json: { message: 'no', errors: { priority: 'must be P1 to P5' } } },
    { scope: 'notification' },
  ],
  [{ status: 429, headers: { 'retry-after': '4' } }, { retryAfter: 4_000 }],
])('%j', async (answer, expected) => {
  expect(await send(undefined, { answer })).toMatchObject(expected);
});

it.each([
  ['https://api.atlassian.com/jsm/ops/integration/v2/alerts', /names a version/],
  ['https://api.atlassian.com/jsm/ops/api/0a1b/', /takes no API keys/],
  ['http://proxy.example/jsm', /without encryption/],
])('is told of apiUrl: %s', (apiUrl, what) => {
  const schema = schemaOf('jsm');
  const problems = schema ? validateOptions(schema, { apiUrl, apiKeys: { a: 'b' } }).problems : [];
  expect(problems).toMatchObject([{ severity: 'warning', what: expect.stringMatching(what) }]);
});
