import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSlackSimulator, type SlackSimulator } from '../../simulator/slack.ts';
import type { JsonObject, Outcome } from '../../src/model.ts';
import type { Service } from '../../src/services/service.ts';
import type { SlackSettings } from '../../src/services/slack/slack.ts';
import { createMemoryState, type MemoryState } from './memory-state.ts';
import { startService } from './start-service.ts';

const token = 'xoxb-secret-0123456789';
let simulator: SlackSimulator;
let state: MemoryState;
let service: Service;

function start(options: JsonObject = {}, settings: Partial<SlackSettings> = {}): Service {
  return startService('slack', { token, apiURL: simulator.apiUrl, ...options }, { state, slack: settings });
}

let sent = 0;
function send(
  message: string,
  section?: JsonObject,
  options: { deliveryId?: string; recipient?: string } = {},
): Promise<Outcome> {
  const { deliveryId = `delivery-${(sent += 1)}`, recipient = 'deploys' } = options;
  const notification = { message, ...(section === undefined ? {} : { section }) };
  return service.send(notification, recipient, { deliveryId, signal: AbortSignal.timeout(600_000) });
}

const texts = (channel = 'deploys') => simulator.messages(channel).map(({ text }) => text);
const methods = () => simulator.calls.map(({ method }) => method);

beforeEach(async () => {
  simulator = createSlackSimulator({ token, channels: [{ name: 'deploys' }] });
  await simulator.start();
  state = createMemoryState();
  service = start();
});
afterEach(async () => {
  await service.close();
  await simulator.stop();
});

