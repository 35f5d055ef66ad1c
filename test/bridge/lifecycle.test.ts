import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded, healthy, named, running, succeeded } from './applications.ts';
import { claimWithoutJob } from './intent.ts';
import { createWorld, seen, type World } from './world.ts';

const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
  'trigger.on-deleted': `- when: app.metadata.deletionTimestamp != nil\n  oncePer: app.metadata.uid\n  send: [deleted]\n`,
  'template.deleted':
    'message: "{{.app.metadata.name}} of {{.app.spec.project}} is gone at {{.app.status.sync.revision}}"\n',
};
const threaded = {
  'trigger.on-phase': `- when: app.status.operationState.phase != ''\n  oncePer: app.status.operationState.phase\n  send: [phase]\n`,
  'template.phase':
    'message: "{{.app.status.operationState.phase}}"\nslack:\n  groupingKey: "{{.app.metadata.uid}}"\n',
};
const store = embeddedStore();

/** One Herald for the tests of a group; they follow each other and name their own Applications. */
function useWorld(flags: string[] = []): { world: World; url: string } {
  const used = {} as { world: World; url: string };
  let remove: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const prepared = await store.prepare();
    remove = prepared.remove;
    used.url = prepared.url;
    used.world = await createWorld({ queue: prepared.url, flags });
    used.world.configure({ ...configuration, ...threaded });
    await used.world.start();
  });
  afterAll(async () => {
    await used.world?.close();
    await remove?.();
  });
  return used;
}

const texts = (world: World, channel: string) => world.slack.messages(channel).map(({ text }) => text);
const alerts = async (world: World, application: string) =>
  (await world.metrics())
    .filter(({ name, labels }) => name === 'herald_alert_active' && labels.name === application)
    .map(({ labels }) => `${labels.trigger}`)
    .sort();

