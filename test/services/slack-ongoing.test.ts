import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SlackSimulatorOptions } from '../../simulator/slack.ts';
import type { JsonObject, Notification, Outcome } from '../../src/model.ts';
import type { SendContext } from '../../src/services/service.ts';
import { openSlack, type SlackFixture } from './slack-fixture.ts';

type Alert = NonNullable<SendContext['alert']>;

let fixture: SlackFixture;
let now: number;

async function reopen(simulated: Partial<SlackSimulatorOptions> = {}): Promise<void> {
  await fixture?.close();
  fixture = await openSlack({ now: () => now, ...simulated });
}
beforeEach(async () => {
  now = Date.UTC(2026, 10, 28, 6);
  await reopen();
});
afterEach(() => fixture.close());

let deliveries = 0;

interface Step extends Partial<Alert> {
  message?: string;
  section?: JsonObject;
  also?: Pick<Notification, 'lead' | 'brief' | 'replaces'>;
  deliveryId?: string;
  earlier?: number;
}

function tell({
  message = 'red',
  section,
  also,
  deliveryId,
  earlier,
  ...alert
}: Step = {}): Promise<Outcome> {
  const { isFollowUp = false } = alert;
  return fixture.send(message, {
    deliveryId: deliveryId ?? (isFollowUp ? `later-${(deliveries += 1)}` : 'root'),
    ...(section ? { section } : {}),
    ...(earlier === undefined ? {} : { earlier }),
    also: { ...(isFollowUp ? { brief: `shop: ${alert.reason}` } : {}), ...also },
    alert: {
      key: 'root',
      state: 'firing',
      reason: 'first',
      severity: 'critical',
      since: now,
      isSilent: false,
      isFollowUp: false,
      ...alert,
    },
  });
}

const followUp = { isFollowUp: true } as const;
const end: Step = { ...followUp, state: 'resolved', reason: 'all resolved', message: 'green' };
const red = (policy?: string): JsonObject => ({
  attachments: '[{"color":"#f00","text":"broken"}]',
  ...(policy ? { deliveryPolicy: policy } : {}),
});
const sent = { status: 'sent' };

/** What a channel shows: each message outside of threads with its replies, marked where the channel sees them. */
function shown(channel = 'deploys'): string[] {
  return fixture.slack
    .view()
    .filter(({ name }) => name === channel)
    .flatMap(({ messages }) => messages)
    .filter((message) => !message.broadcast)
    .map(({ text, replies }) =>
      [text, ...replies.map((reply) => (reply.broadcast ? `!${reply.text}` : reply.text))].join(' > '),
    );
}

function remove(index = 0): void {
  const [channel] = fixture.slack.workspace.channels();
  fixture.slack.workspace.remove(channel!, fixture.slack.messages('deploys')[index]!.ts);
}

describe('an alert of its own', () => {
  it('has its end as a reply', async () => {
    expect(await tell()).toEqual(sent);
    expect(await tell(end)).toEqual(sent);
    expect(shown()).toEqual(['red > green']);
    expect(fixture.methods()).toEqual(['chat.postMessage', 'chat.postMessage']);
  });

  it('has, with Update, its root edited, and one line as a reply, since edits ping nobody', async () => {
    await tell({ section: red('Update') });
    expect(await tell(end)).toEqual(sent);
    expect(shown()).toEqual(['green > shop: all resolved']);
    // The end has no layout of its own, and that of the firing is taken away.
    expect(fixture.slack.messages('deploys')[0]).toMatchObject({ attachments: [], blocks: [] });
  });

  it('has, with PostAndUpdate, both', async () => {
    await tell({ section: red('PostAndUpdate') });
    await tell(end);
    expect(shown()).toEqual(['green > green']);
  });

  it('does as the template of the end says', async () => {
    await tell({ section: red() });
    await tell({ ...end, section: { deliveryPolicy: 'Update' } });
    expect(shown()).toEqual(['green > shop: all resolved']);
  });

  it.each(['repeated', 'severity raised', 'silence ended', 'mute ended', 'inhibition ended'])(
    'shows it to the channel when it is told again: %s',
    async (reason) => {
      await tell();
      await tell({ ...followUp, reason, message: 'still red' });
      expect(shown()).toEqual(['red > !still red']);
    },
  );

  it.each(['acknowledged', 'severity lowered'])('is edited without a word: %s', async (reason) => {
    await tell();
    expect(await tell({ ...followUp, reason, isSilent: true, message: `red, ${reason}` })).toEqual(sent);
    expect(shown()).toEqual([`red, ${reason}`]);
    await tell(end);
    expect(shown()).toEqual([`red, ${reason} > green`]);
  });

  it('begins anew with another key', async () => {
    await tell();
    await tell(end);
    await tell({ key: 'other', deliveryId: 'other' });
    await tell({ ...end, key: 'other' });
    expect(shown()).toEqual(['red > green', 'red > green']);
  });

  it('goes on after a restart', async () => {
    await tell({ section: red('Update') });
    await fixture.restart();
    await tell(end);
    expect(shown()).toEqual(['green > shop: all resolved']);
    const stored = [...fixture.state.entries].filter(([key]) => key.includes('/root/'));
    expect(stored.map(([, { ttl }]) => ttl)).toEqual([2 * 86_400]);
  });

  it('says in its blocks why it comes again, which hide the text', async () => {
    const blocks = '[{"type":"section","text":{"type":"mrkdwn","text":"shop is broken"}}]';
    await tell({ section: { blocks } });
    const lead = 'Still firing after 4h (repeated)';
    await tell({
      ...followUp,
      reason: 'repeated',
      section: { blocks },
      message: `${lead}\nred`,
      also: { lead },
    });
    expect(fixture.slack.messages('deploys')[1]).toMatchObject({
      text: `${lead}\nred`,
      blocks: [{ type: 'context', elements: [{ type: 'mrkdwn', text: lead }] }, { type: 'section' }],
    });
  });
});

