import { describe, expect, it } from 'vitest';
import { all } from '../../test/contract/ledger-fixtures.ts';
import { deletedOf } from '../application-set.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import type { JsonObject } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application, applicationSet, series, snapshot } from '../testing/fixtures.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { createRecordingService } from '../testing/recording-service.ts';
import { startPipeline } from '../testing/start-pipeline.ts';

const start = Date.UTC(2026, 0, 1);

const data = {
  'herald.service.console': '{}',
  'template.error':
    'message: "{{.applicationset.metadata.name}}: {{(index .applicationset.status.conditions 0).reason}}"',
  'template.deleted':
    'message: "{{.applicationset.metadata.name}} lost{{range .applicationset.deletedApplications}} {{.name}}{{end}}"',
  'template.app': 'message: "{{.app.metadata.name}}"',
  'trigger.on-set-error': `
- when: any(applicationset.status?.conditions ?? [], .type == 'ErrorOccurred' && .status == 'True')
  send: [error]`,
  'trigger.on-set-error-for': `
- when: any(applicationset.status?.conditions ?? [], .type == 'ErrorOccurred' && .status == 'True')
  for: 5m
  resolved: true
  severity: critical
  send: [error]`,
  'trigger.on-set-deleted': `
- when: applicationset.metadata.deletionTimestamp != nil
  send: [error]`,
  'trigger.on-apps-deleted': `
- when: len(applicationset.deletedApplications) > 0
  oncePer: applicationset.deletedApplications[0].deletedAt
  for: 30s
  send: [deleted]`,
  'trigger.on-app': `
- when: app.status.health.status == 'Degraded'
  send: [app]`,
  'trigger.on-any': `
- when: 'true'
  send: [app]`,
};

const failing = (since = '2026-01-01T00:00:00Z'): JsonObject => ({
  conditions: [
    {
      type: 'ErrorOccurred',
      status: 'True',
      reason: 'RenderTemplateParamsError',
      message: 'm',
      lastTransitionTime: since,
    },
  ],
});
const fine: JsonObject = {
  conditions: [{ type: 'ErrorOccurred', status: 'False', reason: 'ApplicationSetUpToDate', message: 'm' }],
};

/** An Application that the set has made. */
function made(name: string, metadata: JsonObject = {}, owner = 'set') {
  const ownerReferences = [
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: owner, uid: owner, controller: true },
  ];
  return application(`uid-${name}`, { name, metadata: { ownerReferences, ...metadata } });
}

function setUp(options: Parameters<typeof startPipeline>[0] & { data?: Record<string, string> } = {}) {
  const clock = options.clock ?? createSimulatedClock(start);
  const queue = createMemoryQueue(clock);
  const ledger = options.ledger ?? createMemoryLedger();
  const service = createRecordingService('console');
  const p = startPipeline({
    snapshots: [snapshot({ ...data, ...options.data })],
    ...options,
    clock,
    queue,
    ledger,
    service,
  });
  p.begin();
  const told = async (ms = 0) => {
    await p.done();
    // Seconds one by one: what has come due is decided before the next.
    for (let left = ms; left > 0; left -= 1_000) {
      await clock.advance(Math.min(left, 1_000));
      await p.done();
    }
    await queue.runAll(p.deliver);
    return service.sent.splice(0).map(({ notification }) => notification.message);
  };
  return { ...p, ledger, told };
}

