import { afterAll, describe, expect, it } from 'vitest';
import type { JsonObject, Outcome } from '../../src/model.ts';
import type { SendContext } from '../../src/services/service.ts';
import { openInternet } from '../internet/internet.ts';
import type { Answer } from '../internet/server.ts';
import { createMemoryState } from './memory-state.ts';
import { firing, sendOnce } from './send-once.ts';
import { startService } from './start-service.ts';

const internet = await openInternet();
const { server } = internet;
afterAll(() => internet.close());

const webhooks = { deploys: 'https://discord.com/api/webhooks/123/the-token' };
const posted = (id: string): Answer => ({ json: { id, channel_id: `c${id}` } });

interface Sending {
  answers?: Answer[];
  message?: string;
  section?: JsonObject;
  options?: JsonObject;
  context?: Partial<SendContext>;
  state?: ReturnType<typeof createMemoryState>;
}

async function send({
  answers = [posted('1')],
  message,
  section,
  options,
  context,
  state,
}: Sending): Promise<Outcome> {
  server.play(answers);
  const deps = state && { state };
  return sendOnce(
    'discord',
    { webhooks, ...options },
    { message, section, recipient: 'deploys', context, deps },
  );
}

const sent = () => JSON.parse(server.received().at(-1)?.body ?? 'null') as JsonObject;

it('asks for the message, at the version of the API that it speaks', async () => {
  expect(await send({})).toEqual({ status: 'sent' });
  const [request] = server.received();
  expect(request).toMatchObject({
    method: 'POST',
    path: '/api/v10/webhooks/123/the-token',
    query: 'wait=true',
  });
  expect(sent()).toEqual({ content: 'm', embeds: [], allowed_mentions: { parse: [] } });
});

it('writes what the template says, before what the service says', async () => {
  const options = { username: 'Argo CD', avatarUrl: 'https://example.com/a.png' };
  await send({ options });
  expect(sent()).toMatchObject({ username: 'Argo CD', avatar_url: 'https://example.com/a.png' });
  const section = {
    username: 'Shop',
    threadId: '42',
    allowedMentions: { roles: ['7'], users: ['8'], parse: ['users'] },
  };
  await send({ options, section });
  expect(sent()).toMatchObject({
    username: 'Shop',
    allowed_mentions: { parse: ['users'], roles: ['7'], users: ['8'] },
  });
  expect(new URLSearchParams(server.received()[0]?.query).get('thread_id')).toBe('42');
  await send({ section: { threadName: 'deployments' } });
  expect(sent()).toMatchObject({ thread_name: 'deployments' });
});

it('cuts a message after 2,000 characters, with a sign', async () => {
  await send({ message: `${'é'.repeat(1_998)}🚀🚀` });
  expect(sent()['content']).toBe(`${'é'.repeat(1_998)}…`);
});

describe('embeds', () => {
  it('are YAML or JSON, and cut to what Discord takes', async () => {
    const field = { name: 'n'.repeat(300), value: 'v'.repeat(2_000), inline: true };
    const embed = {
      title: 't'.repeat(300),
      description: 'd'.repeat(5_000),
      color: '#ff8000',
      fields: [field, { name: '' }],
    };
    await send({
      message: '',
      section: { embeds: JSON.stringify([embed, ...Array(20).fill({ title: 'x' })]) },
    });
    const [first, ...others] = sent()['embeds'] as JsonObject[];
    const { title, description, color, fields } = first as {
      title: string;
      description: string;
      color: number;
      fields: { name: string; value: string }[];
    };
    expect([title.length, description.length, color]).toEqual([256, 4_096, 0xff8000]);
    expect(fields.map(({ name, value }) => [name.length, value.length])).toEqual([[256, 1_024]]);
    expect(others).toHaveLength(9);
    await send({ section: { embeds: '- title: a\n  color: 255\n' } });
    expect(sent()).toMatchObject({ embeds: [{ title: 'a', color: 255 }] });
  });

  it('have 6,000 characters together', async () => {
    const embeds = JSON.stringify(Array(3).fill({ description: 'd'.repeat(4_000) }));
    await send({ section: { embeds } });
    const lengths = (sent()['embeds'] as { description?: string }[]).map(
      ({ description }) => description?.length,
    );
    expect(lengths).toEqual([4_000, 2_000, undefined]);
  });

  it.each(['a: b: c', '{}', 'text', '[1]'])('are refused that are none: %s', async (embeds) => {
    expect(await send({ section: { embeds } })).toMatchObject({
      reason: 'invalid_section',
      scope: 'notification',
    });
    expect(server.received()).toEqual([]);
  });

  it('or a message there is', async () => {
    expect(await send({ message: ' ' })).toMatchObject({ status: 'rejected', scope: 'notification' });
    expect(server.received()).toEqual([]);
  });
});

