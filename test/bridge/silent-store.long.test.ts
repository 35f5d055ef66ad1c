import { describe, test } from 'vitest';
import { storesUnderTest } from '../contract/stores.ts';
import { application, degraded, healthy, named } from './applications.ts';
import { linkTo } from './link.ts';
import { createWorld, type World } from './world.ts';

const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
};

const texts = (world: World, channel: string) => world.slack.messages(channel).map(({ text }) => text);
const subscribed = (channel: string) => ({ 'on-health-degraded': channel });

describe.concurrent.each(storesUnderTest().filter(({ name }) => name !== 'sqlite'))(
  'a $name that falls silent',
  (store) => {
    test.skipIf(store.skipped)(
      'is waited for: readiness says so, nothing is lost, and SIGTERM ends Herald in time',
      async ({ expect, onTestFinished: ended }) => {
        const prepared = await store.prepare();
        const link = await linkTo(prepared.url);
        const world = await createWorld({ queue: link.url, flags: ['--shutdown-timeout', '4s'] });
        ended(async () => {
          await world.close();
          await link.close();
          await prepared.remove();
        });
        world.configure(configuration);
        world.cluster.apply(application('shop', { subscriptions: subscribed('alerts'), status: healthy }));
        world.cluster.apply(application('cart', { subscriptions: subscribed('cart'), status: healthy }));
        await world.start();
        await world.decided();

        link.stall();
        world.cluster.patch(named('shop'), { status: degraded });
        world.cluster.patch(named('shop'), { status: healthy });
        world.cluster.patch(named('shop'), { status: degraded });
        const readyz = async () => (await fetch(`${world.herald.url}/readyz`)).status;
        await expect.poll(readyz).toBe(503);
        expect((await fetch(`${world.herald.url}/healthz`)).status).toBe(200);
        expect(texts(world, 'alerts')).toEqual([]);
        link.mend();
        await world.slack.until(() => texts(world, 'alerts').length >= 2);
        await expect.poll(readyz).toBe(200);
        await world.decided();
        expect(texts(world, 'alerts')).toHaveLength(2);

        link.stall();
        world.cluster.patch(named('cart'), { status: degraded });
        await expect.poll(readyz).toBe(503);
        // The store answers nothing until after that.
        expect(await world.herald.stop()).toBe(0);
        link.mend();
        await world.start();
        await world.slack.until(() => texts(world, 'cart').length > 0);
        await world.decided();
        expect(texts(world, 'cart')).toEqual(['cart is degraded']);
      },
    );
  },
);
