import { expect, it } from 'vitest';
import { all, held } from '../../test/contract/ledger-fixtures.ts';
import { stateKey } from '../alerts/notified-annotation.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { rowKinds } from '../ledger/rows.ts';
import type { Application, JsonObject } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import {
  application,
  configMap,
  controllerNamespace,
  degraded,
  healthy,
  series,
  snapshot,
  synced,
  unknown,
} from '../testing/fixtures.ts';
import { intercept } from '../testing/intercept.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { type Pipeline, startPipeline } from '../testing/start-pipeline.ts';

const toOps = { 'on-degraded': 'ops' };

let terms = 0;

/** A pipeline whose calls of the store are noted, and whose clock is set by hand. */
function start(options: Parameters<typeof startPipeline>[0] = {}) {
  const calls: string[] = [];
  const clock = createSimulatedClock(Date.UTC(2026, 0, 1));
  const ledger = options.ledger ?? createMemoryLedger();
  const memory = createMemoryQueue(clock);
  function note(call: string): undefined {
    calls.push(call);
  }
  const noted = { ledger: intercept(ledger, note), queue: intercept(memory, note) };
  return {
    ...startPipeline({ clock, term: (terms += 1), ...options, ...noted }),
    ledger,
    queue: memory,
    calls,
    clock,
  };
}

function app(status: JsonObject, subscriptions: Record<string, string> = toOps): Application {
  return application('a', { status, subscriptions });
}

async function pendingOf({ ledger }: { ledger: Ledger }): Promise<number> {
  return (await all(ledger.pending())).length;
}

function warnings({ lines }: Pipeline, message: string) {
  return lines.filter(({ level, msg }) => level === 'warn' && msg === message);
}

it('queues a delivery when a condition begins to match, and again when it has not matched in between', async () => {
  const p = start();
  for (const status of [degraded, degraded, healthy, degraded]) {
    p.clock.skip(1_000);
    p.see(app(status));
    await p.done();
    await p.queue.runAll(p.deliver);
  }
  expect(
    p.sent.map(({ alerts: [{ trigger }], destination, observedAt }) => [
      trigger,
      destination.recipient,
      observedAt,
    ]),
  ).toEqual([1, 4].map((seconds) => ['on-degraded', 'ops', Date.UTC(2026, 0, 1, 0, 0, seconds)]));
  expect(p.ended.map(({ trigger }) => trigger)).toEqual(['on-degraded']);
});

it('claims two matches with a gap between them as two, though all arrive within one millisecond', async () => {
  const p = start();
  for (const status of [degraded, healthy, degraded]) p.see(app(status));
  await p.done();
  expect(await pendingOf(p)).toBe(2);
});

it('makes no call of the store for an event that changes no result', async () => {
  const p = start();
  p.see(app(degraded));
  await p.done();
  expect(p.calls).toEqual(['load', 'commit', 'handOver']);
  p.calls.length = 0;
  for (const message of ['one', 'two']) p.see(app({ ...degraded, operationState: { message } }));
  await p.done();
  expect(p.calls).toEqual([]);
});

it('takes no condition that fails for one that does not match', async () => {
  const p = start();
  for (const status of [degraded, unknown, degraded]) p.see(app(status));
  await p.done();
  expect(p.queue.held()).toHaveLength(1);
});

it('takes what argocd-notifications has notified for notified', async () => {
  const [condition] =
    startPipeline().configurations.get(controllerNamespace)?.config.triggers.get('on-degraded')?.conditions ??
    [];
  const key = stateKey({
    oncePer: '',
    trigger: 'on-degraded',
    index: 0,
    condition: condition?.id ?? '',
    destination: { service: 'console', recipient: 'ops' },
  });
  const annotations = { 'notified.notifications.argoproj.io': JSON.stringify({ [key]: 1_700_000_000 }) };
  const imported = application('a', { status: degraded, subscriptions: toOps, annotations });
  const p = start();
  p.see(imported);
  await p.done();
  expect(p.queue.held()).toEqual([]);
  const first = (await held(p.ledger, 'a')).notices;
  expect(first).toMatchObject([{ of: { trigger: 'on-degraded' }, alerts: [{ since: 1_700_000_000_000 }] }]);
  expect(first[0]?.alerts[0]).not.toHaveProperty('delivery');

  // Only at first sight: what the annotation still says later is not taken back.
  p.see(application('a', { status: healthy, subscriptions: toOps, annotations }));
  p.see(imported);
  await p.done();
  expect(p.queue.held()).toHaveLength(1);
  const [delivery] = await all(p.ledger.pending());
  expect((await held(p.ledger, 'a')).notices[0]?.alerts[0]?.delivery).toBe(delivery?.id);
});

