import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import { colourOf } from '../../src/services/teams-workflows.ts';
import { workflowFault } from '../../src/services/teams-workflows-schema.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { sendOnce } from './send-once.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const urls = {
  teams: 'https://example.webhook.office.com/webhookb2/x',
  'teams-workflows': 'https://api.powerautomate.com/workflows/1?sig=x',
};
type Type = keyof typeof urls;

async function send(
  type: Type,
  answer: Answer,
  section: JsonObject = {},
  message?: string,
): Promise<Outcome> {
  server.play([answer]);
  return sendOnce(type, { recipientUrls: { c: urls[type] } }, { message, section, recipient: 'c' });
}

const sent = () => server.received()[0]?.body ?? '';

describe('a connector says in the text what became of a card', () => {
  const within = (status: number) =>
    `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status}`;

  it.each<[Answer, object]>([
    [{ body: '1' }, { status: 'sent' }],
    [{ status: 202 }, { status: 'sent' }],
    [{ body: within(429) }, { status: 'retry', reason: 'http_429' }],
    [{ body: within(502) }, { status: 'retry', reason: 'http_502', unclear: true }],
    [{ body: within(413) }, { status: 'rejected', scope: 'notification' }],
    [{ body: 'something' }, { status: 'retry', unclear: true }],
    [
      { status: 500, body: '1' },
      { status: 'retry', unclear: true },
    ],
    [
      { status: 400, body: 'Summary or Text is required.' },
      { status: 'rejected', scope: 'notification' },
    ],
    [{ status: 404 }, { status: 'rejected', scope: 'recipient' }],
    [{ status: 403 }, { status: 'rejected', scope: 'recipient' }],
  ])('%j', async (answer, expected) => {
    expect(await send('teams', answer)).toMatchObject(expected);
  });
});

describe.each<Type>(['teams', 'teams-workflows'])('%s', (type) => {
  it('cuts the text of a card that is too long', async () => {
    expect(await send(type, { body: '1' }, { title: 't' }, '👩‍👩‍👧‍👦'.repeat(3_000))).toEqual({
      status: 'sent',
    });
    expect(Buffer.byteLength(sent())).toBeLessThanOrEqual(27_000);
    expect(sent()).toContain('👩‍👩‍👧‍👦…"');
  });

  it.each(['{}', '[1]', 'x', '"a"'])('refuses facts that are no list of objects: %s', async (facts) => {
    const outcome = await send(type, { body: '1' }, { facts });
    expect(outcome).toMatchObject({ status: 'rejected', reason: 'invalid_section', scope: 'notification' });
    expect(server.received()).toEqual([]);
  });

  it('sends a template as it is', async () => {
    await send(type, { body: '1' }, { template: '{"n": 1.0}' });
    expect(sent()).toBe('{"n": 1.0}');
  });
});

it('numbers of a message card are not rounded', async () => {
  await send(
    'teams',
    { body: '1' },
    { sections: '[{"n": 12345678901234567890}]', facts: '[{"value": 1.50}]' },
  );
  expect(sent()).toContain('"sections":[{"n": 12345678901234567890},{"facts":[{"value": 1.50}]}]');
});

it.each([
  ['https://default1.environment.api.powerplatform.com/powerautomate/x', undefined],
  ['https://prod-1.westeurope.logic.azure.com:443/workflows/x', undefined],
  ['http://127.0.0.1:8080/powerautomate/x', undefined],
  ['http://api.powerautomate.com/x', 'is no https URL'],
  ['https://example.webhook.office.com/webhookb2/x', 'is no URL of a workflow'],
])('%s', (url, what) => {
  expect(workflowFault(url)?.what).toBe(what);
});

it.each([
  ['Good', 'Good'],
  ['#f00', 'Attention'],
  ['#E96D76', 'Attention'],
  ['#f4c030', 'Warning'],
  ['#18be52', 'Good'],
  ['#0DADEA', 'Accent'],
  ['000080', 'Accent'],
  ['#777777', undefined],
  ['', undefined],
])('the colour of %j is %s', (written, colour) => {
  expect(colourOf(written)).toBe(colour);
});
