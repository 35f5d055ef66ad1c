import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { createMemoryState } from './memory-state.ts';
import { type Alert, firing, sendOnce } from './send-once.ts';
import { startService } from './start-service.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const options = { serverUrl: 'https://zulip.example', email: 'bot@zulip.example', apiKey: 'the-key' };
const posted = (id: number): Answer => ({ json: { result: 'success', msg: '', id } });
const failed = (status: number, msg: string, more: JsonObject = {}): Answer => ({
  status,
  json: { result: 'error', msg, ...more },
});

interface Sending {
  answers?: Answer[];
  message?: string;
  section?: JsonObject;
  recipient?: string;
  alert?: Alert;
  state?: ReturnType<typeof createMemoryState>;
}

async function send(sending: Sending = {}): Promise<Outcome> {
  const { answers = [posted(42)], message, section, recipient = 'deploys', alert, state } = sending;
  server.play(answers);
  const deps = state && { state };
  return sendOnce('zulip', options, { message, section, recipient, context: { alert }, deps });
}

const sent = () => Object.fromEntries(new URLSearchParams(server.received().at(-1)?.body));

it('writes into a topic of a channel', async () => {
  expect(await send()).toEqual({ status: 'sent' });
  expect(server.received()).toMatchObject([
    {
      scheme: 'https',
      method: 'POST',
      path: '/api/v1/messages',
      headers: { authorization: `Basic ${Buffer.from('bot@zulip.example:the-key').toString('base64')}` },
    },
  ]);
  expect(sent()).toEqual({ type: 'stream', to: 'deploys', topic: 'Argo CD', content: 'm' });
  await send({ section: { topic: `shop\n${'x'.repeat(80)}` } });
  expect(sent()['topic']).toBe(`shop ${'x'.repeat(54)}…`);
});

it('writes to a person', async () => {
  await send({ recipient: 'alice@example.com' });
  expect(sent()).toEqual({ type: 'private', to: '["alice@example.com"]', content: 'm' });
});

it('cuts a message after 10,000 characters', async () => {
  await send({ message: '🚀'.repeat(11_000) });
  expect(sent()['content']).toBe(`${'🚀'.repeat(9_999)}…`);
});

it.each<[Answer, object]>([
  [
    failed(400, "Channel 'x' does not exist", { code: 'STREAM_DOES_NOT_EXIST' }),
    { scope: 'recipient', error: expect.stringContaining("Channel 'x' does not exist") },
  ],
  [failed(400, "Invalid email 'x'", { code: 'BAD_REQUEST' }), { scope: 'recipient' }],
  [failed(400, 'Something else', { code: 'BAD_REQUEST' }), { scope: 'notification' }],
  [failed(401, 'Invalid API key', { code: 'INVALID_API_KEY' }), { scope: 'service' }],
  [
    failed(429, 'API usage exceeded rate limit', { 'retry-after': 1.5 }),
    { status: 'retry', retryAfter: 1_500 },
  ],
  [{ body: '<html>' }, { status: 'retry', unclear: true }],
])('%j', async (answer, expected) => {
  expect(await send({ answers: [answer] })).toMatchObject(expected);
});

it('needs a message', async () => {
  expect(await send({ message: ' ' })).toMatchObject({ reason: 'invalid_section', scope: 'notification' });
});

it.each([
  [
    '@**all** @_**bob** @*group*',
    '@\u200b&#42;&#42;all&#42;&#42; @\u200b&#95;&#42;&#42;bob&#42;&#42; @\u200b&#42;group&#42;',
  ],
  ['a*b* $$x$$ <time:1>', 'a&#42;b&#42; &#36;&#36;x&#36;&#36; &#60;time:1>'],
])('a value is no mention and no Markdown: %s', (value, expected) => {
  const { filterValue } = startService('zulip', options);
  expect(filterValue?.(value, { preceding: '', isForeign: () => true })).toBe(expected);
  expect(filterValue?.(value, { preceding: '', isForeign: () => false })).toBe(value);
});

describe('the messages of an alert', () => {
  const silent = { ...firing, isFollowUp: true, isSilent: true };

  it('are edited where nobody needs to be pinged', async () => {
    const state = createMemoryState();
    await send({ state, alert: firing });
    expect(await send({ state, alert: silent, answers: [{ json: { result: 'success', msg: '' } }] })).toEqual(
      { status: 'sent' },
    );
    expect(server.received()).toMatchObject([{ method: 'PATCH', path: '/api/v1/messages/42' }]);
    expect(sent()).toEqual({ content: 'm' });
  });

  it('are there once more where the time to edit is over', async () => {
    const state = createMemoryState();
    await send({ state, alert: firing });
    const over = failed(400, 'The time limit for editing this message has passed');
    expect(await send({ state, alert: silent, answers: [over, posted(43)] })).toEqual({ status: 'sent' });
    expect(server.received().map(({ method }) => method)).toEqual(['PATCH', 'POST']);
  });
});
