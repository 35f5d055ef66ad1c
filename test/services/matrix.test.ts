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

const room = '!abc:matrix.example';
const written = (id: string): Answer => ({ json: { event_id: id } });
const failed = (status: number, errcode: string, more: JsonObject = {}): Answer => ({
  status,
  json: { errcode, error: 'because', ...more },
});

interface Sending {
  answers?: Answer[];
  message?: string;
  section?: JsonObject;
  options?: JsonObject;
  recipient?: string;
  alert?: Alert;
  deliveryId?: string;
  state?: ReturnType<typeof createMemoryState>;
}

async function send(sending: Sending = {}): Promise<Outcome> {
  const {
    answers = [written('$1')],
    message,
    section,
    options,
    recipient = room,
    alert,
    state,
    deliveryId,
  } = sending;
  server.play(answers);
  const own = { homeserverUrl: 'https://matrix.example', accessToken: 'the-token', ...options };
  const deps = state && { state };
  return sendOnce('matrix', own, { message, section, recipient, context: { alert, deliveryId }, deps });
}

const sent = () => JSON.parse(server.received().at(-1)?.body ?? 'null') as JsonObject;
const paths = () =>
  server.received().map(({ method, path }) => `${method} ${decodeURIComponent(path ?? '')}`);

it('puts a message into a room, with the id of the delivery as that of the transaction', async () => {
  expect(await send()).toEqual({ status: 'sent' });
  expect(paths()).toEqual([`PUT /_matrix/client/v3/rooms/${room}/send/m.room.message/d1`]);
  expect(server.received()[0]?.headers?.['authorization']).toBe('Bearer the-token');
  expect(sent()).toEqual({ msgtype: 'm.text', body: 'm', 'm.mentions': {} });
});

it('writes HTML, with a text for those who know none', async () => {
  await send({ options: { html: true }, message: '<b>shop</b><br>a &lt; b &amp;lt;' });
  expect(sent()).toMatchObject({
    format: 'org.matrix.custom.html',
    formatted_body: '<b>shop</b><br>a &lt; b &amp;lt;',
    body: 'shop\na < b &lt;',
  });
  const options = { homeserverUrl: 'https://m.example', accessToken: 't' };
  const at = { preceding: '', isForeign: () => true };
  expect(startService('matrix', { ...options, html: true }).filterValue?.('<b>', at)).toBe('&lt;b&gt;');
  expect(startService('matrix', options)).not.toHaveProperty('filterValue');
});

it('mentions whom the template names, and nobody for what stands in the text', async () => {
  await send({
    message: '@room @bob:matrix.example',
    section: { mentions: ['@alice:matrix.example', 'bob'] },
  });
  expect(sent()).toMatchObject({ 'm.mentions': { user_ids: ['@alice:matrix.example'] } });
  expect(sent()['m.mentions']).not.toHaveProperty('room');
  await send({ section: { mentions: ['@room'] } });
  expect(sent()).toMatchObject({ 'm.mentions': { room: true } });
});

it('cuts what is too long for an event', async () => {
  await send({ message: 'é'.repeat(50_000), options: { html: true } });
  expect(Buffer.byteLength(JSON.stringify(sent()))).toBeLessThan(30_000);
  expect(sent()['body']).toMatch(/é…$/);
});

it('looks an alias up, and joins a room that it is invited to', async () => {
  const answers = [
    { json: { room_id: room } },
    failed(403, 'M_FORBIDDEN'),
    { json: { room_id: room } },
    written('$1'),
  ];
  expect(await send({ answers, recipient: '#deploys:matrix.example' })).toEqual({ status: 'sent' });
  expect(paths()).toEqual([
    'GET /_matrix/client/v3/directory/room/#deploys:matrix.example',
    `PUT /_matrix/client/v3/rooms/${room}/send/m.room.message/d1`,
    `POST /_matrix/client/v3/join/${room}`,
    `PUT /_matrix/client/v3/rooms/${room}/send/m.room.message/d1`,
  ]);
});

it.each(['deploys', '@bob:matrix.example', '', '# x:y'])('%j is no room', async (recipient) => {
  expect(await send({ recipient })).toMatchObject({ reason: 'invalid_recipient', scope: 'recipient' });
});

it.each<[string, Answer[], object]>([
  ['a token that is none', [failed(401, 'M_UNKNOWN_TOKEN')], { scope: 'service' }],
  [
    'a room that it may not join',
    [failed(403, 'M_FORBIDDEN', { error: 'not in the room' }), failed(403, 'M_FORBIDDEN')],
    { scope: 'recipient', error: expect.stringContaining('M_FORBIDDEN: not in the room') },
  ],
  [
    'a limit',
    [failed(429, 'M_LIMIT_EXCEEDED', { retry_after_ms: 2_500 })],
    { status: 'retry', retryAfter: 2_500 },
  ],
  ['too much', [failed(413, 'M_TOO_LARGE')], { scope: 'notification' }],
  ['a page', [{ body: '<html>' }], { status: 'retry', unclear: true }],
])('%s', async (_, answers, expected) => {
  expect(await send({ answers })).toMatchObject(expected);
});

it.each<[Answer, object]>([
  [failed(404, 'M_NOT_FOUND'), { scope: 'recipient' }],
  [{ body: '<html>' }, { status: 'retry', reason: 'unreadable_answer' }],
])('an alias that leads nowhere sends nothing: %j', async (answer, expected) => {
  const outcome = await send({ answers: [answer], recipient: '#deploys:matrix.example' });
  expect(outcome).toMatchObject(expected);
  expect(outcome).not.toHaveProperty('unclear');
  expect(server.received()).toHaveLength(1);
});

it('needs a message', async () => {
  expect(await send({ message: '' })).toMatchObject({ reason: 'invalid_section', scope: 'notification' });
});

describe('the messages of an alert', () => {
  const repeated = { ...firing, isFollowUp: true } as const;

  it('reply to the first, and edit the last where nobody needs to be pinged', async () => {
    const state = createMemoryState();
    await send({ state, alert: firing });
    await send({ state, alert: repeated, answers: [written('$2')], deliveryId: 'd2' });
    expect(sent()).toMatchObject({ 'm.relates_to': { 'm.in_reply_to': { event_id: '$1' } } });
    const silent = { ...repeated, isSilent: true };
    await send({
      state,
      alert: silent,
      answers: [written('$3')],
      message: 'acknowledged',
      section: { mentions: ['@room'] },
    });
    expect(sent()).toMatchObject({
      body: '* acknowledged',
      'm.mentions': {},
      'm.new_content': { body: 'acknowledged', msgtype: 'm.text' },
      'm.relates_to': { rel_type: 'm.replace', event_id: '$2' },
    });
    await send({ state, alert: { ...repeated, state: 'resolved' }, answers: [written('$4')] });
    expect(sent()).toMatchObject({ 'm.relates_to': { 'm.in_reply_to': { event_id: '$1' } } });
  });

  it('are notices where nobody needs to be pinged, and nothing is there to be edited', async () => {
    await send({ alert: { ...repeated, isSilent: true } });
    expect(sent()).toMatchObject({ msgtype: 'm.notice' });
  });
});