it('waits with an Application whose sync status is older than its last operation', async () => {
  const p = start();
  const operationState = { phase: 'Succeeded', finishedAt: '2026-01-01T00:00:10Z' };
  p.see(app({ ...degraded, operationState, reconciledAt: '2026-01-01T00:00:09Z' }));
  await p.done();
  expect(p.calls).toEqual(['load']);
  p.see(app({ ...degraded, operationState, reconciledAt: '2026-01-01T00:00:10Z' }));
  await p.done();
  expect(p.queue.held()).toHaveLength(1);
});

it('applies what arrives while the ledger is read in its order', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const ledger = createMemoryLedger();
  const held = intercept(ledger, (call) => (call === 'load' ? promise : undefined));
  const p = start({ ledger: held });
  p.see(app(degraded));
  p.see(app(healthy));
  p.see(app(synced('r1', 'Degraded'), { ...toOps, 'on-synced': 'dev' }));
  resolve(undefined);
  await p.done();
  await p.queue.runAll(p.deliver);
  expect(p.sent.map(({ alerts: [{ trigger }] }) => trigger)).toEqual([
    'on-degraded',
    'on-synced',
    'on-degraded',
  ]);
});

it('asks the ledger again until it answers', async () => {
  let failures = 3;
  const ledger = intercept(createMemoryLedger(), (call) =>
    call === 'load' && failures-- > 0 ? 'before' : undefined,
  );
  const p = start({ ledger });
  p.see(app(degraded));
  await p.done();
  expect(p.queue.held()).toHaveLength(1);
  expect(warnings(p, 'Cannot read the ledger, trying again')).toHaveLength(3);
});

it('evaluates one that is gone once more, with a deletionTimestamp, and forgets it', async () => {
  const p = start();
  const subscriptions = { 'on-deleted': 'ops' };
  p.see(app(healthy, subscriptions));
  p.see(app(healthy, subscriptions), 'deleted');
  await p.done();
  await p.queue.runAll(p.deliver);
  expect(p.sent).toMatchObject([
    {
      alerts: [{ trigger: 'on-deleted' }],
      snapshots: [{ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }],
    },
  ]);
  expect(await p.ledger.load('a', rowKinds)).toMatchObject([{ kind: 'gone', value: { revision: '1' } }]);
  expect(p.observer.has('a')).toBe(false);
  expect(await series(p.metrics, 'herald_application_info')).toEqual([]);
});

it('tells once of a deletion that takes its time', async () => {
  const p = start();
  const leaving = application('a', {
    subscriptions: { 'on-deleted': 'ops' },
    metadata: { deletionTimestamp: '2025-12-31T23:59:59Z' },
  });
  p.see(leaving);
  p.see(leaving, 'deleted');
  await p.done();
  await p.queue.runAll(p.deliver);
  expect(p.sent.map(({ snapshots: [{ metadata }] }) => (metadata as JsonObject).deletionTimestamp)).toEqual([
    '2025-12-31T23:59:59Z',
  ]);
});

it('evaluates one that is gone although its sync status is not refreshed', async () => {
  const p = start();
  const failed = app({ operationState: { phase: 'Failed' } }, { 'on-deleted': 'ops' });
  p.see(failed);
  p.see(failed, 'deleted');
  await p.done();
  expect(p.queue.held()).toHaveLength(1);
});

it('tells once of a deletion that is reported again before the first report is written', async () => {
  const p = start();
  const gone = app(healthy, { 'on-deleted': 'ops' });
  p.see(gone);
  p.see(gone, 'deleted');
  await p.observer.settled();
  p.see(gone, 'deleted');
  await p.done();
  expect(p.queue.held()).toHaveLength(1);
  expect(p.observer.size()).toBe(0);
});

