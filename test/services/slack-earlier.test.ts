import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SlackCallRecord, SlackFault } from '../../simulator/slack.ts';
import type { JsonObject } from '../../src/model.ts';
import { openSlack, type SlackFixture } from './slack-fixture.ts';

let fixture: SlackFixture;
beforeEach(async () => {
  fixture = await openSlack();
});
afterEach(() => fixture.close());

async function reopen(...options: Parameters<typeof openSlack>): Promise<void> {
  await fixture.close();
  fixture = await openSlack(...options);
}
const isPost = ({ method }: SlackCallRecord) => method === 'chat.postMessage';
const isLook = ({ method }: SlackCallRecord) => method.startsWith('conversations.');
const isHistory = ({ method }: SlackCallRecord) => method === 'conversations.history';
/** Posts, and loses the answer. */
const loseAnswer = () => fixture.slack.fail({ kind: 'drop' }, { where: isPost });
const since = () => Date.now() - 1_000;
const grouped = (deliveryPolicy = 'Post') => ({ groupingKey: 'shop', deliveryPolicy });

describe('an attempt that has posted without an answer', () => {
  it.each<[string, SlackFault]>([
    ['a cut connection', { kind: 'drop' }],
    ['HTTP 500', { kind: 'done', answer: { kind: 'status', status: 500 } }],
    ['HTTP 503 with a page', { kind: 'done', answer: { kind: 'status', status: 503, body: '<html>' } }],
    ['an answer that is no JSON', { kind: 'done', answer: { kind: 'status', status: 200, body: '<html>' } }],
  ])('but %s is found', async (_, fault) => {
    fixture.slack.fail(fault);
    expect(await fixture.send('a')).toMatchObject({ status: 'retry', unclear: true });
    expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual(['a']);
  });

  it('but stalls is found', async () => {
    await fixture.restart({ timeout: 50 });
    fixture.slack.fail({ kind: 'done', answer: { kind: 'hang' } });
    expect(await fixture.send('a')).toMatchObject({ status: 'retry', reason: 'timeout', unclear: true });
    await fixture.restart({});
    expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual(['a']);
  });

  it('is not found under another delivery id', async () => {
    loseAnswer();
    await fixture.send('a', { deliveryId: 'd1' });
    const outcome = await fixture.send('a', { deliveryId: 'd2', earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'absent' });
  });

  it('is found after it degraded to plain text', async () => {
    fixture.slack.fail({ kind: 'error', error: 'invalid_attachments' }, { where: isPost });
    loseAnswer();
    const section = { attachments: '[{"text":"x"}]' };
    expect(await fixture.send('a', { section })).toMatchObject({ status: 'retry', unclear: true });
    const outcome = await fixture.send('a', { section, earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual(['a\nx']);
  });

  it('is found beyond the first page, as far as the search goes', async () => {
    const channel = fixture.slack.workspace.find('deploys')!;
    const fill = (count: number) => {
      for (let n = 0; n < count; n += 1) {
        const content = { text: 'noise', attachments: [], blocks: [] };
        fixture.slack.workspace.post(channel, { ...content, username: 'x', icon: {}, broadcast: false });
      }
    };
    loseAnswer();
    await fixture.send('a');
    fill(1_999);
    expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.methods().filter((method) => method === 'conversations.history')).toHaveLength(10);
    fill(2);
    await fixture.restart();
    expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'unreadable' });
    expect(fixture.warnings).toMatchObject([{ reason: 'too_many_messages' }]);
  });
});

it.each<[string, SlackFault]>([
  ['was cut off before', { kind: 'reset' }],
  ['stalled', { kind: 'hang' }],
  ['was refused with HTTP 500', { kind: 'status', status: 500 }],
])('an attempt that %s is absent', async (_, fault) => {
  await fixture.restart({ timeout: 100 });
  fixture.slack.fail(fault);
  expect(await fixture.send('a')).toMatchObject({ status: 'retry', unclear: true });
  await fixture.restart({});
  expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'absent' });
  expect(fixture.texts()).toEqual(['a']);
});

