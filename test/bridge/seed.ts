import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHerald } from '../../simulator/herald.ts';
import { parseYaml } from '../../src/go/yaml.ts';
import type { JsonObject } from '../../src/model.ts';
import type { StoreUnderTest } from '../contract/stores.ts';
import { tools } from '../tools.ts';
import { application, degraded, failed, healthy, named, running, succeeded } from './applications.ts';
import { claimWithoutJob } from './intent.ts';
import { type SlackCom, startSlackCom } from './slack-com.ts';
import { attempts, createWorld, secret, seen, unfinished, type World } from './world.ts';

const inOrder = { concurrent: false };
const fixture = readFileSync(join(import.meta.dirname, 'fixtures', 'argocd-notifications-cm.yaml'), 'utf8');
const seed = parseYaml(fixture).value as JsonObject;

/** One Application as the seed's guide subscribes it: by annotation, each trigger to the same channel. */
const triggers = ['on-sync-failed', 'on-sync-succeeded', 'on-health-degraded'];
const subscribedTo = (channel: string) => Object.fromEntries(triggers.map((trigger) => [trigger, channel]));

/** `blocks: null` as argocd-notifications' client writes each attachment. */
const syncFailed = (name: string, revision: string, message: string) => ({
  blocks: null,
  color: '#E96D76',
  title: `Sync Failed: ${name}`,
  text: `Application ${name} sync failed.\nRevision: ${revision}\nMessage: ${message}`,
});
const healthDegraded = (name: string) => ({
  blocks: null,
  color: '#f4c030',
  title: `Health Degraded: ${name}`,
  text: `Application ${name} health is degraded.`,
});
const syncSucceeded = (name: string, revision: string) => ({
  blocks: null,
  color: '#18BE52',
  title: `Sync Succeeded: ${name}`,
  text: `Application ${name} synced successfully.\nRevision: ${revision}`,
});