describe('the life of Applications', () => {
  const used = useWorld();

  test('a condition that fails neither sends nor re-arms, nor ends its alert', async () => {
    const { world } = used;
    const { cluster } = world;
    const errors = (count: number) =>
      world.untilMetric('herald_trigger_eval_errors_total', {}, (errors) => errors >= count);
    cluster.apply(application('odd', { subscriptions: { 'on-health-degraded': 'odd' }, status: degraded }));
    await world.slack.until(() => texts(world, 'odd').length >= 1);
    expect(await alerts(world, 'odd')).toEqual(['on-health-degraded']);

    cluster.patch(named('odd'), { status: { health: null } });
    await errors(1);
    expect(await alerts(world, 'odd')).toEqual(['on-health-degraded']);
    cluster.patch(named('odd'), { status: degraded });
    await world.decided();
    expect(texts(world, 'odd')).toHaveLength(1);

    cluster.patch(named('odd'), { status: { health: null } });
    await errors(2);
    await world.restart();
    cluster.patch(named('odd'), { status: degraded });
    await world.decided();
    expect(texts(world, 'odd')).toHaveLength(1);
  });

  test('evaluations, deliveries and alerts are counted and shown as described', async () => {
    const { world } = used;
    const { cluster } = world;
    const evaluated = async () => {
      const name = 'on-health-degraded';
      const of = (triggered: string) =>
        world.metric('argocd_notifications_trigger_eval_total', { name, triggered });
      return { true: await of('true'), false: await of('false') };
    };
    const sent = { trigger: 'on-health-degraded', service: 'slack', succeeded: 'true' };
    const deliveries = () => world.metric('argocd_notifications_deliveries_total', sent);
    const [before, delivered] = [await evaluated(), await deliveries()];
    cluster.apply(application('shop', { subscriptions: { 'on-health-degraded': 'a;b' }, status: healthy }));
    await world.untilMetric(
      'argocd_notifications_trigger_eval_total',
      { triggered: 'false' },
      (n) => n > before.false,
    );
    expect(await evaluated()).toEqual({ true: before.true, false: before.false + 1 });
    expect(await alerts(world, 'shop')).toEqual([]);

    cluster.patch(named('shop'), { status: degraded });
    await world.slack.until(() => texts(world, 'a').length + texts(world, 'b').length >= 2);
    await world.settled();
    // A condition is evaluated once, however many are told.
    expect(await evaluated()).toEqual({ true: before.true + 1, false: before.false + 1 });
    expect((await deliveries()) - delivered).toBe(2);
    expect(await alerts(world, 'shop')).toEqual(['on-health-degraded']);
    const since = await world.metric('herald_alert_active_since_timestamp_seconds', { name: 'shop' });
    expect(Math.abs(since - Date.now() / 1000)).toBeLessThan(60);

    await world.restart();
    await world.untilMetric('herald_alert_active', { name: 'shop' }, (active) => active === 1);
    expect(await world.metric('herald_alert_active_since_timestamp_seconds', { name: 'shop' })).toBe(since);

    cluster.patch(named('shop'), { status: healthy });
    await world.untilMetric('herald_alert_active', { name: 'shop' }, (active) => active === 0);
    cluster.patch(named('shop'), { status: degraded });
    await world.untilMetric('herald_alert_active', { name: 'shop' }, (active) => active === 1);
    cluster.remove(named('shop'));
    await world.untilMetric('herald_application_info', { name: 'shop' }, (count) => count === 0);
    const series = (await world.metrics()).filter(({ labels }) => labels.name === 'shop');
    expect(series).toEqual([]);
  });

  test('deletions are told once, with or without finalizers, seen or found out later', async () => {
    const { world } = used;
    const { cluster } = world;
    const subscriptions = { 'on-deleted': 'platform', 'on-health-degraded': 'platform' };
    const status: JsonObject = { ...(succeeded('abc').status as JsonObject), ...healthy };
    const finalizers = ['resources-finalizer.argocd.argoproj.io'];
    const told = (count: number) => world.slack.until(() => texts(world, 'platform').length >= count);
    for (const name of ['plain', 'later']) cluster.apply(application(name, { subscriptions, status }));
    for (const name of ['held', 'held-later'])
      cluster.apply(application(name, { subscriptions, status, finalizers }));
    await world.decided();
    expect(texts(world, 'platform')).toEqual([]);

    cluster.remove(named('plain'));
    await told(1);
    cluster.remove(named('held'));
    await told(2);
    cluster.patch(named('held'), { metadata: { finalizers: [] } });
    cluster.remove(named('held-later'));
    await told(3);
    await world.settled();

    await world.restart(() => {
      cluster.remove(named('later'));
      cluster.patch(named('held-later'), { metadata: { finalizers: [] } });
    });
    await told(4);
    await world.decided();
    const gone = ['plain', 'held', 'held-later', 'later'].map((name) => `${name} of default is gone at abc`);
    expect(texts(world, 'platform')).toEqual(gone);

    // A successor of the same name is another Application.
    cluster.apply(application('plain', { subscriptions, status }));
    await world.decided();
    cluster.remove(named('plain'));
    await told(5);
    await world.decided();
    expect(texts(world, 'platform').at(-1)).toBe('plain of default is gone at abc');
    const total = seen(world).length;
    await world.restart();
    await world.decided();
    expect(seen(world)).toHaveLength(total);
  });

  test('a thread goes on after a restart', async () => {
    const { world } = used;
    const { cluster, slack } = world;
    cluster.apply(application('thread', { subscriptions: { 'on-phase': 'thread' } }));
    cluster.patch(named('thread'), running());
    await slack.until(() => texts(world, 'thread').length >= 1);
    await world.settled();
    await world.restart();
    cluster.patch(named('thread'), succeeded('abc'));
    await slack.until(() => texts(world, 'thread').length >= 2);
    const [first, reply] = slack.messages('thread');
    expect(texts(world, 'thread')).toEqual(['Running', 'Succeeded']);
    expect(reply?.threadTs).toBe(first?.ts);
  });

  test('while it cannot be told what was deleted, intents are sent all the same', async () => {
    const { world, url } = used;
    const { cluster, kubernetes, slack } = world;
    const subscriptions = { 'on-deleted': 'deletions', 'on-health-degraded': 'intents' };
    cluster.apply(application('vanishes', { subscriptions }));
    await world.decided();
    await world.restart(async () => {
      kubernetes.faults.fail({
        verb: 'get',
        resource: 'applications',
        status: 500,
        times: Number.POSITIVE_INFINITY,
      });
      cluster.remove(named('vanishes'));
      // Otherwise the watch itself would tell.
      cluster.compact();
      const waits = cluster.apply(application('waits', { subscriptions, status: degraded }));
      const text = configuration['trigger.on-health-degraded'];
      await claimWithoutJob(url, waits, { trigger: 'on-health-degraded', text, channel: 'intents' });
    });
    await slack.until(() => texts(world, 'intents').length >= 1);
    expect(texts(world, 'deletions')).toEqual([]);
    kubernetes.faults.clear();
    await world.settled();
    await world.restart();
    await slack.until(() => texts(world, 'deletions').length >= 1);
    expect(texts(world, 'intents')).toEqual(['waits is degraded']);
  });
});

describe('Applications that a label selects', () => {
  const used = useWorld(['--app-label-selector', 'watch!=no']);

  test('and that are only watched no more are not told of as deleted', async () => {
    const { world } = used;
    const { cluster } = world;
    const subscriptions = { 'on-deleted': 'platform' };
    const status: JsonObject = { ...(succeeded('abc').status as JsonObject), ...healthy };
    for (const name of ['hidden', 'gone']) cluster.apply(application(name, { subscriptions, status }));
    await world.decided();
    cluster.patch(named('hidden'), { metadata: { labels: { watch: 'no' } } });
    cluster.remove(named('gone'));
    await world.slack.until(() => texts(world, 'platform').length >= 1);
    await world.decided();
    await world.restart();
    await world.decided();
    expect(texts(world, 'platform')).toEqual(['gone of default is gone at abc']);
  });
});
