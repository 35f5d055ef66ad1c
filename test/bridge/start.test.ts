import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { embeddedStore } from '../contract/stores.ts';
import { type ApplicationShape, application, degraded, healthy, named, succeeded } from './applications.ts';
import { attempts, createWorld, seen, type World } from './world.ts';

const succeededWhen = "app.status.operationState.phase in ['Succeeded']";
const degradedWhen = "app.status.health.status == 'Degraded'";
const configuration = {
  'trigger.on-sync-failed': `- when: app.status.operationState.phase in ['Error', 'Failed']\n  send: [told]\n`,
  'trigger.on-sync-succeeded': `- when: ${succeededWhen}\n  oncePer: app.status.sync.revision\n  send: [told]\n`,
  'trigger.on-health-degraded': `- when: ${degradedWhen}\n  send: [told]\n`,
  'template.told': 'message: "{{.app.metadata.name}}"\n',
};

async function startWorld(flags: string[] = []): Promise<World> {
  const prepared = await embeddedStore().prepare();
  const world = await createWorld({ queue: prepared.url, flags });
  onTestFinished(async () => {
    await world.close();
    await prepared.remove();
  });
  world.configure(configuration);
  return world;
}

/** `channel: text` of each message, sorted. */
const told = (world: World) =>
  seen(world)
    .map(({ channel, text }) => `${channel}: ${text}`)
    .sort();

describe('a thousand Applications that nothing is known of', () => {
  const phases = [undefined, 'Running', 'Succeeded', 'Failed', 'Error'];
  const healths = ['Healthy', 'Progressing', 'Degraded', 'Missing'];
  const thousand = Array.from({ length: 1000 }, (_, index) => {
    const phase = phases[index % 5];
    const health = healths[index % 4];
    /** Argo CD has not compared it again since its operation ended: argocd-notifications waits for that. */
    const isStale = index % 3 === 0;
    const isGold = index % 47 === 0;
    return { name: `app-${index}`, phase, health, isStale, isGold };
  });

  function shapeOf({ phase, health, isStale, isGold }: (typeof thousand)[number]): ApplicationShape {
    const finishedAt = phase === 'Running' ? null : '2026-11-22T11:01:00Z';
    return {
      labels: isGold ? { tier: 'gold' } : { tier: 'tin' },
      status: {
        health: { status: health ?? '' },
        sync: { status: 'Synced', revision: 'abc' },
        reconciledAt: isStale ? '2026-11-22T10:00:00Z' : '2026-11-22T11:02:00Z',
        ...(phase === undefined ? {} : { operationState: { phase, finishedAt } }),
      },
    };
  }

  test('without subscriptions nothing is sent; with global ones what argocd-notifications sends', async () => {
    const world = await startWorld();
    for (const one of thousand) world.cluster.apply(application(one.name, shapeOf(one)));
    await world.start();
    await world.untilMetric('herald_application_info', {}, (count) => count === 1000);
    await world.decided();
    expect(seen(world)).toEqual([]);

    const selected = ['on-sync-failed', 'on-sync-succeeded', 'on-health-degraded'];
    const subscriptions = selected.map(
      (trigger) => `- recipients: [slack:${trigger}]\n  triggers: [${trigger}]\n  selector: tier=gold\n`,
    );
    await world.restart(() => world.configure({ ...configuration, subscriptions: subscriptions.join('') }));
    const expected: string[] = [];
    for (const { name, phase, health, isStale, isGold } of thousand) {
      const hasFinished = phase === 'Succeeded' || phase === 'Failed' || phase === 'Error';
      if (!isGold || (hasFinished && isStale)) continue;
      if (phase === 'Failed' || phase === 'Error') expected.push(`CON-SYNC-FAILED: ${name}`);
      if (phase === 'Succeeded') expected.push(`CON-SYNC-SUCCEEDED: ${name}`);
      if (health === 'Degraded') expected.push(`CON-HEALTH-DEGRADED: ${name}`);
    }
    expect(expected.length).toBeGreaterThan(8);
    await world.slack.until(() => seen(world).length >= expected.length);
    await world.decided();
    expect(told(world)).toEqual(expected.sort());
  });
});

