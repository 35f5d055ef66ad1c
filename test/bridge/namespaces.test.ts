import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded, healthy, named, subscribe } from './applications.ts';
import { createWorld, type World } from './world.ts';

const trigger = `- when: app.status.health.status == 'Degraded'\n  send: [told]\n`;
const ofController = {
  'trigger.on-health-degraded': trigger,
  'template.told':
    'message: "{{.app.metadata.namespace}}/{{.app.metadata.name}} as the platform team tells it"\n',
};
const ofTenant = {
  'trigger.on-health-degraded': trigger,
  'trigger.on-own': trigger,
  'template.told': 'message: "{{.app.metadata.name}} as team a tells it"\n',
};

describe('namespaces', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;

  beforeAll(async () => {
    prepared = await embeddedStore().prepare();
    const flags = [
      '--application-namespaces',
      'team-*,/^shop-(eu|us)$/',
      '--self-service-notification-enabled',
      // Where Slack's double is.
      '--tenant-service-addresses=127.0.0.1',
    ];
    world = await createWorld({ queue: prepared.url, flags });
    world.configure(ofController);
    world.configure(ofTenant, 'team-a');
    // Not among those that are watched: it must not act, nor be read.
    world.configure(ofTenant, 'elsewhere');
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await prepared?.remove();
  });

  const texts = (channel: string) =>
    world.slack
      .messages(channel)
      .map(({ text }) => text)
      .sort();
  const told = (channel: string, count: number) => world.slack.until(() => texts(channel).length >= count);
  const apply = (namespace: string, channel: string, trigger = 'on-health-degraded') =>
    world.cluster.apply(
      application('shop', { namespace, subscriptions: { [trigger]: channel }, status: degraded }),
    );

  test('that a glob or a regular expression names are watched, and no others', async () => {
    for (const namespace of ['team-b', 'shop-eu', 'shop-asia', 'elsewhere', 'a-team-b'])
      apply(namespace, namespace);
    await told('team-b', 1);
    await told('shop-eu', 1);
    await world.decided();
    expect(texts('shop-eu')).toEqual(['shop-eu/shop as the platform team tells it']);
    for (const namespace of ['shop-asia', 'elsewhere', 'a-team-b']) expect(texts(namespace)).toEqual([]);
    const watched = (await world.metrics())
      .filter(({ name, labels }) => name === 'herald_application_info' && labels.name === 'shop')
      .map(({ labels }) => `${labels.namespace}`);
    expect(watched.sort()).toEqual(['shop-eu', 'team-b']);
  });

  test("of a tenant: its own configuration acts beside the controller's, for its Applications only", async () => {
    apply('team-a', 'both');
    await told('both', 2);
    apply('team-c', 'foreign', 'on-own');
    await world.decided();
    expect(texts('both')).toEqual(['shop as team a tells it', 'team-a/shop as the platform team tells it']);
    expect(texts('foreign')).toEqual([]);
  });

  test('what is wrong in it is its own problem', async () => {
    world.configure({ ...ofTenant, 'trigger.broken': '- when: "(("\n' }, 'team-a');
    await world.untilMetric('herald_config_problems', { config_namespace: 'team-a' }, (count) => count > 0);
    expect(await world.metric('herald_config_problems', { config_namespace: 'argocd' })).toBe(0);
    const events = () => world.cluster.list('Event', 'team-a');
    await world.kubernetes.until(() => events().length > 0);
    expect(world.cluster.list('Event', 'argocd')).toEqual([]);
  });

  test('and once its ConfigMap is deleted, only the controller speaks', async () => {
    const name = 'argocd-notifications-cm';
    world.cluster.remove({ kind: 'ConfigMap', namespace: 'team-a', name });
    await world.untilMetric('herald_config_problems', { config_namespace: 'team-a' }, (count) => count === 0);
    world.cluster.patch(named('shop', 'team-a'), { status: healthy });
    world.cluster.patch(named('shop', 'team-a'), { status: degraded });
    await told('both', 3);
    await world.decided();
    const platform = 'team-a/shop as the platform team tells it';
    expect(texts('both')).toEqual(['shop as team a tells it', platform, platform]);
  });

  test("an AppProject of the controller's namespace subscribes Applications of others", async () => {
    world.cluster.apply({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: {
        name: 'shops',
        namespace: 'argocd',
        annotations: subscribe({ 'on-health-degraded': 'project' }),
      },
      spec: {},
    });
    world.cluster.apply(
      application('in-project', { namespace: 'team-b', project: 'shops', status: degraded }),
    );
    await told('project', 1);
    expect(texts('project')).toEqual(['team-b/in-project as the platform team tells it']);
  });
});
