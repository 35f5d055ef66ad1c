import { describe, expect, it } from 'vitest';
import type { ClusterEvent } from '../cluster/events.ts';
import { parseInTurns } from '../config/parse-config.ts';
import { createConfigurations } from '../configurations/configurations.ts';
import { createMetrics } from '../metrics.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { configMap, series, snapshot } from '../testing/fixtures.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createSubscriptionReporter } from './subscription-problems.ts';

const domain = 'notifications.argoproj.io';
const good = { [`${domain}/subscribe.on-degraded.console`]: 'x' };
const typo = { [`${domain}/subscibe.on-degraded.console`]: 'x' };
const unknownTrigger = { [`${domain}/subscribe.on-added.console`]: 'x' };

function setup() {
  const clock = createSimulatedClock(0);
  const { log, lines } = recordLog();
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const configurations = createConfigurations(
    {
      parse: (given, previous) =>
        parseInTurns({
          configMap: given.configMap?.data,
          secret: {},
          ...(previous ? { previous } : {}),
        }),
      createService: () => ({ problems: [] }),
      record: () => undefined,
      metrics,
      log,
    },
    { controllerNamespace: 'argocd', selfService: true },
  );
  configurations.update(snapshot());
  lines.length = 0;
  const events: ClusterEvent[] = [];
  let looks = 0;
  const reporter = createSubscriptionReporter({
    configurations: {
      all: configurations.all,
      of(namespace) {
        looks += 1;
        return configurations.of(namespace);
      },
    },
    record: (event) => void events.push(event),
    metrics,
    log,
    clock,
  });
  const object = (name: string, annotations: Record<string, string>, namespace = 'argocd') => ({
    uid: name,
    namespace,
    name,
    annotations,
    labels: {},
  });
  return {
    reporter,
    configurations,
    events,
    lines,
    gauge: () => series(metrics, 'herald_subscription_problems'),
    see: (name: string, annotations: Record<string, string>, namespace?: string) =>
      reporter.check('Application', object(name, annotations, namespace)),
    seeProject: (name: string, annotations: Record<string, string>) =>
      reporter.check('AppProject', object(name, annotations)),
    pass: clock.advance,
    looks: () => looks,
  };
}

it('problems of silences are told like those of subscriptions', async () => {
  const { see, seeProject, events, lines, gauge } = setup();
  const silence = 'herald.argoproj.io/silence-until';
  see('shop', { ...good, [silence]: 'tomorrow' });
  seeProject('payments', { 'herald.argoproj.io/silence-reason': 'migration' });
  expect(events.map(({ reason, message }) => ({ reason, message }))).toEqual([
    { reason: 'InvalidSilence', message: expect.stringContaining('"tomorrow" is no time') },
    { reason: 'QuestionableSilence', message: expect.stringContaining(`Add ${silence}.`) },
  ]);
  expect(lines).toMatchObject([
    { level: 'warn', msg: 'Problems in annotations', object: 'argocd/shop' },
    { level: 'warn', msg: 'Problems in annotations', object: 'argocd/payments' },
  ]);
  expect(await gauge()).toHaveLength(2);
  see('shop', { ...good, [silence]: '2026-12-01T00:00:00Z' });
  expect(lines.at(-1)).toMatchObject({ msg: 'Problems in annotations are gone', solved: 1, left: 0 });
});

it('are not looked for again before annotations or configuration differ', async () => {
  const { see, looks, reporter } = setup();
  see('shop', { ...good });
  see('shop', { ...good });
  expect(looks()).toBe(1);
  see('shop', { ...good, ...typo });
  expect(looks()).toBe(2);
  await reporter.recheck();
  expect(looks()).toBe(3);
  reporter.forget('shop');
  see('shop', { ...good, ...typo });
  expect(looks()).toBe(4);
});

describe('problems in subscriptions', () => {
  it('are an Event on the object, a line in the log when they change, and a gauge', async () => {
    const { see, seeProject, events, lines, gauge } = setup();
    see('fine', good);
    expect([events, lines, await gauge()]).toEqual([[], [], []]);
    see('shop', { ...good, ...typo });
    seeProject('payments', unknownTrigger);
    expect(events).toEqual([
      {
        subject: {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'Application',
          namespace: 'argocd',
          name: 'shop',
          uid: 'shop',
        },
        type: 'Warning',
        reason: 'QuestionableSubscription',
        message: expect.stringMatching(/subscibe.*Did you mean notifications\.argoproj\.io\/subscribe\./),
      },
      expect.objectContaining({
        subject: expect.objectContaining({ kind: 'AppProject', name: 'payments' }),
        reason: 'InvalidSubscription',
        message: expect.stringMatching(/trigger "on-added" is not configured/),
      }),
    ]);
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'Problems in annotations', kind: 'Application', object: 'argocd/shop' },
      { level: 'warn', msg: 'Problems in annotations', kind: 'AppProject', object: 'argocd/payments' },
    ]);
    expect((await gauge()).sort()).toEqual([
      'herald_subscription_problems{namespace="argocd",kind="AppProject"} 1',
      'herald_subscription_problems{namespace="argocd",kind="Application"} 1',
    ]);

    // The next of a hundred events of the same Application says nothing new.
    for (let n = 0; n < 100; n += 1) see('shop', { ...good, ...typo });
    expect([events.length, lines.length]).toEqual([2, 2]);
    see('shop', good);
    expect(lines.at(-1)).toMatchObject({ level: 'info', solved: 1, left: 0 });
    expect(await gauge()).toHaveLength(1);
  });

  it('come and go with the configuration, of its own namespace, too', async () => {
    const { see, reporter, configurations, events, gauge } = setup();
    see('shop', unknownTrigger);
    see('team', unknownTrigger, 'team-a');
    expect(events).toHaveLength(2);
    const added = { ...configMap, 'trigger.on-added': configMap['trigger.on-degraded'] ?? '' };
    configurations.update(snapshot(added, { namespace: 'team-a' }));
    await reporter.recheck();
    expect(await gauge()).toEqual(['herald_subscription_problems{namespace="argocd",kind="Application"} 1']);
    configurations.update(snapshot(added));
    await reporter.recheck();
    expect(await gauge()).toEqual([]);
    configurations.update(snapshot(undefined, { namespace: 'team-a' }));
    configurations.update(snapshot());
    await reporter.recheck();
    expect(events).toHaveLength(4);
  });

  it('of ten thousand Applications with one typo flood neither log nor Events, and each gets its Event', async () => {
    const { see, pass, events, lines, gauge } = setup();
    const names = Array.from({ length: 10_000 }, (_, n) => `app-${n}`);
    for (const name of names) see(name, typo);
    expect(events).toHaveLength(50);
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(10);
    expect(await gauge()).toEqual([
      'herald_subscription_problems{namespace="argocd",kind="Application"} 10000',
    ]);
    await pass(10_000);
    expect(events.length).toBeLessThanOrEqual(101);
    for (const name of names.slice(5_000)) see(name, good);
    await pass(2_000_000);
    expect(new Set(events.map(({ subject }) => subject.name)).size).toBe(5_000);
    expect(events).toHaveLength(5_000);
  });

  it('of what is gone, and after the end, are not told', async () => {
    const { see, reporter, pass, events, gauge } = setup();
    for (let n = 0; n < 60; n += 1) see(`app-${n}`, typo);
    for (let n = 50; n < 60; n += 1) reporter.forget(`app-${n}`);
    await pass(60_000);
    expect(events).toHaveLength(50);
    reporter.stop();
    see('late', typo);
    expect([events.length, await gauge()]).toEqual([50, []]);
  });
});