describe('a trigger that reads applicationset', () => {
  it('is evaluated for ApplicationSets, those of app for Applications, whoever subscribes to both', async () => {
    const p = setUp();
    const subscriptions = { 'on-set-error': 'ops', 'on-app': 'ops', 'on-any': 'ops' };
    p.see(applicationSet('set', { subscriptions, status: failing() }));
    p.see(application('shop', { subscriptions, status: { health: { status: 'Degraded' } } }));
    expect((await p.told()).sort()).toEqual(['set: RenderTemplateParamsError', 'shop', 'shop']);
    expect(p.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
  });

  it('is told once per match, again after it was over, and not again by the next process', async () => {
    const ledger = createMemoryLedger();
    const subscriptions = { 'on-set-error': 'ops' };
    const first = setUp({ ledger });
    first.see(applicationSet('set', { subscriptions, status: failing() }));
    first.see(applicationSet('set', { subscriptions, status: failing() }));
    expect(await first.told()).toHaveLength(1);
    first.observer.stop();
    const second = setUp({ ledger, term: 2 });
    second.see(applicationSet('set', { subscriptions, status: failing() }));
    expect(await second.told()).toEqual([]);
    second.see(applicationSet('set', { subscriptions, status: fine }));
    second.see(applicationSet('set', { subscriptions, status: failing() }));
    expect(await second.told()).toHaveLength(1);
  });

  it('waits for `for` since the condition has changed, ends, and has its series', async () => {
    const p = setUp();
    const subscriptions = { 'on-set-error-for': 'ops' };
    p.see(applicationSet('set', { name: 'shops', subscriptions, status: failing('2025-12-31T23:56:00Z') }));
    // An Application of the same name is something else.
    p.see(application('shops', { status: {} }));
    expect(await p.told(59_000)).toEqual([]);
    expect(await p.told(1_000)).toEqual(['shops: RenderTemplateParamsError']);
    expect(await series(p.metrics, 'herald_alerts')).toEqual([
      'herald_alerts{trigger="on-set-error-for",name="shops",namespace="argocd",project="default",severity="critical",state="firing"} 1',
    ]);
    p.see(application('shops', { status: {} }), 'deleted');
    await p.told();
    expect(await series(p.metrics, 'herald_alerts')).toHaveLength(1);
    p.see(applicationSet('set', { name: 'shops', subscriptions, status: fine }));
    expect(await p.told()).toEqual([
      expect.stringMatching(
        /^Resolved: shops: on-set-error-for \(critical\)\n.*\n.*\nApplicationSet argocd\/shops, project default$/,
      ),
    ]);
    expect(await series(p.metrics, 'herald_alerts')).toEqual([]);
    expect(await series(p.metrics, 'herald_application_info')).toEqual([]);
  });

  it('ends when the ApplicationSet is deleted, and tells of the deletion', async () => {
    const p = setUp();
    const subscriptions = { 'on-set-error-for': 'ops', 'on-set-deleted': 'ops' };
    const set = applicationSet('set', { subscriptions, status: failing('2025-12-31T23:00:00Z') });
    p.see(set);
    expect(await p.told()).toHaveLength(1);
    p.see(set, 'deleted');
    const messages = await p.told();
    expect(messages).toHaveLength(2);
    expect(messages.join()).toContain('deleted');
    expect(await all(p.ledger.rows('alert'))).toEqual([]);
  });

  it('is subscribed to by defaults and selectors only where these name it', async () => {
    const defaults = {
      defaultTriggers: '[on-app, on-set-error]',
      subscriptions: `
- recipients: ['console:selected']
  selector: team=a
- recipients: ['console:everybody']
  triggers: [on-app]`,
    };
    const p = setUp({ data: defaults });
    p.see(applicationSet('a', { labels: { team: 'a' }, status: failing() }));
    p.see(applicationSet('b', { status: failing() }));
    p.see(
      applicationSet('c', {
        annotations: { 'notifications.argoproj.io/subscribe.console': 'me' },
        status: failing(),
      }),
    );
    expect((await p.told()).sort()).toEqual(['a: RenderTemplateParamsError', 'c: RenderTemplateParamsError']);
  });

  it('is held back by a silence on the ApplicationSet, and told when that is over', async () => {
    const p = setUp();
    p.see(
      applicationSet('set', {
        subscriptions: { 'on-set-error': 'ops' },
        annotations: { 'herald.argoproj.io/silence-until': '2026-01-01T00:10:00Z' },
        status: failing(),
      }),
    );
    expect(await p.told(599_000)).toEqual([]);
    expect(await p.told(2_000)).toEqual([expect.stringContaining('set: RenderTemplateParamsError')]);
  });

  it('is told in groups, beside Applications', async () => {
    const groups = `
- match: {service: console}
  groupWait: 10s`;
    const p = setUp({ data: { groups } });
    p.observer.complete();
    p.see(
      applicationSet('set', {
        subscriptions: { 'on-set-error-for': 'ops' },
        status: failing('2025-12-31T23:00:00Z'),
      }),
    );
    p.see(
      application('shop', { subscriptions: { 'on-app': 'ops' }, status: { health: { status: 'Degraded' } } }),
    );
    const messages = await p.told(20_000);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/2 firing[^]*set[^]*shop|2 firing[^]*shop[^]*set/);
  });
});