describe('a group', () => {
  const group = { also: { replaces: true } } as const;
  const later = (reason: string) => ({
    ...followUp,
    reason,
    also: { ...group.also, brief: `shop: ${reason}` },
  });

  it('is one message that is brought up to date; new alerts ping', async () => {
    await tell({ message: '3 firing', ...group });
    await tell({ message: '5 firing', ...later('new in group') });
    await tell({ message: '2 firing, 3 resolved', ...later('some resolved') });
    await tell({ message: '5 resolved', ...later('all resolved'), state: 'resolved' });
    expect(shown()).toEqual(['5 resolved > !shop: new in group > shop: some resolved > shop: all resolved']);
  });

  it('does as its template says', async () => {
    await tell({ message: '3 firing', ...group, section: red('Post') });
    await tell({ message: '5 firing', ...later('new in group') });
    expect(shown()).toEqual(['3 firing > !5 firing']);
  });
});

describe('a root that is no more', () => {
  const policies = ['Post', 'Update', 'PostAndUpdate'];

  it.each(policies)('was deleted, without a thread: a new message takes its place (%s)', async (policy) => {
    await tell({ section: red(policy) });
    remove();
    expect(await tell({ ...followUp, reason: 'repeated', message: 'still red' })).toEqual(sent);
    expect(shown()).toEqual(['still red']);
    await tell(end);
    expect(shown()).toEqual([
      { Post: 'still red > green', Update: 'green > shop: all resolved', PostAndUpdate: 'green > green' }[
        policy
      ],
    ]);
  });

  it.each([
    ['Post', ['This message was deleted. > !still red > green']],
    ['Update', ['This message was deleted. > !shop: repeated', 'green']],
  ])('was deleted, and its thread is there: %s', async (policy, expected) => {
    await tell({ section: red(policy) });
    await tell({ ...followUp, reason: 'repeated', message: 'still red' });
    remove();
    expect(await tell(end)).toEqual(sent);
    expect(shown()).toEqual(expected);
  });

  it.each(['edit_window_closed', 'cant_update_message', 'message_not_found', 'is_inactive', 'update_failed'])(
    'cannot be edited, %s: a new message takes its place',
    async (error) => {
      await tell({ section: red('Update') });
      fixture.slack.fail({ kind: 'error', error }, { where: ({ method }) => method === 'chat.update' });
      expect(await tell(end)).toEqual(sent);
      expect(shown()).toEqual(['red', 'green']);
    },
  );

  it('is too old for the workspace', async () => {
    await reopen({ editWindow: 3_600_000 });
    await tell({ section: red('Update') });
    now += 3_600_001;
    const acknowledged = {
      ...followUp,
      reason: 'acknowledged',
      isSilent: true,
      message: 'red, acknowledged',
    };
    expect(await tell(acknowledged)).toMatchObject({ status: 'sent', degraded: 'edit_window_closed' });
    // A new message would ping.
    expect(shown()).toEqual(['red']);
    await tell(end);
    expect(shown()).toEqual(['red', 'green']);
  });

  it('was deleted: what would only edit it is left out, and a later one takes its place', async () => {
    await tell();
    remove();
    const silent = { ...followUp, isSilent: true };
    expect(await tell({ ...silent, reason: 'acknowledged', message: 'seen' })).toMatchObject({
      status: 'sent',
    });
    expect(shown()).toEqual([]);
    await tell({ ...followUp, reason: 'repeated', message: 'still red' });
    expect(shown()).toEqual(['still red']);
  });

  it('is not known: what would only edit it is left out, unless nobody has been told', async () => {
    const silent = { reason: 'acknowledged', isSilent: true, message: 'seen' };
    expect(await tell({ ...followUp, ...silent })).toMatchObject({ status: 'sent', degraded: 'no_root' });
    expect(shown()).toEqual([]);
    await tell(silent);
    expect(shown()).toEqual(['seen']);
  });

  it('is in a channel that was archived: the recipient has another by now', async () => {
    await reopen({ channels: [{ name: 'deploys' }] });
    await tell({ section: red('Update') });
    const channel = fixture.slack.workspace.find('deploys')!;
    channel.isArchived = true;
    expect(await tell(end)).toMatchObject({ status: 'rejected', reason: 'is_archived', scope: 'recipient' });
    const where = ({ method }: { method: string }) => method === 'chat.update';
    channel.isArchived = false;
    fixture.slack.fail({ kind: 'error', error: 'is_archived' }, { where });
    expect(await tell(end)).toEqual(sent);
    expect(shown()).toEqual(['red', 'green']);
  });

  it('takes no replies: a new message takes its place, and one that was edited has said it', async () => {
    const where = ({ form }: { form: Record<string, string> }) =>
      form['thread_ts'] !== undefined && form['ts'] === undefined;
    await tell();
    fixture.slack.fail({ kind: 'error', error: 'cannot_reply_to_message' }, { where });
    expect(await tell(end)).toEqual(sent);
    expect(shown()).toEqual(['red', 'green']);
    await reopen();
    await tell({ section: red('Update') });
    fixture.slack.fail({ kind: 'error', error: 'cannot_reply_to_message' }, { where });
    expect(await tell(end)).toMatchObject({ status: 'sent', degraded: 'cannot_reply_to_message' });
    expect(shown()).toEqual(['green']);
  });

  it('was never known, since its state was lost', async () => {
    fixture.state.fail(new Error('store is away'), true);
    await tell();
    fixture.state.fail(undefined);
    await tell(end);
    expect(shown()).toEqual(['red', 'green']);
  });
});