/** As argocd-notifications writes it; conformance: state.json, `keys`. */
function stateKey(trigger: string, when: string, channel: string, oncePer?: string): string {
  const hash = createHash('sha1').update(when).digest('base64url');
  return `${oncePer === undefined ? '' : `${oncePer}:`}${trigger}:[0].${hash}:slack:${channel}`;
}

const annotation = 'notified.notifications.argoproj.io';
const notified = (...keys: string[]) => ({
  [annotation]: JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1_795_000_000]))),
});

describe("Applications that argocd-notifications' record", () => {
  const subscriptions = (channel: string) => ({
    'on-sync-succeeded': channel,
    'on-health-degraded': channel,
  });
  const status: JsonObject = { ...(succeeded('aaa').status as JsonObject), ...degraded };

  function migrate(world: World): void {
    const both = [
      stateKey('on-sync-succeeded', succeededWhen, 'both', 'aaa'),
      stateKey('on-health-degraded', degradedWhen, 'both'),
    ];
    const apply = (name: string, annotations: Record<string, string>) =>
      world.cluster.apply(application(name, { subscriptions: subscriptions(name), status, annotations }));
    apply('both', { ...notified(...both), 'example.com/other': 'mine' });
    apply('half', notified(stateKey('on-health-degraded', degradedWhen, 'half')));
    apply('none', {});
  }

  const recordOf = (world: World, name: string) => {
    const metadata = world.cluster.get(named(name))?.metadata as { annotations: Record<string, string> };
    return metadata.annotations;
  };

  test('says were told are not told again; what comes then is', async () => {
    const world = await startWorld();
    migrate(world);
    await world.start();
    await world.slack.until(() => seen(world).length >= 3);
    await world.decided();
    expect(told(world)).toEqual(['CHALF: half', 'CNONE: none', 'CNONE: none']);

    world.cluster.patch(named('both'), { status: healthy });
    world.cluster.patch(named('both'), { status: degraded });
    world.cluster.patch(named('both'), succeeded('bbb'));
    await world.slack.until(() => seen(world).length >= 5);
    world.cluster.patch(named('both'), succeeded('aaa'));
    await world.decided();
    expect(attempts(world, 'both')).toHaveLength(2);
    expect(world.kubernetes.stats.requests('patch', 'applications')).toBe(0);
  });

  test('are told with --notified-annotation=ignore', async () => {
    const world = await startWorld(['--notified-annotation=ignore']);
    migrate(world);
    await world.start();
    await world.slack.until(() => seen(world).length >= 6);
    await world.decided();
    expect(told(world)).toHaveLength(6);
    expect(world.kubernetes.stats.requests('patch', 'applications')).toBe(0);
  });

  test('are kept up to date with --notified-annotation=write, and nothing else on them', async () => {
    const world = await startWorld(['--notified-annotation=write']);
    migrate(world);
    await world.start();
    await world.slack.until(() => seen(world).length >= 3);
    const keysOf = (name: string) =>
      Object.keys(JSON.parse(recordOf(world, name)[annotation] ?? '{}') as Record<string, number>).sort();
    const all = (name: string) =>
      [
        stateKey('on-sync-succeeded', succeededWhen, name, 'aaa'),
        stateKey('on-health-degraded', degradedWhen, name),
      ].sort();
    await world.kubernetes.until(() => keysOf('none').length === 2 && keysOf('half').length === 2);
    for (const name of ['both', 'half', 'none']) expect(keysOf(name)).toEqual(all(name));

    const before = recordOf(world, 'both');
    world.cluster.patch(named('both'), {
      metadata: { annotations: { 'example.com/added': 'meanwhile' } },
      status: healthy,
    });
    await world.kubernetes.until(() => keysOf('both').length === 1);
    expect(keysOf('both')).toEqual([stateKey('on-sync-succeeded', succeededWhen, 'both', 'aaa')]);
    const { [annotation]: _mirrored, ...others } = recordOf(world, 'both');
    const { [annotation]: _before, ...othersBefore } = before;
    expect(others).toEqual({ ...othersBefore, 'example.com/added': 'meanwhile' });
    await world.decided();
    expect(seen(world)).toHaveLength(3);
  });
});