it('looks at the time of the attempt only, and a quarter of an hour around it', async () => {
  let now = 1_800_000_000_000;
  await reopen({ now: () => now });
  loseAnswer();
  await fixture.send('a');
  const look = async (earlier: number) =>
    fixture
      .send('a', { recipient: 'CDEPLOYS', earlier })
      .then((outcome) => 'earlier' in outcome && outcome.earlier);
  now += 3_600_000;
  expect(await look(now - 3_600_000 + 14 * 60_000)).toBe('found');
  await fixture.restart();
  expect(await look(now - 3_600_000 + 16 * 60_000)).toBe('absent');
  const [{ form }] = fixture.slack.calls.filter(isHistory) as [SlackCallRecord];
  expect(form).toMatchObject({ include_all_metadata: 'true', limit: '200', channel: 'CDEPLOYS' });
});

describe('the id of the channel', () => {
  it.each(['deploys', '#deploys'])('of %s is looked up when the first post was lost', async (recipient) => {
    loseAnswer();
    await fixture.send('a', { recipient });
    const outcome = await fixture.send('a', { recipient, earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.methods().slice(1)).toEqual(['conversations.list', 'conversations.history']);
    await fixture.restart();
    await fixture.send('a', { recipient, earlier: since() });
    expect(fixture.methods().slice(3)).toEqual(['conversations.history']);
  });

  it('is remembered from each answer, beyond a restart', async () => {
    await fixture.send('a', { deliveryId: 'd0' });
    await fixture.restart();
    loseAnswer();
    await fixture.send('b');
    expect(await fixture.send('b', { earlier: since() })).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.methods()).not.toContain('conversations.list');
  });

  it('is written once, and after half its life again', async () => {
    let now = 1_800_000_000_000;
    await reopen({ now: () => now }, { threadTtl: 1_000 });
    const set = vi.spyOn(fixture.state, 'set');
    for (let n = 0; n < 10; n += 1) await fixture.send('a');
    expect(set).toHaveBeenCalledTimes(1);
    expect(set).toHaveBeenCalledWith(
      expect.stringMatching(/^slack\/slack\/channel\//),
      { id: 'CDEPLOYS' },
      1_000,
    );
    now += 500_000;
    for (let n = 0; n < 10; n += 1) await fixture.send('a');
    expect(set).toHaveBeenCalledTimes(2);
  });

  it('is the recipient where that is one, and is not stored', async () => {
    loseAnswer();
    await fixture.send('a', { recipient: 'CDEPLOYS' });
    await fixture.send('a', { recipient: 'CDEPLOYS', earlier: since() });
    expect(fixture.methods()).toEqual(['chat.postMessage', 'conversations.history']);
    expect(fixture.state.entries.size).toBe(0);
  });

  it('of a direct message is known after the first one', async () => {
    const recipient = 'U0123456789';
    loseAnswer();
    await fixture.send('a', { recipient });
    const first = await fixture.send('a', { recipient, earlier: since() });
    expect(first).toEqual({ status: 'sent', earlier: 'unreadable' });
    loseAnswer();
    await fixture.send('b', { recipient, deliveryId: 'd2' });
    const second = await fixture.send('b', { recipient, deliveryId: 'd2', earlier: since() });
    expect(second).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.methods()).not.toContain('conversations.list');
  });

  it('is searched on all pages', async () => {
    const names = Array.from({ length: 1_500 }, (_, n) => ({ name: `channel-${n}` }));
    await reopen({ channels: [...names, { name: 'deploys' }] });
    loseAnswer();
    await fixture.send('a');
    expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.methods().filter((method) => method === 'conversations.list')).toHaveLength(2);
  });
});

