import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { herald } from '../cli/support.ts';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded, named, uidOf } from './applications.ts';
import { attempts, createWorld, type World } from './world.ts';

const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': 'message: "{{.app.metadata.name}}: {{.app.status.health.message}}"\n',
  'trigger.on-odd-layout': `- when: app.status.health.status == 'Degraded'\n  send: [odd-layout]\n`,
  'template.odd-layout':
    'message: "{{.app.metadata.name}} in words"\nslack:\n  blocks: |\n    [{"type": "no-such-block", "text": "{{.app.metadata.name}}"}]\n',
};
const retryAfter = 3;

describe('what Slack answers', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;

  beforeAll(async () => {
    prepared = await embeddedStore().prepare();
    world = await createWorld({
      queue: prepared.url,
      slack: {
        channels: [{ name: 'secret', isPrivate: true, isMember: false }],
        rateLimit: { perSecond: 1, burst: 6 },
      },
    });
    world.configure(configuration);
    await world.start();
    // It takes the ten seconds of Slack's deadline, and is looked at last.
    world.slack.fail({ kind: 'hang' }, { where: ({ form }) => form.channel === 'hung' });
    degrade('hung', 'hung');
  });
  afterAll(async () => {
    await world?.close();
    await prepared?.remove();
  });

  function degrade(
    name: string,
    channel: string,
    trigger = 'on-health-degraded',
    message = 'pods crash',
  ): void {
    const status = { health: { ...(degraded.health as JsonObject), message } };
    world.cluster.apply(application(name, { subscriptions: { [trigger]: channel }, status }));
  }
  const posts = (channel: string) => attempts(world, channel);
  const texts = (channel: string) => world.slack.messages(channel).map(({ text }) => text);
  const told = (channel: string, count = 1) => world.slack.until(() => texts(channel).length >= count);
  const outcomes = (labels: Record<string, string>) => world.metric('herald_delivery_outcomes_total', labels);

  test('429: that channel waits as long as Slack says, and only that one', async () => {
    const { slack } = world;
    const headers = { 'retry-after': String(retryAfter) };
    slack.fail({ kind: 'status', status: 429, headers }, { where: ({ form }) => form.channel === 'limited' });
    degrade('first', 'limited');
    await slack.until(() => posts('limited').length === 1);
    degrade('second', 'limited');
    degrade('calm', 'calm');
    await told('calm');
    expect(posts('limited')).toHaveLength(1);
    await told('limited', 2);
    const [refused, ...later] = posts('limited');
    expect(later).toHaveLength(2);
    for (const { at } of later) expect(at - (refused?.at ?? 0)).toBeGreaterThanOrEqual(retryAfter * 1000);
    expect(texts('limited').sort()).toEqual(['first: pods crash', 'second: pods crash']);
    expect(await outcomes({ outcome: 'retry', reason: 'rate_limited' })).toBe(1);
  });

  test('500, twice: tried again until it is taken, and posted once', async () => {
    world.slack.fail(
      { kind: 'status', status: 500 },
      { times: 2, where: ({ form }) => form.channel === 'shaky' },
    );
    degrade('shaky', 'shaky');
    await told('shaky');
    await world.decided();
    expect(posts('shaky')).toHaveLength(3);
    expect(texts('shaky')).toEqual(['shaky: pods crash']);
    expect(await outcomes({ outcome: 'retry', reason: 'http_500' })).toBe(2);
  });

  test('a reset connection: the same', async () => {
    world.slack.fail({ kind: 'reset' }, { where: ({ form }) => form.channel === 'cut' });
    degrade('cut', 'cut');
    await told('cut');
    await world.decided();
    expect(posts('cut')).toHaveLength(2);
    expect(texts('cut')).toEqual(['cut: pods crash']);
    expect(await outcomes({ outcome: 'retry', reason: 'connection_lost' })).toBe(1);
  });

  test('channel_not_found: parked, and reported once in the log, the metrics and an Event', async () => {
    degrade('lonely', 'secret');
    const entry = await world.untilLogged(({ reason }) => reason === 'channel_not_found');
    expect(entry).toMatchObject({
      level: 'error',
      status: 'rejected',
      application: 'argocd/lonely',
      trigger: 'on-health-degraded',
      destination: 'slack:secret',
    });
    const events = () =>
      world.cluster
        .list('Event', 'argocd')
        .filter(({ involvedObject }) => (involvedObject as JsonObject).name === 'lonely');
    await world.kubernetes.until(() => events().length > 0);
    const uid = uidOf(world.cluster.get(named('lonely')));
    expect(events()).toMatchObject([
      {
        type: 'Warning',
        reason: 'NotificationNotDelivered',
        involvedObject: { kind: 'Application', uid },
        message: expect.stringMatching(
          /^on-health-degraded was not delivered to slack:secret: .*channel_not_found/,
        ),
      },
    ]);
    await world.decided();
    expect(posts('secret')).toHaveLength(1);
    expect(world.logs.filter(({ reason }) => reason === 'channel_not_found')).toHaveLength(1);
    expect(await outcomes({ outcome: 'rejected', reason: 'channel_not_found' })).toBe(1);
    const given = { trigger: 'on-health-degraded', service: 'slack' };
    expect(await world.metric('herald_deliveries_given_up_total', given)).toBe(1);
    await world.untilMetric('herald_deliveries_parked', { service: 'slack' }, (parked) => parked === 1);
  });

  test('invalid_blocks: the words go out without the layout', async () => {
    degrade('odd', 'odd', 'on-odd-layout');
    await told('odd');
    await world.decided();
    expect(posts('odd').map(({ answer }) => answer?.error ?? 'ok')).toEqual(['invalid_blocks', 'ok']);
    const [message] = world.slack.messages('odd');
    expect(message).toMatchObject({ text: 'odd in words\nodd', blocks: [], attachments: [] });
    expect(world.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', reason: 'invalid_blocks', destination: 'slack:odd' }),
    );
    expect(await outcomes({ outcome: 'degraded', reason: 'invalid_blocks' })).toBe(1);
  });

  test('nobody is paged by what a value says', async () => {
    degrade('loud', 'loud', 'on-health-degraded', 'failed <!channel> <@U0BOSS> @here');
    await told('loud');
    const [text = ''] = texts('loud');
    expect(text).toContain('loud: failed');
    expect(text).not.toMatch(/<!channel>|<@U0BOSS>/);
  });

  test('a channel with thirty messages at once delays no other, and is never over its pace', async () => {
    for (let index = 0; index < 30; index += 1) degrade(`hot-${index}`, 'hot');
    await told('hot', 1);
    for (let index = 0; index < 10; index += 1) degrade(`cool-${index}`, `cool-${index}`);
    for (let index = 0; index < 10; index += 1) await told(`cool-${index}`);
    expect(texts('hot').length).toBeLessThan(30);
    expect(posts('hot').every(({ answer }) => answer?.ok)).toBe(true);
  });

  test('no answer in time: tried again, and posted once', async () => {
    await told('hung');
    await world.decided();
    expect(posts('hung')).toHaveLength(2);
    expect(await outcomes({ outcome: 'retry', reason: 'timeout' })).toBe(1);
  });

  test('what was given up is shown by herald deliveries --failed, what waits by herald deliveries', async () => {
    expect(await world.herald.stop()).toBe(0);
    const show = async (...flags: string[]) => {
      const { code, stdout } = await herald(['deliveries', '-o', 'json', '--queue', prepared.url, ...flags]);
      expect(code).toBe(0);
      return JSON.parse(stdout) as { status: string; destination: JsonObject }[];
    };
    const failed = await show('--failed');
    expect(failed).toMatchObject([
      {
        status: 'rejected',
        reason: 'channel_not_found',
        application: { namespace: 'argocd', name: 'lonely' },
        destination: { service: 'slack', recipient: 'secret' },
      },
    ]);
    const waiting = (await show('--limit', '100')).filter(({ status }) => status === 'pending');
    expect(waiting.every(({ destination }) => destination.recipient === 'hot')).toBe(true);
    expect(waiting.length + texts('hot').length).toBe(30);
  });
});