it('keeps in the ledger what is not watched any more', async () => {
  const p = start();
  p.see(app(degraded));
  await p.done();
  p.see(app(degraded), 'unwatched');
  await p.done();
  expect(p.observer.size()).toBe(0);
  expect((await held(p.ledger, 'a')).notices).toHaveLength(1);
  p.see(app(degraded));
  await p.done();
  expect(p.queue.held()).toHaveLength(1);
});

it('goes on observing what is watched again before the ledger has answered', async () => {
  const p = start();
  p.see(app(degraded));
  p.see(app(healthy));
  p.see(app(healthy), 'unwatched');
  p.see(app(degraded));
  await p.done();
  expect(p.observer.has('a')).toBe(true);
  expect(await pendingOf(p)).toBe(2);
});

it('reads of the ledger only what it has written before', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let isSlow = false;
  const ledger = intercept(createMemoryLedger(), (call) =>
    call === 'commit' && isSlow ? promise : undefined,
  );
  const p = start({ ledger });
  p.see(app(degraded));
  await p.done();
  isSlow = true;
  p.clock.skip(1);
  p.see(app(healthy));
  p.see(app(healthy), 'unwatched');
  p.see(app(degraded));
  const done = p.observer.settled();
  await new Promise(setImmediate);
  resolve(undefined);
  await done;
  await p.done();
  expect(await pendingOf(p)).toBe(2);
});

it('writes no record of an Application that nobody subscribes to', async () => {
  const p = start();
  p.see(app(degraded, {}));
  await p.done();
  expect(p.calls).toEqual(['load']);
  p.see(app(healthy));
  await p.done();
  expect(p.calls).toEqual(['load', 'commit']);
  expect((await held(p.ledger, 'a')).record?.name).toBe('a');
});

it('keeps the record in step with the labels and subscriptions that it is found by', async () => {
  const p = start();
  p.see(app(healthy));
  await p.done();
  p.see(application('a', { status: healthy, subscriptions: toOps, labels: { team: 'x' } }));
  await p.done();
  expect((await held(p.ledger, 'a')).record?.object.metadata).toMatchObject({ labels: { team: 'x' } });
});

it('claims nothing again after a restart, and what changed meanwhile', async () => {
  const before = start();
  const subscriptions = { ...toOps, 'on-synced': 'dev' };
  before.see(app(synced('r1', 'Degraded'), subscriptions));
  await before.done();
  expect(before.queue.held()).toHaveLength(2);

  const same = start({ ledger: before.ledger });
  same.see(app(synced('r1', 'Degraded'), subscriptions));
  await same.done();
  expect(same.calls).toEqual(['load']);
  expect(await series(same.metrics, 'herald_deliveries_suppressed_total')).toEqual([]);

  const later = start({ ledger: before.ledger });
  later.see(app(synced('r2', 'Healthy'), subscriptions));
  await later.done();
  expect(await pendingOf(later)).toBe(3);
  expect(later.ended.map(({ trigger }) => trigger)).toEqual(['on-degraded']);
});

it('evaluates again those that are asked for, and lets others have their turn', async () => {
  const p = start();
  p.see(application('a', { status: degraded, subscriptions: toOps }));
  p.see(application('b', { status: degraded, subscriptions: toOps }));
  await p.done();
  p.configurations.update(
    snapshot({
      ...configMap,
      'trigger.on-degraded': "- when: app.status.health.status != 'Healthy'\n  send: [message]",
    }),
  );
  await p.observer.reevaluate(({ uid }) => uid === 'a');
  await p.done();
  expect(await pendingOf(p)).toBe(3);
});

it('yields while it evaluates many again, and leaves out what has gone meanwhile', async () => {
  const p = start();
  for (const uid of ['a', 'b', 'c']) p.see(application(uid, { status: healthy, subscriptions: toOps }));
  await p.done();
  const evaluated: string[] = [];
  const reevaluated = p.observer.reevaluate(({ uid }) => {
    evaluated.push(uid);
    // As long as an evaluation that takes more than its slice.
    p.clock.skip(25);
    return true;
  });
  p.see(application('b', { status: healthy, subscriptions: toOps }), 'deleted');
  await reevaluated;
  expect(evaluated).toEqual(['a', 'c']);
});

