import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Service } from '../../src/services/service.ts';
import { type Internet, openInternet } from '../internet/internet.ts';
import type { Answer, ScriptedServer } from '../internet/server.ts';
import { startService } from './start-service.ts';

let internet: Internet;
let server: ScriptedServer;
let service: Service;

beforeAll(async () => {
  internet = await openInternet();
  ({ server } = internet);
  service = startService('telegram', { token: '1:abc' });
});
afterAll(async () => {
  await service.close();
  await internet.close();
});

const taken: Answer = { json: { ok: true, result: {} } };
const refused = (status: number, description: string, parameters = {}): Answer => ({
  status,
  json: { ok: false, error_code: status, description, parameters },
});
const send = (message: string, recipient = 'deploys') =>
  service.send({ message }, recipient, { deliveryId: 'd', signal: AbortSignal.timeout(600_000) });
const forms = () => server.received().map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

it('sends without Markdown what Telegram cannot read as Markdown', async () => {
  server.play([refused(400, "Bad Request: can't parse entities: Can't find end of the entity"), taken]);
  expect(await send('an *odd my\\_app')).toMatchObject({ status: 'sent', degraded: 'plain_text' });
  expect(forms()).toEqual([
    { chat_id: '@deploys', parse_mode: 'Markdown', text: 'an *odd my\\_app' },
    { chat_id: '@deploys', text: 'an *odd my_app' },
  ]);
});

it.each([
  [400, 'Bad Request: chat not found', 'recipient'],
  [400, 'Bad Request: message thread not found', 'recipient'],
  [400, 'Bad Request: something else', 'notification'],
  [401, 'Unauthorized', 'service'],
  [403, 'Forbidden: bot was kicked from the channel chat', 'recipient'],
  [404, 'Not Found', 'service'],
])('HTTP %i %s is about the %s', async (status, description, scope) => {
  server.play([refused(status, description)]);
  const outcome = await send('m');
  expect(outcome).toMatchObject({ status: 'rejected', scope });
  expect(outcome).toHaveProperty('error', expect.stringContaining(description));
});

it('waits as long as Telegram asks for', async () => {
  server.play([refused(429, 'Too Many Requests: retry after 14', { retry_after: 14 })]);
  expect(await send('m')).toMatchObject({ status: 'retry', retryAfter: 14_000 });
});

it('refuses a recipient that is no chat without asking', async () => {
  server.play([taken]);
  expect(await send('m', 'no chat|x')).toMatchObject({ status: 'rejected', scope: 'recipient' });
  expect(server.received()).toEqual([]);
});
