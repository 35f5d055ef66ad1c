import { afterAll, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { validateOptions } from '../../src/services/schema.ts';
import { schemaOf } from '../../src/services/schemas.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { createMemoryState } from './memory-state.ts';
import { type Alert, firing, sendOnce } from './send-once.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const url = 'https://api.incident.io/v2/alert_events/http/01ABC';
const accepted: Answer = { status: 202, json: { status: 'success', deduplication_key: 'd1' } };
const now = Date.parse('2026-11-28T06:00:00Z');

interface Sending {
  answer?: Answer;
  message?: string;
  alert?: Alert;
  state?: ReturnType<typeof createMemoryState>;
}

async function send(section?: JsonObject, sending: Sending = {}): Promise<Outcome> {
  const { answer = accepted, message, alert, state } = sending;
  server.play([answer]);
  const deps = { now: () => now, ...(state && { state }) };
  return sendOnce('incidentio', { url, token: 'the-token' }, { message, section, context: { alert }, deps });
}

const sent = () => JSON.parse(server.received().at(-1)?.body ?? 'null') as JsonObject;

it('is an event of the alert source', async () => {
  expect(await send()).toEqual({ status: 'sent' });
  expect(server.received()).toMatchObject([
    {
      scheme: 'https',
      method: 'POST',
      path: '/v2/alert_events/http/01ABC',
      headers: { authorization: 'Bearer the-token' },
    },
  ]);
  expect(sent()).toEqual({ title: 'm', status: 'firing', deduplication_key: 'd1', metadata: {} });
});

it('writes what the template says', async () => {
  const metadata = { team: 'shop', empty: '' };
  const sourceUrl = 'https://argocd.example/shop';
  await send({ description: 'd', sourceUrl, deduplicationKey: 'mine', metadata });
  expect(sent()).toEqual({
    title: 'm',
    status: 'firing',
    deduplication_key: 'mine',
    description: 'd',
    source_url: sourceUrl,
    metadata: { team: 'shop' },
  });
});

it('cuts a title, and has the whole in the description', async () => {
  const message = 'é'.repeat(300);
  await send(undefined, { message });
  expect(sent()).toMatchObject({ title: `${'é'.repeat(254)}…`, description: message });
});

it('needs a message', async () => {
  expect(await send({}, { message: '' })).toMatchObject({ reason: 'invalid_section', scope: 'notification' });
  expect(server.received()).toEqual([]);
});

it('is one alert until its end resolves it, by the key that it was fired with', async () => {
  const state = createMemoryState();
  await send({ deduplicationKey: 'mine' }, { alert: firing, state });
  expect(sent()).toMatchObject({ deduplication_key: 'mine', metadata: { severity: 'critical' } });
  const end = { ...firing, state: 'resolved', isFollowUp: true } as const;
  expect(await send(undefined, { alert: end, state, message: '' })).toEqual({ status: 'sent' });
  expect(sent()).toMatchObject({ title: 'm', status: 'resolved', deduplication_key: 'mine' });
  await send(undefined, { alert: end });
  expect(sent()).toMatchObject({ status: 'resolved', deduplication_key: firing.key });
});

it.each<[Answer, object]>([
  [
    { status: 401, json: { errors: [{ code: 'x', message: 'Bad token' }] } },
    { scope: 'service', error: expect.stringContaining('Bad token') },
  ],
  [{ status: 404 }, { scope: 'service' }],
  [{ status: 422, json: { errors: [{ message: 'title is too long' }] } }, { scope: 'notification' }],
  [
    { status: 429, json: { rate_limit: { retry_after: 'Sat, 28 Nov 2026 06:00:20 GMT' } } },
    { status: 'retry', retryAfter: 20_000 },
  ],
  [
    { status: 200, body: '<html>' },
    { status: 'retry', unclear: true },
  ],
])('%j', async (answer, expected) => {
  expect(await send(undefined, { answer })).toMatchObject(expected);
});

it.each<[string, string, RegExp]>([
  [`${url}?token=abc`, 'error', /holds the token/],
  ['https://app.incident.io/team/alerts', 'warning', /none of an alert source/],
])('is told of url: %s', (written, severity, what) => {
  const schema = schemaOf('incidentio');
  const problems = schema && validateOptions(schema, { url: written, token: 't' }).problems;
  expect(problems).toMatchObject([{ severity, what: expect.stringMatching(what) }]);
});