describe('what Slack does not show', () => {
  const refuse = async (error: string) =>
    fixture.slack.fail({ kind: 'error', error }, { where: isHistory, times: 2 });
  it.each<[string, { prepare: () => Promise<void>; error: string }]>([
    [
      'missing_scope',
      {
        prepare: async () => fixture.slack.setScopes(['chat:write', 'channels:read', 'groups:read']),
        error: 'channels:history',
      },
    ],
    [
      'not_in_channel',
      {
        prepare: () => reopen({ channels: [{ name: 'deploys', isMember: false }] }),
        error: 'not_in_channel',
      },
    ],
    ['metadata_off', { prepare: () => fixture.restart({ metadata: false }), error: 'metadata' }],
    ['unknown_error', { prepare: () => refuse('some_error_of_tomorrow'), error: 'some_error_of_tomorrow' }],
    ...['not_allowed_token_type', 'channel_not_found', 'access_denied'].map(
      (error): [string, { prepare: () => Promise<void>; error: string }] => [
        error,
        { prepare: () => refuse(error), error },
      ],
    ),
  ])('for %s is posted again, and told once', async (reason, { prepare, error }) => {
    await prepare();
    loseAnswer();
    await fixture.send('a');
    for (const deliveryId of ['d1', 'd2']) {
      const outcome = await fixture.send('a', { deliveryId, earlier: since() });
      expect(outcome).toEqual({ status: 'sent', earlier: 'unreadable' });
    }
    expect(fixture.texts()).toEqual(['a', 'a', 'a']);
    expect(fixture.warnings).toMatchObject([
      { level: 'warn', service: 'slack', reason, error: expect.stringContaining(error) },
    ]);
    expect(fixture.warnings[0]?.msg).toContain('may be doubled');
  });

  it('for want of the scope that lists channels is told', async () => {
    fixture.slack.setScopes(['chat:write', 'channels:history', 'groups:history']);
    loseAnswer();
    await fixture.send('a');
    expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'unreadable' });
    expect(fixture.warnings).toMatchObject([{ error: expect.stringContaining('channels:read') }]);
  });

  it('because metadata was refused is told, also after a restart', async () => {
    fixture.slack.fail({ kind: 'error', error: 'metadata_must_be_sent_from_app' }, { where: isPost });
    loseAnswer();
    await fixture.send('a');
    await fixture.restart();
    expect(await fixture.send('a', { earlier: since() })).toEqual({ status: 'sent', earlier: 'unreadable' });
    expect(fixture.slack.calls.every(isPost)).toBe(true);
  });

  it('leaves the attempt unclear when posting is put off', async () => {
    await fixture.restart({ metadata: false });
    fixture.slack.fail({ kind: 'status', status: 429 }, { where: isPost });
    expect(await fixture.send('a', { earlier: since() })).toMatchObject({ status: 'retry', unclear: true });
    expect(fixture.slack.calls.every(isPost)).toBe(true);
  });
});

describe('what Slack does not show now', () => {
  it.each<[string, SlackFault, JsonObject]>([
    ['HTTP 429', { kind: 'status', status: 429, headers: { 'retry-after': '17' } }, { retryAfter: 17_000 }],
    ['HTTP 500', { kind: 'status', status: 500 }, { reason: 'http_500' }],
    ['ratelimited', { kind: 'error', error: 'ratelimited' }, { retryAfter: 30_000 }],
    ['internal_error', { kind: 'error', error: 'internal_error' }, { reason: 'internal_error' }],
    ['a lost connection', { kind: 'reset' }, { reason: 'connection_lost' }],
    ['a page of a proxy', { kind: 'status', status: 200, body: '<html>' }, { reason: 'unreadable_answer' }],
    ['no list', { kind: 'status', status: 200, body: '{"ok":true}' }, { reason: 'unreadable_answer' }],
  ])('for %s is asked again later, and nothing is posted', async (_, fault, expected) => {
    let now = Date.now();
    await reopen({ now: () => now });
    for (const method of ['conversations.list', 'conversations.history']) {
      fixture.slack.fail(fault, { where: (call) => call.method === method });
    }
    const earlier = since();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const outcome = await fixture.send('a', { earlier });
      expect(outcome).toMatchObject({ status: 'retry', unclear: true, pauses: 'delivery', ...expected });
      now += 30_000;
    }
    expect(fixture.texts()).toEqual([]);
    expect(await fixture.send('a', { earlier })).toEqual({ status: 'sent', earlier: 'absent' });
    expect(fixture.warnings).toEqual([]);
  });

  it('for a timeout, an abort or a state that is away is asked again later', async () => {
    await fixture.restart({ timeout: 50 });
    fixture.slack.fail({ kind: 'hang' }, { where: isLook });
    const outcome = await fixture.send('a', { earlier: since() });
    expect(outcome).toMatchObject({ status: 'retry', reason: 'timeout', unclear: true });
    await fixture.restart({});
    const abort = new AbortController();
    fixture.slack.fail({ kind: 'hang' }, { where: isLook });
    const stop = fixture.slack.onCall(() => abort.abort());
    const aborted = await fixture.send('a', { earlier: since(), signal: abort.signal });
    expect(aborted).toMatchObject({ status: 'retry', reason: 'aborted', unclear: true });
    stop();
    fixture.state.fail(new Error('store is away'));
    const unread = await fixture.send('a', { earlier: since() });
    expect(unread).toMatchObject({ status: 'retry', reason: 'state_unreadable', unclear: true });
    expect(fixture.texts()).toEqual([]);
  });

  it('is clear again once it was seen to be absent', async () => {
    fixture.slack.fail({ kind: 'status', status: 429 }, { where: isPost });
    const outcome = await fixture.send('a', { earlier: since() });
    expect(outcome).toMatchObject({ status: 'retry', reason: 'rate_limited' });
    expect(outcome).not.toHaveProperty('unclear');
  });
});