describe('Applications of an ApplicationSet that are deleted', () => {
  const subscriptions = { 'on-apps-deleted': 'ops' };
  const set = (metadata: JsonObject = {}) => applicationSet('set', { subscriptions, metadata });
  const deleting = (name: string, seconds: number) =>
    made(name, { deletionTimestamp: `2026-01-01T00:00:0${seconds}Z` });

  it('are one message with their names, half a minute after the last of them', async () => {
    const p = setUp();
    p.see(set());
    for (const name of ['a', 'b', 'c', 'd']) p.see(made(name));
    expect(await p.told(1_000)).toEqual([]);
    p.see(deleting('a', 1));
    p.see(deleting('b', 2));
    expect(await p.told(20_000)).toEqual([]);
    // Of one without a finalizer only its end is seen.
    p.see(made('c'), 'deleted');
    p.see(deleting('a', 1), 'deleted');
    expect(await p.told(29_000)).toEqual([]);
    expect(await p.told(3_000)).toEqual(['set lost c b a']);
    expect(await p.told(1_200_000)).toEqual([]);
  });

  it('that come in a second wave are told of, with those before', async () => {
    const p = setUp();
    p.see(set());
    p.see(deleting('a', 0));
    expect(await p.told(120_000)).toEqual(['set lost a']);
    p.see(made('b'), 'deleted');
    expect(await p.told(60_000)).toEqual(['set lost b a']);
    // After a quiet time it is another wave.
    await p.told(700_000);
    p.see(made('c'), 'deleted');
    expect(await p.told(60_000)).toEqual(['set lost c']);
  });

  it('are not those that it makes again, nor those of one that is itself deleted, nor those of others', async () => {
    const p = setUp();
    p.see(set());
    p.see(made('a'), 'deleted');
    await p.told(5_000);
    p.see(application('uid-a2', { name: 'a', metadata: made('a').object.metadata as JsonObject }));
    const again = made('a', { uid: 'uid-a2' });
    p.see(again);
    p.see(application('alone'), 'deleted');
    p.see(made('b', {}, 'other'), 'deleted');
    expect(await p.told(120_000)).toEqual([]);
    p.see(set({ deletionTimestamp: '2026-01-01T00:03:00Z' }));
    p.see(made('c'), 'deleted');
    expect(await p.told(120_000)).toEqual([]);
  });

  it('are known to the next process, whichever comes first, and told once', async () => {
    const ledger = createMemoryLedger();
    const clock = createSimulatedClock(start);
    const first = setUp({ ledger, clock });
    first.see(set());
    first.see(deleting('a', 0));
    expect(await first.told(2_000)).toEqual([]);
    first.observer.stop();
    const second = setUp({ ledger, clock, term: 2 });
    second.see(deleting('b', 1));
    await second.done();
    second.see(set());
    second.observer.complete();
    expect(await second.told(60_000)).toEqual(['set lost b a']);
    second.observer.stop();
    const third = setUp({ ledger, clock, term: 3 });
    third.see(set());
    expect(await third.told(60_000)).toEqual([]);
  });

  it('hold back the progress until they are noted, and no longer', async () => {
    let shown = '10';
    const p = setUp({ shown: () => shown });
    p.see(set());
    await p.done();
    p.see(made('a'), 'deleted');
    shown = '11';
    expect(p.progress.revision()).toBe('10');
    await p.told(2_000);
    expect(p.progress.revision()).toBe('11');
    // Of what no ApplicationSet is known for nothing is held back once all are known.
    p.see(made('b', {}, 'unknown'), 'deleted');
    shown = '12';
    await p.done();
    expect(p.progress.revision()).toBe('11');
    p.observer.complete();
    expect(p.progress.revision()).toBe('12');
    p.see(made('c', {}, 'unknown'), 'deleted');
    shown = '13';
    await p.done();
    expect(p.progress.revision()).toBe('13');
  });

  it('of which there are thousands are listed as far as a record may be long', async () => {
    const p = setUp({ backlogLimit: 5_000 });
    p.see(set());
    for (let i = 0; i < 1_200; i += 1) p.see(made(`app-${i}`), 'deleted');
    await p.told(2_000);
    const known = p.observer.known('set');
    expect(known && deletedOf(known.object)).toHaveLength(1_000);
  });
});

it("argocd-notifications' annotation is neither read nor written on an ApplicationSet", async () => {
  const p = setUp();
  const subscriptions = { 'on-set-error': 'ops' };
  const notified = { 'notified.notifications.argoproj.io': '{"on-set-error:[0].x:console:ops": 1}' };
  p.see(applicationSet('set', { subscriptions, annotations: notified, status: failing() }));
  expect(await p.told()).toHaveLength(1);
  p.see(applicationSet('set', { subscriptions, annotations: notified, status: fine }));
  await p.told();
  expect(p.ended).toEqual([]);
});