/** On each store one test after the other. */
export function seedContract(underTest: readonly StoreUnderTest[]): void {
  describe.concurrent.each(underTest)('the ConfigMap of the seed, over $name', (store) => {
    let prepared: Awaited<ReturnType<typeof store.prepare>>;
    let slackCom: SlackCom | undefined;
    let world: World;

    beforeAll(async () => {
      if (store.skipped) return;
      prepared = await store.prepare();
      world = await createWorld({
        queue: prepared.url,
        async env({ apiUrl }) {
          if (tools.openssl === undefined) return {};
          slackCom = await startSlackCom(apiUrl);
          return slackCom.env;
        },
      });
      world.cluster.apply(seed);
      // Without a certificate for slack.com the address must be told.
      if (tools.openssl === undefined) world.configure({ ...(seed.data as Record<string, string>) });
      world.cluster.apply(secret({ 'slack-token': world.slack.token }));
      await world.start();
    });

    afterAll(async () => {
      await world?.close();
      await slackCom?.close();
      await prepared?.remove();
    });

    /** What a channel shows, once it shows so many. */
    async function told(channel: string, count: number): Promise<unknown[]> {
      const { slack } = world;
      await slack.until(() => slack.messages(channel).length >= count);
      return slack.messages(channel).map(({ attachments }) => attachments);
    }

    test.skipIf(store.skipped)(
      'each status change that a trigger describes, once, as its template says',
      inOrder,
      async () => {
        const { cluster, slack } = world;
        const shop = named('shop');
        const message =
          'one or more objects failed to apply, reason: "orders" is invalid:\nspec.replicas: <nil>';
        const expected: JsonObject[][] = [];
        cluster.apply(application('shop', { subscriptions: subscribedTo('deploys') }));

        cluster.patch(shop, running());
        cluster.patch(shop, failed('1a1', message));
        expected.push([syncFailed('shop', '1a1', message)]);
        expect(await told('deploys', 1)).toEqual(expected);

        for (let flap = 0; flap < 3; flap += 1) {
          cluster.patch(shop, running());
          cluster.patch(shop, succeeded('1a1'));
        }
        expected.push([syncSucceeded('shop', '1a1')]);
        expect(await told('deploys', 2)).toEqual(expected);

        cluster.patch(shop, running());
        cluster.patch(shop, succeeded('2b2'));
        expected.push([syncSucceeded('shop', '2b2')]);
        expect(await told('deploys', 3)).toEqual(expected);

        cluster.patch(shop, { status: degraded });
        expected.push([healthDegraded('shop')]);
        expect(await told('deploys', 4)).toEqual(expected);

        cluster.patch(shop, { status: healthy });
        cluster.patch(shop, { status: degraded });
        expected.push([healthDegraded('shop')]);
        expect(await told('deploys', 5)).toEqual(expected);

        await world.decided();
        expect(seen(world)).toHaveLength(5);
        const [call] = attempts(world, 'deploys');
        expect(Object.keys(call?.form ?? {}).sort()).toEqual([
          'attachments',
          'blocks',
          'channel',
          'metadata',
          'text',
        ]);
        expect(call?.form).toMatchObject({ channel: 'deploys', text: '', blocks: '[]' });
        expect([...(slackCom?.hosts ?? ['slack.com:443'])]).toEqual(['slack.com:443']);
        expect(slack.messages('deploys').every(({ threadTs }) => threadTs === undefined)).toBe(true);
      },
    );

    test.skipIf(store.skipped)('a SIGKILL, and changes while nobody watches', inOrder, async () => {
      const { cluster } = world;
      const names = ['degrades', 'recovers', 'flaps', 'syncs', 'stays', 'new'];
      const started = names.filter((name) => name !== 'new');
      for (const name of started) {
        cluster.apply(
          application(name, {
            subscriptions: subscribedTo(name),
            status: name === 'degrades' ? healthy : degraded,
          }),
        );
      }
      for (const name of started.slice(1)) await told(name, 1);
      await world.settled();
      await world.noted();
      await world.restart(() => {
        cluster.patch(named('degrades'), { status: degraded });
        cluster.patch(named('recovers'), { status: healthy });
        for (const status of [healthy, degraded]) cluster.patch(named('flaps'), { status });
        cluster.patch(named('syncs'), succeeded('3c3'));
        cluster.apply(application('new', { subscriptions: subscribedTo('new'), status: degraded }));
      });

      expect(await told('degrades', 1)).toEqual([[healthDegraded('degrades')]]);
      expect(await told('new', 1)).toEqual([[healthDegraded('new')]]);
      expect(await told('syncs', 2)).toEqual([[healthDegraded('syncs')], [syncSucceeded('syncs', '3c3')]]);
      cluster.patch(named('recovers'), { status: degraded });
      expect(await told('recovers', 2)).toHaveLength(2);
      await world.decided();
      // The watch goes on where the process before has left it, so what came and went meanwhile is told, too.
      expect(await told('flaps', 2)).toHaveLength(2);
      expect(await told('stays', 1)).toHaveLength(1);
    });

    test.skipIf(store.skipped)(
      'a SIGKILL while some are sent, some under way and some decided just then',
      inOrder,
      async () => {
        const { cluster, slack } = world;
        const names = Array.from({ length: 40 }, (_, index) => `inflight-${index}`);
        const isOurs = (channel: string | undefined) => channel?.startsWith('inflight-') ?? false;
        for (const name of names) {
          cluster.apply(application(name, { subscriptions: subscribedTo(name), status: healthy }));
        }
        // The first ten are accepted and settled; what comes then reaches Slack, which neither takes nor answers it.
        for (const name of names.slice(0, 10)) cluster.patch(named(name), { status: degraded });
        for (const name of names.slice(0, 10)) await told(name, 1);
        await world.settled();
        slack.fail(
          { kind: 'hang' },
          { times: Number.POSITIVE_INFINITY, where: ({ form }) => isOurs(form.channel) },
        );
        for (const name of names.slice(10)) cluster.patch(named(name), { status: degraded });
        await slack.until(
          () => attempts(world).filter(({ form }) => isOurs(form.channel)).length >= 20,
          60_000,
        );
        for (const name of names.slice(0, 5)) cluster.patch(named(name), { status: healthy });
        await world.restart(() => {
          slack.clearFaults();
          for (const name of names.slice(0, 5)) cluster.patch(named(name), { status: degraded });
        });

        for (const name of names.slice(10)) await told(name, 1);
        await world.decided();
        const messages = Object.fromEntries(names.map((name) => [name, slack.messages(name).length]));
        const once = Object.fromEntries(names.slice(5).map((name) => [name, 1]));
        expect(messages).toMatchObject(once);
        for (const name of names.slice(0, 5)) expect(messages[name]).toBe(2);
      },
    );

    test.skipIf(store.skipped)('an intent that no job holds is queued at start', inOrder, async () => {
      const { cluster } = world;
      await world.restart(async () => {
        const intent = application('intent', { subscriptions: subscribedTo('intent'), status: degraded });
        await claimWithoutJob(prepared.url, cluster.apply(intent), {
          trigger: 'on-health-degraded',
          text: (seed.data as Record<string, string>)['trigger.on-health-degraded'] ?? '',
          channel: 'intent',
        });
      });
      expect(await told('intent', 1)).toEqual([[healthDegraded('intent')]]);
      await world.decided();
      expect(await told('intent', 1)).toHaveLength(1);
    });

    test.skipIf(store.skipped)(
      'SIGTERM leaves nothing behind, and a new start sends nothing again',
      inOrder,
      async () => {
        const before = seen(world).length;
        const { code, found } = await world.stopAndRead(unfinished);
        expect({ code, ...found }).toEqual({ code: 0, pending: [], parked: [] });
        await world.start();
        await world.decided();
        expect(seen(world)).toHaveLength(before);
        expect(
          attempts(world).every(({ answer, form }) => answer?.ok ?? form.channel?.startsWith('inflight-')),
        ).toBe(true);
      },
    );

    test.skipIf(store.skipped)(
      'a second Herald: told of the first where a store serves one, else nothing is told twice',
      inOrder,
      async () => {
        const { cluster, slack } = world;
        let refuse: (value: string) => void = () => undefined;
        const refused = new Promise<string>((resolve) => {
          refuse = resolve;
        });
        const second = createHerald({
          kubeconfig: world.kubeconfig,
          queue: prepared.url,
          env: slackCom?.env ?? {},
          onLog(entry) {
            if (/in use by another Herald \(process \d+, since /.test(JSON.stringify(entry)))
              refuse('refused');
          },
        });
        const started = second.start().then(
          () => 'works',
          () => 'ended',
        );
        expect(await Promise.race([started, refused])).toBe(store.name === 'sqlite' ? 'refused' : 'works');
        for (const name of ['one', 'two', 'three', 'four', 'five']) {
          cluster.apply(application(name, { subscriptions: subscribedTo(name), status: degraded }));
          await told(name, 1);
        }
        expect(await second.stop()).toBe(store.name === 'sqlite' ? 1 : 0);
        for (const name of ['one', 'two', 'three', 'four', 'five'])
          expect(slack.messages(name)).toHaveLength(1);
      },
    );
  });
}