it.each<[Answer, object]>([
  [
    { status: 429, json: { message: 'You are being rate limited.', retry_after: 1.5, global: false } },
    { status: 'retry', reason: 'http_429', retryAfter: 1_500 },
  ],
  [
    { status: 404, json: { message: 'Unknown Webhook', code: 10_015 } },
    { scope: 'recipient', error: /Unknown Webhook/ },
  ],
  [{ status: 401, json: { message: 'Invalid Webhook Token', code: 50_027 } }, { scope: 'recipient' }],
  [
    {
      status: 400,
      json: {
        code: 50_035,
        message: 'Invalid Form Body',
        errors: { embeds: { 0: { _errors: [{ message: 'Bad URL' }] } } },
      },
    },
    { scope: 'notification', error: /Invalid Form Body; Bad URL/ },
  ],
  [{ body: '<html>' }, { status: 'retry', unclear: true }],
])('%j', async (answer, { error = /./, ...expected }: { error?: RegExp }) => {
  const outcome = await send({ answers: [answer] });
  expect(outcome).toMatchObject({ ...expected, error: expect.stringMatching(error) });
});

describe('mentions', () => {
  const filter = (value: string, isForeign = true) =>
    startService('discord', { webhooks }).filterValue?.(value, { preceding: '', isForeign: () => isForeign });

  it.each([
    ['@everyone @here', '@\u200beveryone @\u200bhere'],
    ['<@&123> <@!5> <@5>', '<@\u200b&123> <@\u200b!5> <@\u200b5>'],
    ['me@example.com', 'me@example.com'],
    ['a_b ||c||', String.raw`a\_b \|\|c\|\|`],
  ])('a value makes none, and no Markdown: %s', (value, expected) => {
    expect(filter(value)).toBe(expected);
    expect(filter(value, false)).toBe(value);
  });
});

describe('the messages of an alert', () => {
  it('are edited where nobody needs to be pinged', async () => {
    const state = createMemoryState();
    await send({ state, context: { alert: firing } });
    const silent = { ...firing, reason: 'acknowledged', isFollowUp: true, isSilent: true };
    const edited = await send({
      state,
      message: 'acknowledged',
      context: { alert: silent, earlier: { since: 1 } },
    });
    expect(edited).toEqual({ status: 'sent' });
    expect(server.received()).toMatchObject([
      { method: 'PATCH', path: '/api/v10/webhooks/123/the-token/messages/1' },
    ]);
    expect(sent()).toMatchObject({ content: 'acknowledged' });
  });

  it('are there once more where the one to be edited is gone, and make no sound', async () => {
    const state = createMemoryState();
    await send({ state, context: { alert: firing } });
    const silent = { ...firing, isFollowUp: true, isSilent: true };
    const unknown: Answer = { status: 404, json: { code: 10_008, message: 'Unknown Message' } };
    expect(await send({ state, answers: [unknown, posted('2')], context: { alert: silent } })).toEqual({
      status: 'sent',
    });
    expect(server.received().map(({ method }) => method)).toEqual(['PATCH', 'POST']);
    expect(sent()).toMatchObject({ flags: 4_096 });
  });

  it('stand in the thread that the first has begun', async () => {
    const state = createMemoryState();
    const section = { threadName: 'shop' };
    await send({ state, section, context: { alert: firing } });
    await send({ state, section, context: { alert: { ...firing, state: 'resolved', isFollowUp: true } } });
    expect(new URLSearchParams(server.received()[0]?.query).get('thread_id')).toBe('c1');
    expect(sent()).not.toHaveProperty('thread_name');
  });

  it('go out although the store is away', async () => {
    const state = createMemoryState();
    state.fail(new Error('away'));
    expect(
      await send({ state, context: { alert: { ...firing, isFollowUp: true, isSilent: true } } }),
    ).toEqual({ status: 'sent' });
  });
});

it.each([
  ['https://discord.com/api/webhooks/1/t/slack', /ends in \/slack/],
  ['https://discord.com/channels/1', /is no URL of a webhook/],
])('is told of a hook that is none: %s', async (url, what) => {
  const { validateOptions } = await import('../../src/services/schema.ts');
  const { schemaOf } = await import('../../src/services/schemas.ts');
  const schema = schemaOf('discord');
  const problems = schema ? validateOptions(schema, { webhooks: { deploys: url } }).problems : [];
  expect(problems).toMatchObject([{ severity: 'warning', what: expect.stringMatching(what) }]);
});