describe('outcomes', () => {
  it.each(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'])(
    'tries again after %s',
    async (error) => {
      simulator.fail({ kind: 'error', error });
      expect(await send('a')).toMatchObject({ status: 'retry', reason: error });
      expect(await send('a')).toEqual({ status: 'sent' });
    },
  );

  it.each([
    ['channel_not_found', 'recipient'],
    ['not_in_channel', 'recipient'],
    ['is_archived', 'recipient'],
    ['restricted_action', 'recipient'],
    ['invalid_auth', 'service'],
    ['not_authed', 'service'],
    ['account_inactive', 'service'],
    ['token_revoked', 'service'],
    ['missing_scope', 'service'],
    ['no_text', 'notification'],
  ])('rejects %s, which concerns the %s', async (error, scope) => {
    simulator.fail({ kind: 'error', error });
    const outcome = await send('a');
    expect(outcome).toMatchObject({ status: 'rejected', reason: error, scope });
    expect(outcome).toHaveProperty('error', expect.stringContaining('"deploys"'));
    expect(simulator.calls).toHaveLength(1);
  });

  it.each(['some_error_of_tomorrow', 'constructor', 'tostring'])(
    'tells of %s, which it does not know, in the error and not in the reason',
    async (error) => {
      simulator.fail({ kind: 'error', error });
      expect(await send('a')).toEqual({
        status: 'rejected',
        reason: 'unknown_error',
        error: `Slack, channel "deploys" of service slack, answered ${error}`,
        scope: 'notification',
      });
    },
  );

  it.each([
    ['messages', { ok: false, error: 'no_text', response_metadata: { messages: 'no list' } }, 'no_text'],
    [
      'messages of numbers',
      { ok: false, error: 'no_text', response_metadata: { messages: [7, null] } },
      'no_text',
    ],
    [
      'messages that are a number',
      { ok: false, error: 'no_text', response_metadata: { messages: 7 } },
      'unreadable_answer',
    ],
    [
      'warnings',
      { ok: true, ts: '1', channel: 'C1', response_metadata: { warnings: 'none' } },
      'unreadable_answer',
    ],
    ['metadata', { ok: true, ts: '1', channel: 'C1', response_metadata: null }, 'unreadable_answer'],
  ])('takes odd %s for what they are', async (_, answer, reason) => {
    simulator.fail({ kind: 'status', status: 200, body: JSON.stringify(answer) });
    expect(await send('a')).toMatchObject({ reason });
  });

  it.each([-5, 1e300, 'soon', null])(
    'waits half a minute or an hour where an answer says %j',
    async (retryAfter) => {
      const body = JSON.stringify({ ok: false, error: 'ratelimited', response_metadata: { retryAfter } });
      simulator.fail({ kind: 'status', status: 200, body });
      const expected = retryAfter === 1e300 ? 3_600_000 : 30_000;
      expect(await send('a')).toMatchObject({
        status: 'retry',
        reason: 'rate_limited',
        retryAfter: expected,
      });
    },
  );

  it('waits as long as Slack asks, or half a minute', async () => {
    simulator.fail({ kind: 'status', status: 429, headers: { 'retry-after': '17' } });
    simulator.fail({ kind: 'status', status: 429 });
    simulator.fail({ kind: 'status', status: 429, headers: { 'retry-after': 'soon' } });
    simulator.fail({ kind: 'error', error: 'ratelimited' });
    expect(await send('a')).toMatchObject({ status: 'retry', reason: 'rate_limited', retryAfter: 17_000 });
    for (let repeat = 0; repeat < 3; repeat += 1) {
      expect(await send('a')).toMatchObject({ status: 'retry', reason: 'rate_limited', retryAfter: 30_000 });
    }
  });

  it('does not let the 429 of one channel delay another', async () => {
    const hot = (call: { form: Record<string, string> }) => call.form.channel === 'hot';
    simulator.fail({ kind: 'status', status: 429, headers: { 'retry-after': '3600' } }, { where: hot });
    expect(await send('a', undefined, { recipient: 'hot' })).toMatchObject({ status: 'retry' });
    expect(await send('b')).toEqual({ status: 'sent' });
  });

  it('takes the page of a proxy for no answer of Slack', async () => {
    simulator.fail({ kind: 'status', status: 200, body: `<html>${token} sign in</html>` });
    simulator.fail({ kind: 'status', status: 200, body: 'null' });
    expect(await send('a')).toMatchObject({ status: 'retry', reason: 'unreadable_answer' });
    expect(await send('a')).toMatchObject({ status: 'retry' });
  });

  it('gives up waiting', async () => {
    await service.close();
    service = start({}, { timeout: 50 });
    simulator.fail({ kind: 'hang' });
    expect(await send('a')).toMatchObject({ status: 'retry', reason: 'timeout' });
  });

  it('names the scope that is missing', async () => {
    simulator.setScopes([]);
    const outcome = await send('a');
    expect(outcome).toMatchObject({ status: 'rejected', reason: 'missing_scope', scope: 'service' });
    expect(outcome).toHaveProperty('error', expect.stringContaining('chat:write'));
  });

  it('shows the token in no error', async () => {
    const body = `token=${token}`;
    for (const status of [200, 302, 400, 403, 404, 429, 500]) {
      simulator.fail({ kind: 'status', status, body, headers: { location: `https://example.com/${token}` } });
    }
    simulator.fail({ kind: 'error', error: token });
    simulator.fail({
      kind: 'error',
      error: 'invalid_blocks',
      extra: { response_metadata: { messages: [body] } },
    });
    simulator.fail({ kind: 'error', error: 'missing_scope', extra: { needed: token } });
    simulator.fail({ kind: 'reset' });
    const outcomes: Outcome[] = [];
    for (let call = 0; call < 11; call += 1)
      outcomes.push(await send('a', { attachments: '[{"text":"x"}]' }));
    state.fail(new Error(`state of ${token}`));
    outcomes.push(await send('a', { groupingKey: 'k' }));
    await simulator.stop();
    outcomes.push(await send('a'));
    expect(JSON.stringify(outcomes)).not.toContain(token);
    expect(outcomes.filter(({ status }) => status !== 'sent')).toHaveLength(12);
  });
});

