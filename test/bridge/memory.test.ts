import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { parseQueueUrl } from '../../src/store/queue-url.ts';
import { application, degraded, healthy, named } from './applications.ts';
import { createWorld, seen } from './world.ts';

const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
};
const subscriptions = { 'on-health-degraded': 'alerts' };

// The store in memory comes with the embedded one.
describe.skipIf(!parseQueueUrl('memory:').ok)('--queue memory:', () => {
  test('says so, and remembers through the annotation over a restart', async () => {
    const world = await createWorld({ queue: 'memory:' });
    onTestFinished(() => world.close());
    world.configure(configuration);
    await world.start();
    const warning = await world.untilLogged(({ msg }) => String(msg).startsWith('The store is in memory'));
    expect(warning).toMatchObject({ level: 'warn', queue: 'memory:', notifiedAnnotation: 'write' });
    expect(await (await fetch(`${world.herald.url}/readyz`)).text()).toContain('answers, in memory');
    expect(await world.metric('herald_queue_durable')).toBe(0);

    const annotations = () => {
      const metadata = world.cluster.get(named('shop'))?.metadata as JsonObject | undefined;
      return (metadata?.annotations ?? {}) as JsonObject;
    };
    world.cluster.apply(application('shop', { subscriptions, status: degraded }));
    await world.kubernetes.until(() => 'notified.notifications.argoproj.io' in annotations());
    await world.restart();
    await world.decided();
    expect(seen(world).map(({ text }) => text)).toEqual(['shop is degraded']);
    world.cluster.patch(named('shop'), { status: healthy });
    world.cluster.patch(named('shop'), { status: degraded });
    await world.slack.until(() => seen(world).length === 2);
  });
});
