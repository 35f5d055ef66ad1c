import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebhookReceiver } from '../../simulator/webhook.ts';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded } from './applications.ts';
import { createWorld, type World } from './world.ts';

/** More than twice what one service may have under way. */
const many = 400;

describe('a tenant whose service hangs', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;
  const hanging = createWebhookReceiver();
  const answering = createWebhookReceiver();
  let isHanging = true;

  beforeAll(async () => {
    [prepared] = await Promise.all([embeddedStore().prepare(), hanging.start(), answering.start()]);
    const flags = [
      '--application-namespaces=team-*',
      '--self-service-notification-enabled',
      '--tenant-service-addresses=127.0.0.1',
    ];
    world = await createWorld({ queue: prepared.url, flags });
    const hooks = (url: string) => ({
      'service.webhook.hook': `url: ${url}\n`,
      'trigger.on-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [told]\n`,
      'template.told': 'message: "{{.app.metadata.name}}"\n',
    });
    world.configure({});
    world.configure(hooks(hanging.url), 'team-a');
    world.configure(hooks(answering.url), 'team-b');
    hanging.fail({ kind: 'hang' }, { times: Number.POSITIVE_INFINITY, where: () => isHanging });
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await Promise.all([hanging.stop(), answering.stop()]);
    await prepared?.remove();
  });

  const apply = (name: string, namespace: string) =>
    world.cluster.apply(
      application(name, {
        namespace,
        annotations: { 'notifications.argoproj.io/subscribe.on-degraded.hook': '' },
        status: degraded,
      }),
    );
  const names = (receiver: typeof hanging, from = 0) =>
    new Set(receiver.requests.slice(from).map(({ body }) => body));

  test('delays no other, though all of its messages came first', async () => {
    for (let index = 0; index < many; index += 1) apply(`a-${index}`, 'team-a');
    await world.untilMetric('herald_queue_jobs', {}, (jobs) => jobs === many);
    await hanging.until(() => hanging.requests.length > 0);
    for (let index = 0; index < 10; index += 1) apply(`b-${index}`, 'team-b');
    await answering.until(() => names(answering).size === 10);
    // In order of arrival, everything of team-a would have been tried before.
    expect(names(hanging).size).toBeLessThan(many / 2);
    expect(answering.requests).toHaveLength(10);
  });

  test('has all of its own sent once it answers', async () => {
    const before = hanging.requests.length;
    isHanging = false;
    await hanging.until(() => names(hanging, before).size === many);
    await world.untilMetric('herald_queue_jobs', {}, (jobs) => jobs === 0);
    expect(await world.metric('herald_deliveries_parked')).toBe(0);
  });
});