describe('an app that may read 15 messages a minute', () => {
  let now: number;
  const chatter = (count: number) => {
    const channel = fixture.slack.workspace.find('deploys')!;
    for (let n = 0; n < count; n += 1) {
      const content = { text: 'noise', attachments: [], blocks: [] };
      fixture.slack.workspace.post(channel, { ...content, username: 'x', icon: {}, broadcast: false });
    }
  };
  const reads = () => fixture.slack.calls.filter((call) => isHistory(call) && call.answer).length;

  beforeEach(async () => {
    now = 1_800_000_000_000;
    const quotas = { 'conversations.history': { perMinute: 1, mostItems: 15 } };
    await reopen({ now: () => now, quotas });
  });

  /** Attempts until one is through, each when the one before has said, with messages of others between. */
  async function attempts(most: number, between: () => Promise<void> = async () => chatter(3)) {
    const begun = now - 1_000;
    for (let count = 1; count <= most; count += 1) {
      const outcome = await fixture.send('a', { recipient: 'CDEPLOYS', earlier: begun });
      if (outcome.status === 'sent') return { count, earlier: outcome.earlier };
      expect(outcome).toMatchObject({ status: 'retry', pauses: 'delivery', unclear: true });
      now += outcome.status === 'retry' ? (outcome.retryAfter ?? 1_000) : 0;
      await between();
    }
    return undefined;
  }

  it('finds a message below many, in as many minutes as there are pages', async () => {
    chatter(100);
    now += 5_000;
    loseAnswer();
    await fixture.send('a', { recipient: 'CDEPLOYS' });
    chatter(100);
    expect(await attempts(20)).toMatchObject({ earlier: 'found' });
    expect(reads()).toBeLessThanOrEqual(8);
    expect(fixture.texts().filter((text) => text === 'a')).toHaveLength(1);
  });

  it('looks beside the attempt before it looks at what came later', async () => {
    chatter(30);
    loseAnswer();
    await fixture.send('a', { recipient: 'CDEPLOYS' });
    const begun = now - 1_000;
    now += 10 * 60_000;
    chatter(300);
    const context = { deliveryId: 'd1', signal: AbortSignal.timeout(600_000) };
    const earlier = { since: begun, until: begun + 10_000 };
    const send = () => fixture.service().send({ message: 'a' }, 'CDEPLOYS', { ...context, earlier });
    expect(await send()).toMatchObject({ status: 'retry' });
    now += 60_000;
    expect(await send()).toEqual({ status: 'sent', earlier: 'found' });
    expect(reads()).toBe(2);
  });

  it('comes to an end where there is none, on whichever replica and after every restart', async () => {
    chatter(100);
    const restarting = async () => {
      chatter(3);
      await fixture.restart();
    };
    expect(await attempts(40, restarting)).toMatchObject({ earlier: 'absent' });
    expect(fixture.texts().filter((text) => text === 'a')).toHaveLength(1);
    expect(fixture.slack.calls.filter(isPost)).toHaveLength(1);
  });

  it('posts what else there is meanwhile, and asks no more often than it may', async () => {
    chatter(50);
    const earlier = now - 1_000;
    await fixture.send('a', { recipient: 'CDEPLOYS', earlier });
    for (let second = 0; second < 50; second += 1) {
      now += 1_000;
      const outcome = await fixture.send('a', { recipient: 'CDEPLOYS', earlier });
      expect(outcome).toMatchObject({ reason: 'rate_limited', pauses: 'delivery' });
      const other = await fixture.send('b', { recipient: 'CDEPLOYS', deliveryId: `b${second}` });
      expect(other).toEqual({ status: 'sent' });
    }
    expect(fixture.slack.calls.filter(isHistory)).toHaveLength(2);
  });

  it('takes what it met on the way to another message for found', async () => {
    for (const deliveryId of ['d1', 'd2']) {
      loseAnswer();
      await fixture.send(deliveryId, { recipient: 'CDEPLOYS', deliveryId });
    }
    for (const deliveryId of ['d1', 'd2']) {
      const outcome = await fixture.send(deliveryId, {
        recipient: 'CDEPLOYS',
        deliveryId,
        earlier: now - 1_000,
      });
      expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    }
    expect(reads()).toBe(1);
  });

  it('begins anew when Slack has forgotten the cursor', async () => {
    chatter(40);
    const forgetting = async () => {
      fixture.slack.fail(
        { kind: 'error', error: 'invalid_cursor' },
        { where: ({ form }) => 'cursor' in form },
      );
    };
    let forgot = false;
    const once = async () => {
      if (!forgot && reads() === 3) {
        await forgetting();
        forgot = true;
      }
    };
    expect(await attempts(40, once)).toMatchObject({ earlier: 'absent' });
    expect(forgot).toBe(true);
    expect(fixture.warnings).toEqual([]);
  });
});

