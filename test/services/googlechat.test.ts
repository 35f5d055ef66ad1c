import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { type Alert, firing, sendOnce } from './send-once.ts';
import { startService } from './start-service.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const webhooks = { s: 'https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t%3D' };

async function send(
  section: JsonObject = {},
  answer: Answer = { json: {} },
  message?: string,
): Promise<Outcome> {
  server.play([answer]);
  return sendOnce('googlechat', { webhooks }, { message, section, recipient: 's' });
}

const sent = () => JSON.parse(server.received()[0]?.body ?? 'null') as JsonObject;

it.each<[Answer, object]>([
  [{ json: { error: { code: 429, message: 'quota' } } }, { status: 'retry', reason: 'http_429' }],
  [{ json: { error: { code: 503 } } }, { status: 'retry', unclear: true }],
  [{ json: { error: { code: 400, message: 'bad card' } } }, { status: 'rejected', scope: 'notification' }],
  [{ json: { error: { code: 404 } } }, { status: 'rejected', scope: 'recipient' }],
  [{ body: 'hello' }, { status: 'retry', unclear: true }],
  [{ status: 403 }, { status: 'rejected', scope: 'recipient' }],
  [
    { status: 500, json: { message: 'oops' } },
    { status: 'retry', unclear: true },
  ],
])('%j', async (answer, expected) => {
  expect(await send({}, answer)).toMatchObject(expected);
});

describe('cards', () => {
  it('have ids that are the same in each attempt, or their own', async () => {
    const cardsV2 =
      '- header: {title: a}\n- cardId: mine\n  header: {title: b}\n- cardId: c\n  card: {header: {title: c}}';
    expect(await send({ cardsV2 })).toEqual({ status: 'sent' });
    expect(sent()).toEqual({
      text: '',
      cardsV2: [
        { cardId: 'd1-0', card: { header: { title: 'a' } } },
        { cardId: 'mine', card: { header: { title: 'b' } } },
        { cardId: 'c', card: { header: { title: 'c' } } },
      ],
    });
  });

  it.each(['a: b: c', 'text', '[1]', '{}'])('are refused that are none: %s', async (cardsV2) => {
    expect(await send({ cardsV2 })).toMatchObject({ reason: 'invalid_section', scope: 'notification' });
    expect(server.received()).toEqual([]);
  });
});

it('a key of a thread keeps what the hook has', async () => {
  await send({ threadKey: 'a&b' });
  const query = new URLSearchParams(server.received()[0]?.query);
  expect(Object.fromEntries(query)).toMatchObject({ key: 'k', token: 't=', threadKey: 'a&b' });
});

it("all that is said of an alert is one thread, which is the template's where it has one", async () => {
  const alert: Alert = { ...firing, state: 'resolved', isFollowUp: true };
  const service = startService('googlechat', { webhooks });
  const context = { deliveryId: 'd', signal: AbortSignal.timeout(30_000), alert };
  server.play([{ json: {} }]);
  await service.send({ message: 'm' }, 's', context);
  await service.send({ message: 'm', section: { threadKey: 'own' } }, 's', context);
  await service.close();
  const threads = server.received().map(({ query }) => new URLSearchParams(query).get('threadKey'));
  expect(threads).toEqual([alert.key, 'own']);
});

it('cuts a message', async () => {
  await send({}, { json: {} }, 'é'.repeat(40_000));
  expect(Buffer.byteLength(sent()['text'] as string)).toBeLessThanOrEqual(31_000);
  expect(sent()['text']).toMatch(/é…$/);
});

it.each([
  ['<users/all> hello', '<\u200busers/all> hello'],
  ['<b>x</b> a < b <3', '<\u200bb>x<\u200b/b> a < b <3'],
])('a value is no mention and no tag: %s', (value, expected) => {
  const { filterValue } = startService('googlechat', { webhooks });
  expect(filterValue?.(value, { preceding: '', isForeign: () => true })).toBe(expected);
  expect(filterValue?.(value, { preceding: '', isForeign: () => false })).toBe(value);
});
