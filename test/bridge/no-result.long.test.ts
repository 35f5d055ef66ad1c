import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { redisStore } from '../contract/stores.ts';
import { application, degraded, healthy, named, uidOf } from './applications.ts';
import { createWorld } from './world.ts';

// Redis shows what it is asked.
const redis = redisStore();

test.skipIf(redis.skipped !== undefined)(
  'an event that changes no result asks the store nothing',
  async () => {
    const { url, remove } = await redis.prepare();
    const world = await createWorld({ queue: url });
    onTestFinished(async () => {
      await world.close();
      await remove();
    });
    world.configure({
      'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
      'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
    });
    await world.start();
    const { cluster } = world;
    cluster.apply(application('calm', { subscriptions: { 'on-health-degraded': 'calm' }, status: degraded }));
    await world.slack.until(() => world.slack.messages('calm').length >= 1);
    await world.decided();

    const uid = uidOf(cluster.get(named('calm')));
    const client = new Redis(url);
    const monitor = await client.monitor();
    let asked = 0;
    monitor.on('monitor', (_: string, command: string[]) => {
      if (command.some((part) => part.includes(uid))) asked += 1;
    });
    const triggered = { name: 'on-health-degraded', triggered: 'true' };
    const before = await world.metric('argocd_notifications_trigger_eval_total', triggered);
    for (let event = 10; event < 30; event += 1) {
      cluster.patch(named('calm'), { status: { reconciledAt: `2026-11-22T12:00:${event}Z` } });
    }
    await world.untilMetric('argocd_notifications_trigger_eval_total', triggered, (n) => n >= before + 20);
    // What is asked for its sake would be asked before this.
    await world.decided();
    expect(asked).toBe(0);
    cluster.patch(named('calm'), { status: healthy });
    await world.decided();
    expect(asked).toBeGreaterThan(0);
    for (const connection of [monitor, client]) connection.disconnect();
  },
);