describe('threads', () => {
  const threads = () => {
    const [first] = fixture.slack.messages('deploys');
    return fixture.slack.messages('deploys').map(({ threadTs }) => threadTs === first?.ts);
  };

  it('begin with a first message that was found', async () => {
    loseAnswer();
    await fixture.send('a', { section: grouped() });
    const outcome = await fixture.send('a', { section: grouped(), earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    await fixture.send('b', { section: grouped(), deliveryId: 'd2' });
    expect(threads()).toEqual([true, true]);
  });

  it.each(['Post', 'PostAndUpdate'])('have a reply found, with %s', async (policy) => {
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    loseAnswer();
    await fixture.send('second', { section: grouped(policy) });
    const outcome = await fixture.send('second', { section: grouped(policy), earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual([policy === 'Post' ? 'first' : 'second', 'second']);
    expect(threads()).toEqual([true, true]);
  });

  it('have a reply found that was noted before the edit', async () => {
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    fixture.slack.fail({ kind: 'status', status: 500 }, { where: ({ method }) => method === 'chat.update' });
    const section = grouped('PostAndUpdate');
    expect(await fixture.send('second', { section })).toMatchObject({ status: 'retry', unclear: true });
    const outcome = await fixture.send('second', { section, earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.slack.calls.some(isLook)).toBe(false);
    expect(fixture.texts()).toEqual(['second', 'second']);
  });

  it('have a reply found that could not be noted before the edit was put off', async () => {
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    fixture.slack.fail({ kind: 'status', status: 429 }, { where: ({ method }) => method === 'chat.update' });
    fixture.state.fail(new Error('disk full'), true);
    const section = grouped('PostAndUpdate');
    const outcome = await fixture.send('second', { section });
    expect(outcome).toMatchObject({ status: 'retry', reason: 'rate_limited', unclear: true });
    fixture.state.fail(undefined);
    const again = await fixture.send('second', { section, earlier: since() });
    expect(again).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual(['second', 'second']);
  });

  it('have a reply absent', async () => {
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    const outcome = await fixture.send('second', { section: grouped(), earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'absent' });
    expect(threads()).toEqual([true, true]);
  });

  it('which began after the attempt do not hide it', async () => {
    loseAnswer();
    await fixture.send('a', { section: grouped() });
    await fixture.send('b', { section: grouped(), deliveryId: 'd2' });
    const outcome = await fixture.send('a', { section: grouped(), earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual(['a', 'b']);
  });

  it('that are older are searched alone', async () => {
    let now = 1_800_000_000_000;
    await reopen({ now: () => now });
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    now += 3_600_000;
    await fixture.send('second', { section: grouped(), earlier: now });
    expect(fixture.methods().filter((method) => method.startsWith('conversations.'))).toEqual([
      'conversations.replies',
    ]);
  });

  it('that are gone have the new first message found', async () => {
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    const [channel] = fixture.slack.workspace.channels();
    fixture.slack.workspace.remove(channel!, fixture.slack.messages('deploys')[0]!.ts);
    loseAnswer();
    expect(await fixture.send('second', { section: grouped() })).toMatchObject({ unclear: true });
    const outcome = await fixture.send('second', { section: grouped(), earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual(['second']);
    expect(fixture.warnings).toEqual([]);
    expect(fixture.methods().slice(-2)).toEqual(['conversations.replies', 'conversations.history']);
  });

  it('that are old and gone have the reply found that Slack has posted into the channel', async () => {
    let now = Date.now();
    await reopen({ now: () => now });
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    now += 3_600_000;
    const [channel] = fixture.slack.workspace.channels();
    fixture.slack.workspace.remove(channel!, fixture.slack.messages('deploys')[0]!.ts);
    loseAnswer();
    await fixture.send('second', { section: grouped() });
    const outcome = await fixture.send('second', { section: grouped(), earlier: now - 1_000 });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    expect(fixture.texts()).toEqual(['second']);
  });

  it('are the one of a broadcast reply that was found in the channel', async () => {
    const section = { ...grouped(), notifyBroadcast: true };
    await fixture.send('first', { section, deliveryId: 'd0' });
    loseAnswer();
    await fixture.send('second', { section });
    for (const key of fixture.state.entries.keys()) await fixture.state.set(key, {}, 1);
    const outcome = await fixture.send('second', { section, earlier: since() });
    expect(outcome).toEqual({ status: 'sent', earlier: 'found' });
    await fixture.send('third', { section, deliveryId: 'd2' });
    expect(threads()).toEqual([true, true, true]);
  });

  it('are edited without a look', async () => {
    await fixture.send('first', { section: grouped(), deliveryId: 'd0' });
    expect(await fixture.send('second', { section: grouped('Update'), earlier: since() })).toEqual({
      status: 'sent',
    });
    expect(fixture.methods()).toEqual(['chat.postMessage', 'chat.update']);
  });
});

it.each<[string, SlackFault, boolean]>([
  ['internal_error', { kind: 'error', error: 'internal_error' }, true],
  ['fatal_error', { kind: 'error', error: 'fatal_error' }, true],
  ['service_unavailable', { kind: 'error', error: 'service_unavailable' }, true],
  ['a page of a proxy', { kind: 'status', status: 200, body: '<html>' }, true],
  ['null', { kind: 'status', status: 200, body: 'null' }, true],
  ['request_timeout', { kind: 'error', error: 'request_timeout' }, false],
  ['ratelimited', { kind: 'error', error: 'ratelimited' }, false],
  ['team_added_to_org', { kind: 'error', error: 'team_added_to_org' }, false],
])('an attempt answered with %s may have posted: %3$j', async (_, fault, unclear) => {
  fixture.slack.fail(fault);
  const outcome = await fixture.send('a');
  expect(outcome.status).toBe('retry');
  expect('unclear' in outcome && outcome.unclear).toBe(unclear);
});