/** A pipeline on a simulated clock, with conditions of which one reads it. */
function startOnClock(options: Parameters<typeof startPipeline>[0] = {}) {
  const data = {
    ...configMap,
    'trigger.on-late':
      "- when: time.Now().Sub(time.Parse('2026-01-01T00:01:30Z')).Seconds() >= 0\n  send: [message]",
  };
  const time = createSimulatedClock(Date.UTC(2026, 0, 1));
  const ledger = createMemoryLedger();
  const p = startPipeline({ clock: time, ledger, snapshots: [snapshot(data)], ...options });
  const evaluated = async () => {
    const lines = await series(p.metrics, 'argocd_notifications_trigger_eval_total');
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  return { ...p, time, ledger, evaluated };
}

it('evaluates the conditions that read the clock once a minute, and the others not', async () => {
  const p = startOnClock();
  p.see(application('a', { status: healthy, subscriptions: toOps }));
  p.see(application('b', { status: healthy, subscriptions: { 'on-late': 'ops' } }));
  await p.done();
  expect(await p.evaluated()).toBe(2);
  await p.time.advance(90_000);
  await p.done();
  const early = await p.evaluated();
  await p.time.advance(60_000);
  await p.done();
  expect(await pendingOf(p)).toBe(1);
  expect(early).toBeLessThanOrEqual(4);
  await p.time.advance(180_000);
  expect((await p.evaluated()) - early).toBe(4);
  p.see(application('b'), 'deleted');
  await p.time.advance(180_000);
  expect(await p.evaluated()).toBe(early + 4);
});

it('spreads conditions that read the clock over the minute', async () => {
  const p = startOnClock();
  const count = 600;
  for (let index = 0; index < count; index += 1)
    p.see(application(`a${index}`, { status: healthy, subscriptions: { 'on-late': 'ops' } }));
  await p.done();
  await p.time.settle();
  let before = await p.evaluated();
  expect(before).toBe(count);
  const each: number[] = [];
  for (let second = 0; second < 60; second += 1) {
    await p.time.advance(1_000);
    const now = await p.evaluated();
    each.push(now - before);
    before = now;
  }
  expect(before).toBe(2 * count);
  expect(Math.max(...each)).toBeLessThanOrEqual(12);
  expect(Math.min(...each)).toBeGreaterThanOrEqual(8);
});

it('evaluates what is due in the order of the events, as it was seen last', async () => {
  const p = startOnClock();
  const late = { ...toOps, 'on-late': 'dev' };
  p.see(app(healthy, late));
  await p.done();
  p.time.skip(60_000);
  const due = p.time.advance(0);
  for (let round = 0; round < 500; round += 1)
    for (const status of [degraded, healthy]) p.see(app(status, late));
  await due;
  await p.done();
  expect(p.ended.filter(({ trigger }) => trigger === 'on-degraded')).toHaveLength(500);
  expect((await held(p.ledger, 'a')).notices.filter(({ of }) => of?.trigger === 'on-degraded')).toEqual([]);
});

it('looks at once at what was put off when the clock was set back', async () => {
  const p = startOnClock();
  p.see(application('b', { status: healthy, subscriptions: { 'on-late': 'ops' } }));
  await p.done();
  p.time.set(Date.UTC(2025, 11, 31));
  await p.time.advance(120_000);
  expect(await p.evaluated()).toBe(1);
  p.observer.hurry();
  await p.time.advance(0);
  expect(await p.evaluated()).toBe(2);
  await p.time.advance(60_000);
  expect(await p.evaluated()).toBe(3);
});

it('begins with the due times of what an earlier term left', async () => {
  const before = startOnClock();
  before.see(application('b', { status: healthy, subscriptions: { 'on-late': 'ops' } }));
  await before.done();
  before.observer.stop();
  await before.time.advance(180_000);
  expect(await pendingOf(before)).toBe(0);
  const after = startOnClock({ ledger: before.ledger, term: 2 });
  after.see(application('b', { status: healthy, subscriptions: { 'on-late': 'ops' } }));
  await after.time.advance(180_000);
  expect(await pendingOf(before)).toBe(1);
});

it('tells once of a trigger that is not configured, and again under another configuration', async () => {
  const p = start();
  const message = 'Subscription to a trigger that is not configured';
  const lost = { 'on-lost': 'ops' };
  p.see(app(healthy, lost));
  p.see(application('b', { subscriptions: lost }));
  await p.done();
  await p.observer.reevaluate(() => true);
  p.see(app(degraded, lost));
  expect(warnings(p, message)).toMatchObject([{ trigger: 'on-lost', application: 'argocd/a' }]);
  p.configurations.update(snapshot());
  await p.observer.reevaluate(() => true);
  expect(warnings(p, message)).toHaveLength(2);
});

it('tells of conditions that fail when that is news', async () => {
  const p = start();
  const message = 'Conditions could not be evaluated';
  for (const status of [unknown, { ...unknown, summary: {} }]) p.see(app(status));
  await p.done();
  expect(warnings(p, message)).toMatchObject([
    { application: 'argocd/a', failures: [expect.stringContaining('on-degraded: ')] },
  ]);
  p.see(app(healthy));
  p.see(app(unknown));
  expect(warnings(p, message)).toHaveLength(2);
  expect(await series(p.metrics, 'herald_trigger_eval_errors_total')).toEqual([
    'herald_trigger_eval_errors_total{trigger="on-degraded"} 3',
  ]);
});

it('tells of few Applications what fails alike for many', async () => {
  const p = start();
  for (let index = 0; index < 100; index += 1) {
    p.see(application(`app-${index}`, { subscriptions: { 'on-degraded': 'ops' }, status: unknown }));
  }
  await p.done();
  expect(warnings(p, 'Conditions could not be evaluated')).toHaveLength(10);
  const [counted] = await series(p.metrics, 'herald_trigger_eval_errors_total');
  expect(counted).toMatch(/ 100$/);
});

it('shows alerts while their conditions hold or cannot be told', async () => {
  const p = start();
  const alert =
    'herald_alert_active{trigger="on-degraded",name="a",namespace="argocd",project="default",severity="critical"} 1';
  for (const [status, shown] of [
    [healthy, []],
    [degraded, [alert]],
    [unknown, [alert]],
    [healthy, []],
  ] as const) {
    p.see(app(status));
    await p.done();
    expect(await series(p.metrics, 'herald_alert_active')).toEqual(shown);
  }
});

it('counts evaluations once per condition, however many are told', async () => {
  const p = start();
  p.see(app(degraded, { 'on-degraded': 'ops;dev' }));
  await p.done();
  expect(p.queue.held()).toHaveLength(2);
  expect(await series(p.metrics, 'argocd_notifications_trigger_eval_total')).toEqual([
    'argocd_notifications_trigger_eval_total{name="on-degraded",triggered="true"} 1',
  ]);
});

it('counts how often a value has changed over events and restarts', async () => {
  const data = {
    ...configMap,
    'trigger.on-flapping': "- when: changes(app.status.health.status, '10m') >= 3\n  send: [message]",
  };
  const subscriptions = { 'on-flapping': 'ops' };
  const options = { snapshots: [snapshot(data)] };
  const before = start(options);
  for (const status of [healthy, degraded, degraded, healthy]) {
    before.clock.skip(60_000);
    before.see(app(status, subscriptions));
  }
  await before.done();
  expect(before.queue.held()).toEqual([]);

  const after = start({ ...options, ledger: before.ledger });
  after.clock.set(before.clock.now() + 60_000);
  after.see(app(degraded, subscriptions));
  await after.done();
  expect(after.queue.held()).toHaveLength(1);

  after.clock.skip(11 * 60_000);
  await after.observer.reevaluate(() => true);
  await after.done();
  expect(after.ended.map(({ trigger }) => trigger)).toEqual(['on-flapping']);
});

it("evaluates a tenant's Application under the tenant's configuration and the controller's", async () => {
  const snapshots = [snapshot(), snapshot(configMap, { namespace: 'tenant' })];
  const p = start({ snapshots, selfService: true });
  p.see(application('a', { namespace: 'tenant', status: degraded, subscriptions: toOps }));
  p.see(application('b', { status: degraded, subscriptions: toOps }));
  await p.done();
  await p.queue.runAll(p.deliver);
  expect(
    p.sent.map(({ configNamespace, alerts: [{ application }] }) => [application.uid, configNamespace]),
  ).toEqual([
    ['a', 'tenant'],
    ['a', 'argocd'],
    ['b', 'argocd'],
  ]);
});

it('names the oncePer values that match now', async () => {
  const p = start();
  p.see(app(synced('r1', 'Degraded'), { ...toOps, 'on-synced': 'dev' }));
  p.see(application('b', { status: degraded, subscriptions: toOps }));
  await p.done();
  const [matching, ...others] = [...p.observer.matching()];
  expect([matching?.uid, matching?.told.length, others]).toEqual(['a', 1, []]);
  expect(await p.ledger.load('a', ['told'])).toMatchObject([{ key: matching?.told[0]?.key }]);
});

it('tells of one sync once, though its revision comes later, and says which value has named it', async () => {
  const p = start();
  const subscriptions = { 'on-synced': 'dev' };
  for (const revision of ['', 'r1', 'r2']) {
    p.see(app({ sync: { status: 'Synced', revision } }, subscriptions));
    await p.done();
  }
  await p.queue.runAll(p.deliver);
  expect(p.sent.map(({ alerts: [{ oncePer }] }) => oncePer)).toEqual(['', 'r2']);
  expect(p.named.map(({ alerts: [{ oncePer }] }) => oncePer)).toEqual(['r1']);
});

it('holds progress until what was seen is durable', async () => {
  let shown = '10';
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const ledger = intercept(createMemoryLedger(), (call) => (call === 'load' ? promise : undefined));
  const p = start({ ledger, shown: () => shown });
  p.see(app(degraded));
  shown = '11';
  expect(p.progress.revision()).toBe('10');
  resolve(undefined);
  await p.observer.settled();
  expect(p.progress.revision()).toBe('10');
  await p.done();
  expect(p.progress.revision()).toBe('11');
});

it('tells so many of what one annotation asks for, says what it leaves out, and goes on with others', async () => {
  const p = start();
  const recipients = Array.from({ length: 30_000 }, (_, i) => `r${i}`).join(';');
  p.see(app(degraded, { 'on-degraded': recipients }));
  p.see(application('b', { status: degraded, subscriptions: toOps }));
  await p.done();
  expect((await held(p.ledger, 'a')).notices).toHaveLength(1_000);
  expect((await held(p.ledger, 'b')).notices).toHaveLength(1);
  expect(await pendingOf(p)).toBe(1_001);
  expect(p.queue.held()).toHaveLength(1_001);
  expect(warnings(p, 'Conditions could not be evaluated')).toMatchObject([
    {
      application: 'argocd/a',
      failures: ['on-degraded: it is left out: there are more than 1000 subscriptions'],
    },
  ]);
  // It is not news again, nor is there anything to write.
  p.calls.length = 0;
  p.see(app({ ...degraded, message: 'x' }, { 'on-degraded': recipients }));
  await p.done();
  expect([p.calls, warnings(p, 'Conditions could not be evaluated').length]).toEqual([[], 1]);
});

it('evaluates so many of the triggers of a tenant, and all of others', async () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `t${i}`);
  const triggers = Object.fromEntries(
    names.map((name) => [`trigger.${name}`, '[{when: "true", send: [message]}]']),
  );
  const tenant = {
    ...configMap,
    ...triggers,
    subscriptions: JSON.stringify([{ recipients: ['console:all'], triggers: names }]),
  };
  const snapshots = [snapshot(), snapshot(tenant, { namespace: 'tenant' })];
  const p = start({ snapshots, selfService: true });
  p.see(application('a', { namespace: 'tenant', status: degraded }));
  p.see(application('b', { status: degraded, subscriptions: toOps }));
  await p.done();
  // The budget of the tenant's conditions may end before.
  const told = (await held(p.ledger, 'a')).notices.length;
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThanOrEqual(1_000);
  expect((await held(p.ledger, 'b')).notices).toHaveLength(1);
  expect(warnings(p, 'Conditions could not be evaluated')[0]).toMatchObject({ application: 'tenant/a' });
});

it('survives an object that it cannot read', async () => {
  const p = start();
  p.see({ ...app(degraded), object: undefined as unknown as JsonObject });
  p.see(app(degraded));
  await p.done();
  expect(p.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  expect(p.queue.held()).toHaveLength(1);
});

it('asks and evaluates nothing after it was stopped', async () => {
  const p = start({
    ledger: intercept(createMemoryLedger(), (call) => (call === 'load' ? 'before' : undefined)),
  });
  p.see(app(degraded));
  p.observer.stop();
  await p.observer.settled();
  p.see(application('b'));
  expect(p.calls.filter((call) => call === 'load')).toHaveLength(1);
  expect(p.queue.held()).toEqual([]);
});