describe('degrading', () => {
  const attachments = JSON.stringify([
    { title: 'Sync Failed: shop', text: 'could not apply', fields: [{ title: 'Repo', value: 'git' }] },
  ]);
  const folded = 'sync\nSync Failed: shop\ncould not apply\nRepo: git';

  it.each(['invalid_blocks', 'invalid_attachments', 'msg_blocks_too_long'])(
    'sends the content once more as text after %s',
    async (error) => {
      simulator.fail({ kind: 'error', error });
      const outcome = await send('sync', { attachments });
      expect(outcome).toMatchObject({ status: 'sent', degraded: error });
      expect(texts()).toEqual([folded]);
      expect(simulator.calls[1]?.form).not.toHaveProperty('attachments');
    },
  );

  it('degrades once only', async () => {
    simulator.fail({ kind: 'error', error: 'invalid_blocks' }, { times: 2 });
    expect(await send('sync', { attachments })).toMatchObject({
      status: 'rejected',
      reason: 'invalid_blocks',
    });
    expect(simulator.calls).toHaveLength(2);
  });

  it('sends JSON that is broken as text', async () => {
    const outcome = await send('sync', { attachments: '[{"title":"Failed","text":"said "no" twice"}' });
    expect(outcome).toMatchObject({
      status: 'sent',
      degraded: expect.stringMatching(/^invalid_attachments/),
    });
    expect(texts()).toEqual(['sync\nFailed\nsaid "no" twice']);
  });

  it('says where Slack found the layout wrong', async () => {
    const outcome = await send('', {
      blocks:
        '[{"type":"section","text":{"type":"mrkdwn","text":""}},{"type":"header","text":{"type":"plain_text","text":"Shop failed"}}]',
    });
    expect(outcome).toMatchObject({
      status: 'sent',
      degraded: 'invalid_blocks',
      error: expect.stringContaining('/blocks/0/text'),
    });
    expect(texts()).toEqual(['Shop failed']);
  });

  it('shortens what Slack calls too long', async () => {
    simulator.fail({ kind: 'error', error: 'msg_too_long' });
    expect(await send('x'.repeat(30_000))).toMatchObject({
      status: 'sent',
      degraded: 'msg_too_long',
    });
    expect(texts()[0]?.length).toBe(4_000);
  });

  it('keeps within the limits, so that nothing has to degrade', async () => {
    const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
    const blocks = JSON.stringify([
      { type: 'header', text: { type: 'plain_text', text: 'h'.repeat(200) } },
      section('👩‍👩‍👧‍👦'.repeat(400)),
      ...Array.from({ length: 60 }, () => section('s')),
    ]);
    expect(await send('m'.repeat(50_000), { blocks })).toEqual({ status: 'sent' });
    const [message] = simulator.messages('deploys');
    expect(message?.blocks).toHaveLength(50);
    expect(message?.text).toHaveLength(40_000);
  });

  it('has nothing to send when nothing was rendered', async () => {
    expect(await send('')).toMatchObject({ status: 'rejected', reason: 'no_text', scope: 'notification' });
  });
});

describe('metadata', () => {
  it('carries the delivery id', async () => {
    await send('a', undefined, { deliveryId: 'abc123' });
    expect(simulator.messages('deploys')[0]?.metadata).toEqual({
      event_type: 'herald_delivery',
      event_payload: { delivery: 'abc123' },
    });
  });

  it('is left out after Slack refused it', async () => {
    simulator.fail({ kind: 'error', error: 'metadata_must_be_sent_from_app' });
    expect(await send('a')).toEqual({ status: 'sent' });
    expect(await send('b')).toEqual({ status: 'sent' });
    expect(simulator.calls.map(({ form }) => 'metadata' in form)).toEqual([true, false, false]);
  });

  it('is left out by each of several messages that Slack refused it in', async () => {
    simulator.fail({ kind: 'error', error: 'metadata_too_large' }, { times: 3 });
    const outcomes = await Promise.all(['a', 'b', 'c'].map((message) => send(message)));
    expect(outcomes).toEqual([{ status: 'sent' }, { status: 'sent' }, { status: 'sent' }]);
  });

  it('can be switched off', async () => {
    await service.close();
    service = start({}, { metadata: false });
    await send('a');
    expect(simulator.calls[0]?.form).toEqual({ channel: 'deploys', text: 'a' });
  });
});