describe('an attempt whose answer was lost', () => {
  const lose = (method: string) =>
    fixture.slack.fail(
      { kind: 'done', answer: { kind: 'status', status: 500 } },
      { where: (call) => call.method === method },
    );

  it('of the first message: it is the root when it is found', async () => {
    lose('chat.postMessage');
    expect(await tell()).toMatchObject({ status: 'retry', unclear: true });
    expect(await tell({ earlier: now })).toEqual({ ...sent, earlier: 'found' });
    await tell(end);
    expect(shown()).toEqual(['red > green']);
  });

  it.each(['Post', 'Update', 'PostAndUpdate'])('of a reply: it is told once (%s)', async (policy) => {
    await tell({ section: red(policy) });
    lose('chat.postMessage');
    expect(await tell({ ...end, deliveryId: 'end' })).toMatchObject({ status: 'retry', unclear: true });
    expect(await tell({ ...end, deliveryId: 'end', earlier: now })).toEqual({ ...sent, earlier: 'found' });
    expect(fixture.slack.messages('deploys')).toHaveLength(2);
  });

  it('of an edit: it is repeated', async () => {
    await tell({ section: red('Update') });
    lose('chat.update');
    expect(await tell({ ...end, deliveryId: 'end' })).toMatchObject({ status: 'retry' });
    await tell({ ...end, deliveryId: 'end', earlier: now });
    expect(shown()).toEqual(['green > shop: all resolved']);
  });

  it('waits for a state that cannot be read', async () => {
    await tell();
    fixture.state.fail(new Error('store is away'));
    expect(await tell(end)).toMatchObject({ status: 'retry', reason: 'state_unreadable' });
    fixture.state.fail(undefined);
    await tell(end);
    expect(shown()).toEqual(['red > green']);
  });
});

describe('a template with a groupingKey', () => {
  const grouped = (policy?: string) => ({ ...red(policy), groupingKey: 'shop' });

  it('keeps its thread', async () => {
    await tell({ section: grouped() });
    await tell({ ...followUp, reason: 'repeated', message: 'still red', section: grouped() });
    await tell({ ...end, section: grouped('PostAndUpdate') });
    expect(shown()).toEqual(['green > still red > green']);
  });

  it('has its own message edited, and its end in the same thread', async () => {
    await tell({ section: grouped(), key: 'a', deliveryId: 'a' });
    await tell({ section: grouped(), key: 'b', deliveryId: 'b', message: 'red b' });
    await tell({
      ...followUp,
      key: 'b',
      reason: 'acknowledged',
      isSilent: true,
      message: 'seen b',
      section: grouped(),
    });
    expect(shown()).toEqual(['red > seen b']);
    // The default of the end has none.
    await tell({ ...end, key: 'b', message: 'green b' });
    expect(shown()).toEqual(['red > seen b > green b']);
  });
});
