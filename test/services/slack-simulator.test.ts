import { LogLevel, type WebAPIPlatformError, WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSlackSimulator,
  type SlackSimulator,
  type SlackSimulatorOptions,
} from '../../simulator/slack.ts';

let simulator: SlackSimulator;
let client: WebClient;

async function start(options: Partial<SlackSimulatorOptions> = {}): Promise<void> {
  simulator = createSlackSimulator(options);
  await simulator.start();
  client = new WebClient(simulator.token, {
    slackApiUrl: simulator.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: quiet,
  });
}
const silent = () => {};
const quiet = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  setLevel: silent,
  setName: silent,
  getLevel: () => LogLevel.ERROR,
};
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: WebAPIPlatformError) => error.data?.error,
  );

beforeEach(() => start());
afterEach(() => simulator.stop());

describe('the simulated Slack', () => {
  it('posts, edits and threads, and shows it', async () => {
    const { ts, channel } = await client.chat.postMessage({
      channel: '#deploys',
      text: 'first',
      icon_emoji: ':a:',
    });
    await client.chat.postMessage({ channel: 'deploys', text: 'reply', thread_ts: ts! });
    await client.chat.postMessage({ channel: channel!, text: 'loud', thread_ts: ts!, reply_broadcast: true });
    await client.chat.update({ channel: channel!, ts: ts!, text: 'edited', blocks: [{ type: 'divider' }] });

    const [view] = simulator.view();
    expect(view?.name).toBe('deploys');
    expect(view?.messages.map(({ text }) => text)).toEqual(['edited', 'loud']);
    expect(view?.messages[0]).toMatchObject({
      blocks: [{ type: 'divider' }],
      icon: { emoji: ':a:' },
      editedAt: expect.any(Number),
      replies: [{ text: 'reply' }, { text: 'loud' }],
    });
  });

  it('keeps the layout that an edit does not name', async () => {
    const blocks = [{ type: 'divider' }];
    const attachments = [{ text: 'a' }];
    const { ts, channel } = await client.chat.postMessage({
      channel: 'deploys',
      text: 'a',
      blocks,
      attachments,
    });
    await client.chat.update({ channel: channel!, ts: ts!, text: 'b' });
    expect(simulator.messages('deploys')).toMatchObject([{ text: 'b', blocks, attachments }]);
    await client.chat.update({ channel: channel!, ts: ts!, text: 'c', blocks: [], attachments: [] });
    expect(simulator.messages('deploys')).toMatchObject([{ text: 'c', blocks: [], attachments: [] }]);
  });

  it('deletes a message: of one with replies a tombstone stays, a reply to another comes into the channel', async () => {
    const post = (text: string, thread_ts?: string) =>
      client.chat.postMessage({ channel: 'deploys', text, ...(thread_ts ? { thread_ts } : {}) });
    const [lone, root] = [await post('lone'), await post('root')];
    await post('reply', root.ts);
    const channel = simulator.workspace.find('deploys')!;
    for (const { ts } of [lone, root]) simulator.workspace.remove(channel, ts!);
    for (const { ts } of [lone, root]) {
      const edit = client.chat.update({ channel: lone.channel!, ts: ts!, text: 'edited' });
      expect(await errorOf(edit)).toBe('message_not_found');
    }
    expect((await post('in the thread', root.ts)).message).toMatchObject({ thread_ts: root.ts });
    expect((await post('in the channel', lone.ts)).message).not.toHaveProperty('thread_ts');
    const [view] = simulator.view();
    expect(view?.messages.map(({ text, replies }) => [text, ...replies.map((reply) => reply.text)])).toEqual([
      ['This message was deleted.', 'reply', 'in the thread'],
      ['in the channel'],
    ]);
  });

  it('closes messages for edits after a time', async () => {
    await simulator.stop();
    let now = Date.now();
    await start({ editWindow: 60_000, now: () => now });
    const { ts, channel } = await client.chat.postMessage({ channel: 'deploys', text: 'a' });
    const edit = () => client.chat.update({ channel: channel!, ts: ts!, text: 'b' });
    now += 60_000;
    expect(await edit()).toMatchObject({ ok: true });
    now += 1;
    expect(await errorOf(edit())).toBe('edit_window_closed');
  });

  it('gives the history, newest first, with metadata and by pages', async () => {
    const metadata = { event_type: 'e', event_payload: { delivery: 'd1' } };
    const { channel } = await client.chat.postMessage({ channel: 'deploys', text: '0', metadata });
    for (let n = 1; n < 5; n += 1) await client.chat.postMessage({ channel: 'deploys', text: String(n) });

    const first = await client.conversations.history({
      channel: channel!,
      limit: 3,
      include_all_metadata: true,
    });
    const cursor = first.response_metadata?.next_cursor ?? '';
    const second = await client.conversations.history({
      channel: channel!,
      limit: 3,
      cursor,
      include_all_metadata: true,
    });
    expect([...first.messages!, ...second.messages!].map(({ text }) => text)).toEqual([
      '4',
      '3',
      '2',
      '1',
      '0',
    ]);
    expect(second.messages?.at(-1)).toMatchObject({ metadata });
    const since = await client.conversations.history({
      channel: channel!,
      oldest: first.messages![1]!.ts!,
      inclusive: true,
    });
    expect(since.messages).toHaveLength(2);
    expect(since.messages?.[0]).not.toHaveProperty('metadata');
  });

  it('answers about itself, channels and users', async () => {
    await simulator.stop();
    await start({
      channels: [{ name: 'a' }, { name: 'old', isArchived: true }],
      users: { 'Ana@example.com': 'U7' },
    });
    expect(await client.auth.test()).toMatchObject({ ok: true, bot_id: 'B0SIMULATOR' });
    expect((await client.conversations.list({ exclude_archived: true })).channels).toHaveLength(1);
    expect((await client.users.lookupByEmail({ email: 'ana@example.com' })).user?.id).toBe('U7');
    expect(await errorOf(client.users.lookupByEmail({ email: 'x@example.com' }))).toBe('users_not_found');
  });

  it('takes JSON bodies as well as forms', async () => {
    const response = await fetch(`${simulator.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${simulator.token}` },
      body: JSON.stringify({ channel: 'deploys', attachments: [{ text: 'a' }] }),
    });
    expect(await response.json()).toMatchObject({ ok: true });
    expect(simulator.messages('deploys')[0]?.attachments).toEqual([{ text: 'a' }]);
  });

  it('refuses what Slack refuses', async () => {
    await simulator.stop();
    const channels = [
      { name: 'old', isArchived: true },
      { name: 'foreign', isMember: false },
      { name: 'own', isPrivate: true, isMember: false },
    ];
    await start({ channels, createChannels: false, scopes: ['chat:write'] });
    const post = (args: Record<string, unknown>) =>
      errorOf(client.apiCall('chat.postMessage', { text: 'a', ...args }));
    expect(await post({ channel: 'nowhere' })).toBe('channel_not_found');
    expect(await post({ channel: 'own' })).toBe('channel_not_found');
    expect(await post({ channel: 'old' })).toBe('is_archived');
    expect(await post({ channel: 'foreign' })).toBe('not_in_channel');
    expect(await errorOf(client.conversations.list())).toBe('missing_scope');
    expect(await errorOf(client.apiCall('chat.unheardOf'))).toBe('unknown_method');
    expect(await errorOf(new WebClient('xoxb-other', { slackApiUrl: simulator.apiUrl }).auth.test())).toBe(
      'invalid_auth',
    );
    simulator.refuseAll('token_revoked');
    expect(await errorOf(client.auth.test())).toBe('token_revoked');
  });

  it.each([
    [{}, 'no_text'],
    [{ text: 'x'.repeat(40_001) }, 'msg_too_long'],
    [{ attachments: '{' }, 'invalid_attachments'],
    [{ attachments: '[{"title":5}]' }, 'invalid_attachments'],
    [{ blocks: 'nonsense' }, 'invalid_blocks_format'],
    [{ blocks: '[{"type":"section"}]' }, 'invalid_blocks'],
    [{ blocks: JSON.stringify(Array(51).fill({ type: 'divider' })) }, 'invalid_blocks'],
    [
      { blocks: JSON.stringify([{ type: 'header', text: { type: 'plain_text', text: 'h'.repeat(151) } }]) },
      'invalid_blocks',
    ],
    [
      { blocks: JSON.stringify([{ type: 'section', text: { type: 'mrkdwn', text: 'h'.repeat(3_001) } }]) },
      'invalid_blocks',
    ],
    [{ blocks: JSON.stringify([{ type: 'context', elements: [{ type: 'nope' }] }]) }, 'invalid_blocks'],
    [{ text: 'a', thread_ts: '1.1' }, 'thread_not_found'],
    [{ text: 'a', metadata: '{"event_type":1}' }, 'invalid_metadata_format'],
  ])('refuses %.60j with %s', async (args, error) => {
    expect(await errorOf(client.apiCall('chat.postMessage', { channel: 'deploys', ...args }))).toBe(error);
    expect(simulator.messages('deploys')).toEqual([]);
  });

  it('names the scope that is missing for a channel, and keeps private ones to itself', async () => {
    await simulator.stop();
    const channels = [
      { name: 'open' },
      { name: 'elsewhere', isMember: false },
      { name: 'secret', isPrivate: true },
      { name: 'others', isPrivate: true, isMember: false },
    ];
    await start({ channels, scopes: ['chat:write'] });
    const answerOf = (method: string, args: Record<string, unknown>) =>
      client.apiCall(method, args).catch((error: WebAPIPlatformError) => error.data);
    const all = 'channels:history,groups:history,mpim:history,im:history';
    expect(await answerOf('conversations.history', { channel: 'COPEN' })).toMatchObject({
      error: 'missing_scope',
      needed: all,
      provided: 'chat:write',
    });
    simulator.setScopes(['channels:history', 'channels:read']);
    const history = (channel: string) => answerOf('conversations.history', { channel });
    expect(await history('COPEN')).toMatchObject({ ok: true });
    expect(await history('CSECRET')).toMatchObject({ error: 'missing_scope', needed: 'groups:history' });
    expect(await history('COTHERS')).toMatchObject({ error: 'channel_not_found' });
    expect(await history('CELSEWHERE')).toMatchObject({ error: 'not_in_channel' });
    expect(await history('open')).toMatchObject({ error: 'channel_not_found' });
    const list = (types?: string) => answerOf('conversations.list', types === undefined ? {} : { types });
    expect(await list()).toMatchObject({ channels: [{ name: 'open' }, { name: 'elsewhere' }] });
    expect(await list('public_channel,private_channel')).toMatchObject({ needed: 'groups:read' });
    simulator.setScopes(['channels:read', 'groups:read']);
    expect(await list('private_channel')).toMatchObject({ channels: [{ id: 'CSECRET', is_private: true }] });
  });

  it('lists channels and threads by pages, which new messages do not shift', async () => {
    for (const channel of ['a', 'b', 'c']) await client.chat.postMessage({ channel, text: 'first' });
    const [a, b] = (await client.conversations.list({ limit: 2 })).channels!;
    expect([a?.name, b?.name]).toEqual(['a', 'b']);
    const { response_metadata } = await client.conversations.list({ limit: 2 });
    const rest = await client.conversations.list({ limit: 2, cursor: response_metadata!.next_cursor! });
    expect(rest.channels?.map(({ name }) => name)).toEqual(['c']);
    expect(rest.response_metadata?.next_cursor).toBe('');

    const channel = a!.id!;
    const { ts } = simulator.messages('a')[0]!;
    for (const text of ['1', '2', '3']) await client.chat.postMessage({ channel, text, thread_ts: ts });
    const page = await client.conversations.replies({ channel, ts, limit: 3 });
    expect(page).toMatchObject({
      has_more: true,
      messages: [{ text: 'first' }, { text: '1' }, { text: '2' }],
    });
    await client.chat.postMessage({ channel, text: '4', thread_ts: ts });
    const cursor = page.response_metadata!.next_cursor!;
    const next = await client.conversations.replies({ channel, ts, limit: 3, cursor });
    expect(next.messages?.map(({ text }) => text)).toEqual(['3', '4']);
    expect(next.has_more).toBe(false);

    expect(await errorOf(client.conversations.replies({ channel, ts, cursor: 'nonsense' }))).toBe(
      'invalid_cursor',
    );
    expect(await errorOf(client.conversations.history({ channel, limit: 1_000 }))).toBe('invalid_limit');
    expect(await errorOf(client.conversations.replies({ channel, ts: '1.1' }))).toBe('thread_not_found');
  });

  it('tells no payload of metadata that was not asked for', async () => {
    const metadata = { event_type: 'e', event_payload: { delivery: 'd1' } };
    const { channel } = await client.chat.postMessage({ channel: 'deploys', text: 'a', metadata });
    const { messages } = await client.conversations.history({ channel: channel! });
    expect(messages?.[0]?.metadata).toEqual({ event_type: 'e' });
  });

  it('opens a direct message to a user', async () => {
    const { channel } = await client.chat.postMessage({ channel: 'U0123456789', text: 'a' });
    expect(channel).toBe('D0123456789');
    expect(await errorOf(client.conversations.history({ channel: channel! }))).toBe('none');
    simulator.setScopes(['channels:history']);
    expect(await errorOf(client.conversations.history({ channel: channel! }))).toBe('missing_scope');
  });

  it('posts and does not say so', async () => {
    simulator.fail({ kind: 'done', answer: { kind: 'status', status: 500 } });
    await expect(client.chat.postMessage({ channel: 'deploys', text: 'a' })).rejects.toThrow('500');
    simulator.fail({ kind: 'done', answer: { kind: 'hang' } });
    const abort = new AbortController();
    const post = fetch(`${simulator.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${simulator.token}` },
      body: new URLSearchParams({ channel: 'deploys', text: 'b' }),
      signal: abort.signal,
    });
    await simulator.until(() => simulator.messages('deploys').length === 2);
    abort.abort();
    await expect(post).rejects.toThrow('aborted');
  });

  it('keeps within bounds', async () => {
    await simulator.stop();
    await start({ keep: { messages: 3, calls: 5 } });
    for (let n = 0; n < 20; n += 1) await client.chat.postMessage({ channel: 'deploys', text: String(n) });
    const kept = simulator.messages('deploys').map(({ text }) => text);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept.length).toBeLessThanOrEqual(6);
    expect(kept.at(-1)).toBe('19');
    expect(simulator.calls.length).toBeLessThanOrEqual(10);
    expect(simulator.calls.at(-1)).toMatchObject({ form: { text: '19' } });
    expect(simulator.workspace.posted).toBe(20);
  });

  it('limits the pace of a channel', async () => {
    let now = 1_000_000;
    await simulator.stop();
    await start({ rateLimit: { perSecond: 1, burst: 2 }, now: () => now });
    const post = (channel: string) => client.chat.postMessage({ channel, text: 'a' });
    await post('a');
    await post('a');
    await expect(post('a')).rejects.toMatchObject({ retryAfter: 1 });
    await post('b');
    now += 1_000;
    await post('a');
    expect(simulator.messages('a')).toHaveLength(3);
  });

  it('loses an answer after it posted', async () => {
    simulator.fail({ kind: 'drop' });
    await expect(client.chat.postMessage({ channel: 'deploys', text: 'a' })).rejects.toThrow('fetch failed');
    expect(simulator.messages('deploys')).toHaveLength(1);
    simulator.fail({ kind: 'reset' });
    await expect(client.chat.postMessage({ channel: 'deploys', text: 'b' })).rejects.toThrow('fetch failed');
    expect(simulator.messages('deploys')).toHaveLength(1);
  });

  it('tells when something has happened', async () => {
    const two = simulator.until(() => simulator.messages('deploys').length === 2);
    await client.chat.postMessage({ channel: 'deploys', text: 'a' });
    await client.chat.postMessage({ channel: 'deploys', text: 'b' });
    await two;
    await expect(simulator.until(() => false, 1)).rejects.toThrow('not within 1 ms');
  });
});