describe('threads', () => {
  const grouped = (deliveryPolicy = 'Post', more: JsonObject = {}) => ({
    groupingKey: 'shop',
    deliveryPolicy,
    ...more,
  });
  const threads = () =>
    simulator
      .messages('deploys')
      .map(({ ts, threadTs }) => (threadTs === ts ? 'root' : (threadTs ?? 'none')));

  it('go on after a restart', async () => {
    await send('first', grouped());
    await service.close();
    service = start();
    await send('second', grouped());
    expect(threads()).toEqual(['root', simulator.messages('deploys')[0]?.ts]);
    await send('third', grouped('Update'));
    expect(texts()).toEqual(['third', 'second']);
  });

  it('make one thread of first messages at the same time', async () => {
    await Promise.all(['a', 'b', 'c'].map((message) => send(message, grouped())));
    expect(threads().filter((thread) => thread === 'root')).toHaveLength(1);
    expect(new Set(threads()).size).toBe(2);
  });

  it('belong to one service, recipient and key', async () => {
    await send('a', grouped());
    await send('b', { groupingKey: 'other' });
    await send('c', grouped(), { recipient: 'elsewhere' });
    expect(threads()).toEqual(['none', 'none']);
    expect(simulator.messages('elsewhere')).toHaveLength(1);
    const kinds = [...state.entries.keys()].map((key) => key.split('/').slice(0, 3).join('/'));
    expect(new Set(kinds)).toEqual(new Set(['slack/slack/thread', 'slack/slack/channel']));
    expect([...state.entries.values()].every(({ ttl }) => ttl === 90 * 86_400)).toBe(true);
  });

  it.each(['message_not_found', 'edit_window_closed', 'cant_update_message'])(
    'begin anew after %s',
    async (error) => {
      await send('first', grouped());
      simulator.fail({ kind: 'error', error });
      expect(await send('second', grouped('Update'))).toEqual({ status: 'sent' });
      expect(threads()).toEqual(['none', 'none']);
      await send('third', grouped('Update'));
      expect(texts()).toEqual(['first', 'third']);
    },
  );

  it('begin anew when the first message was deleted', async () => {
    await send('first', grouped());
    const [channel] = simulator.workspace.channels();
    simulator.workspace.remove(channel!, simulator.messages('deploys')[0]!.ts);
    expect(await send('second', grouped('PostAndUpdate'))).toEqual({ status: 'sent' });
    expect(await send('third', grouped())).toEqual({ status: 'sent' });
    expect(threads()).toEqual(['root', simulator.messages('deploys')[0]?.ts]);
  });

  it('repeat only the edit when the reply was posted', async () => {
    await send('first', grouped());
    const isEdit = ({ method }: { method: string }) => method === 'chat.update';
    simulator.fail({ kind: 'status', status: 500 }, { where: isEdit });
    const outcome = await send('second', grouped('PostAndUpdate'), { deliveryId: 'd2' });
    expect(outcome).toMatchObject({ status: 'retry', reason: 'http_500' });
    await service.close();
    service = start();
    expect(await send('second', grouped('PostAndUpdate'), { deliveryId: 'd2' })).toEqual({ status: 'sent' });
    expect(texts()).toEqual(['second', 'second']);
    expect(methods()).toEqual(['chat.postMessage', 'chat.postMessage', 'chat.update', 'chat.update']);
  });

  it('take the layout away from a message that is degraded', async () => {
    await send('first', grouped('Post', { attachments: '[{"text":"layout"}]' }));
    simulator.fail({ kind: 'error', error: 'invalid_attachments' });
    expect(await send('second', grouped('Update', { attachments: '[{"text":"new"}]' }))).toMatchObject({
      status: 'sent',
    });
    const [message] = simulator.messages('deploys');
    expect(message).toMatchObject({ text: 'second\nnew', attachments: [], blocks: [] });
  });

  it('wait for a state that cannot be read, and do not wait for one that cannot be written', async () => {
    state.fail(new Error('store is away'));
    expect(await send('a', grouped())).toMatchObject({ status: 'retry', reason: 'state_unreadable' });
    expect(simulator.calls).toHaveLength(0);
    expect(await send('a')).toEqual({ status: 'sent' });
    state.fail(new Error('disk full'), true);
    expect(await send('b', grouped())).toEqual({ status: 'sent' });
    expect(texts()).toEqual(['a', 'b']);
  });
});
