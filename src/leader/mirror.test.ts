import { describe, expect, it } from 'vitest';
import { notifiedAnnotation, parseNotified } from '../alerts/notified-annotation.ts';
import { ClusterError } from '../cluster/cluster-error.ts';
import type { Connection } from '../cluster/connect.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import type { Application, JsonObject } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import {
  application,
  configMap,
  controllerNamespace,
  degraded,
  healthy,
  snapshot,
  synced,
} from '../testing/fixtures.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { startPipeline } from '../testing/start-pipeline.ts';
import { createMirror } from './mirror.ts';
import { stillHolds } from './still-holds.ts';

const now = Date.UTC(2026, 0, 1);
const seconds = BigInt(now / 1000);

type On = (method: string) => void | Promise<void>;

/** An API server that holds the annotations of Applications, and a mirror of what a pipeline sends. */
function start(on: On = () => undefined, data = configMap) {
  const annotations = new Map<string, Record<string, string>>();
  const requests: { method: string; path: string; body: unknown }[] = [];
  const connection: Pick<Connection, 'json'> = {
    async json({ method = 'GET', path, body }) {
      requests.push({ method, path, body });
      await on(method);
      const name = path.split('/').at(-1) ?? '';
      const held = annotations.get(name);
      if (!held) throw new ClusterError('not found', { kind: 'status', status: 404 });
      if (method === 'PATCH') {
        const { metadata } = body as { metadata: { annotations: Record<string, string | null> } };
        for (const [key, value] of Object.entries(metadata.annotations)) {
          if (value === null) delete held[key];
          else held[key] = value;
        }
      }
      return {
        metadata: {
          uid: name,
          name,
          namespace: 'argocd',
          resourceVersion: String(requests.length),
          annotations: held,
        },
      } as JsonObject;
    },
  };
  const { log, lines } = recordLog();
  const clock = createSimulatedClock(now);
  const queue = createMemoryQueue(clock);
  const ledger = createMemoryLedger();
  const pipeline = startPipeline({ ledger, queue, clock, snapshots: [snapshot(data)] });

  const { configurations } = pipeline;
  const mirror = createMirror(
    {
      connection,
      configurations,
      controllerNamespace,
      load: ledger.load,
      log,
      clock,
    },
    { retryDelay: 0 },
  );

  /** The deliveries that an Application makes, by trigger. */
  async function deliveriesOf(...applications: Application[]) {
    for (const each of applications) {
      if (!annotations.has(each.uid)) annotations.set(each.uid, { 'example.com/other': 'stays' });
      pipeline.see(each);
    }
    await pipeline.done();
    await queue.runAll(pipeline.deliver);
    return pipeline.sent.splice(0);
  }

  /** State keys without the condition's hash. */
  function notified(uid = 'a'): Record<string, bigint> {
    const state = parseNotified(annotations.get(uid)?.[notifiedAnnotation]);
    return Object.fromEntries([...state].map(([key, at]) => [key.replace(/\]\.[^:]+/, ']'), at]));
  }

  return {
    clock,
    ledger,
    mirror,
    pipeline,
    annotations,
    requests,
    lines,
    deliveriesOf,
    notified,
    pass: clock.advance,
  };
}

const subscriptions = { 'on-degraded': 'ops', 'on-synced': 'ops' };
const app = (status: JsonObject, uid = 'a') => application(uid, { status, subscriptions });

it('writes what was sent, and takes away what is over', async () => {
  const m = start();
  for (const delivery of await m.deliveriesOf(app(synced('r1', 'Degraded')))) m.mirror.sent(delivery);
  await m.clock.until(m.mirror.stop(60_000));
  expect(m.notified()).toEqual({
    'on-degraded:[0]:console:ops': seconds,
    'r1:on-synced:[0]:console:ops': seconds,
  });

  const later = start();
  later.annotations.set('a', { ...m.annotations.get('a') });
  await later.deliveriesOf(app(synced('r1', 'Degraded')));
  await later.deliveriesOf(app(synced('r1')));
  later.mirror.ended(app(healthy), later.pipeline.ended);
  await later.mirror.stop(60_000);
  expect(later.notified()).toEqual({ 'r1:on-synced:[0]:console:ops': seconds });
  expect(later.annotations.get('a')).toHaveProperty(['example.com/other'], 'stays');
});

it('makes one patch at a time, of its own key, and the next of all that happened meanwhile', async () => {
  let running = 0;
  const m = start(async () => {
    running += 1;
    expect(running).toBe(1);
    await new Promise(setImmediate);
    running -= 1;
  });
  const deliveries = await m.deliveriesOf(app(synced('r1', 'Degraded')), app(synced('r2', 'Degraded')));
  expect(deliveries).toHaveLength(3);
  for (const delivery of deliveries) m.mirror.sent(delivery);
  await m.clock.until(m.mirror.stop(60_000));
  const patches = m.requests.filter(({ method }) => method === 'PATCH');
  expect(patches).toHaveLength(2);
  for (const { body } of patches) {
    const { metadata } = body as { metadata: { uid: string; annotations: object } };
    expect([metadata.uid, Object.keys(metadata.annotations)]).toEqual(['a', [notifiedAnnotation]]);
  }
  expect(Object.keys(m.notified())).toHaveLength(3);
});

it('writes what happens just as the patch before is done', async () => {
  for (let ticks = 0; ticks < 12; ticks += 1) {
    const patched = Promise.withResolvers<void>();
    const m = start((method) => (method === 'PATCH' ? patched.resolve() : undefined));
    const [first, second] = await m.deliveriesOf(app(synced('r1', 'Degraded')));
    if (!first || !second) throw new Error('the fixture makes two deliveries');
    m.mirror.sent(first);
    await patched.promise;
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    m.mirror.sent(second);
    await m.clock.until(m.mirror.stop(60_000));
    expect([ticks, Object.keys(m.notified()).length]).toEqual([ticks, 2]);
  }
});

it('lets the last word stand of what was sent and ended before it was written', async () => {
  const m = start();
  const [delivery] = await m.deliveriesOf(app(degraded));
  await m.deliveriesOf(app(healthy));
  if (!delivery) throw new Error('the fixture makes a delivery');
  m.mirror.ended(app(healthy), m.pipeline.ended);
  m.mirror.sent(delivery);
  m.mirror.ended(app(healthy), m.pipeline.ended);
  await m.clock.until(m.mirror.stop(60_000));
  expect(m.notified()).toEqual({});
  expect(m.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
});

it('leaves alone what is gone', async () => {
  const m = start();
  const [delivery] = await m.deliveriesOf(app(degraded));
  m.annotations.delete('a');
  if (delivery) m.mirror.sent(delivery);
  await m.clock.until(m.mirror.stop(60_000));
  expect(m.requests.map(({ method }) => method)).toEqual(['GET']);
  expect(m.lines).toEqual([]);
});

it('writes nothing of a condition that is not configured any more', async () => {
  const m = start();
  const [delivery] = await m.deliveriesOf(app(degraded));
  m.pipeline.configurations.update(snapshot({ 'herald.service.console': '{}' }));
  if (delivery) m.mirror.sent(delivery);
  await m.clock.until(m.mirror.stop(60_000));
  expect(m.requests).toEqual([]);
});

it.each([
  [4, 1, 0],
  [5, 0, 1],
])(
  'tries again after %i failures, and gives up after five while Herald stops',
  async (failures, written, warned) => {
    let left = failures;
    const m = start(() => {
      if (left > 0) {
        left -= 1;
        throw new ClusterError('away', { kind: 'status', status: 503 });
      }
    });
    const [delivery] = await m.deliveriesOf(app(degraded));
    if (delivery) m.mirror.sent(delivery);
    await m.clock.until(m.mirror.stop(60_000));
    expect(Object.keys(m.notified())).toHaveLength(written);
    expect(m.lines.map(({ msg }) => msg)).toEqual(Array(warned).fill('Could not mirror what was notified'));
  },
);

it('tries for as long as the API server is busy, no sooner than it says', async () => {
  let left = 20;
  const times: number[] = [];
  const m = start(() => {
    times.push(m.clock.now());
    if (left === 0) return;
    left -= 1;
    throw new ClusterError('busy', { kind: 'status', status: 429, retryAfterMs: 10_000 });
  });
  const [delivery] = await m.deliveriesOf(app(degraded));
  if (delivery) m.mirror.sent(delivery);
  await m.pass(20 * 15_000);
  expect(Object.keys(m.notified())).toHaveLength(1);
  const waits = times.slice(1, 20).map((at, index) => at - (times[index] ?? 0));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(10_000);
  expect(m.lines.map(({ msg }) => msg)).toEqual(['Could not mirror what was notified']);
});

it('gives up after five tries what the API server refuses', async () => {
  const m = start(() => {
    throw new ClusterError('forbidden', { kind: 'status', status: 403 });
  });
  const [delivery] = await m.deliveriesOf(app(degraded));
  if (delivery) m.mirror.sent(delivery);
  await m.pass(600_000);
  expect(m.requests).toHaveLength(5);
  expect(m.lines.map(({ msg }) => msg)).toEqual(['Could not mirror what was notified']);
});

it('ends at the deadline, though the API server does not answer', async () => {
  const m = start(() => new Promise(() => undefined));
  const [delivery] = await m.deliveriesOf(app(degraded));
  if (delivery) m.mirror.sent(delivery);
  await m.clock.until(m.mirror.stop(1));
  expect(m.requests).toHaveLength(1);
});

it('is told of what was sent only while it holds', async () => {
  const m = start();
  const [plain, value] = await m.deliveriesOf(app(synced('r1', 'Degraded')));
  if (!plain || !value) throw new Error('the fixture makes two deliveries');
  expect([await stillHolds(m.ledger, plain), await stillHolds(m.ledger, value)]).toEqual([true, true]);
  await m.deliveriesOf(app(healthy));
  expect([await stillHolds(m.ledger, plain), await stillHolds(m.ledger, value)]).toEqual([false, true]);
  const [again] = await m.deliveriesOf(app(degraded));
  if (!again) throw new Error('the fixture makes a delivery');
  expect([await stillHolds(m.ledger, plain), await stillHolds(m.ledger, again)]).toEqual([false, true]);
});

describe('an annotation that somebody removes', () => {
  const seen = (m: ReturnType<typeof start>) =>
    application('a', {
      status: degraded,
      subscriptions,
      annotations: { ...m.annotations.get('a') },
      metadata: {
        resourceVersion: String(m.requests.length),
        annotations: { ...m.annotations.get('a') },
      },
    });
  const remove = (m: ReturnType<typeof start>) => {
    delete m.annotations.get('a')?.[notifiedAnnotation];
    m.mirror.observed(seen(m));
  };
  const patches = (m: ReturnType<typeof start>) =>
    m.requests.filter(({ method }) => method === 'PATCH').length;

  it('is written again, and what others have added stays', async () => {
    const m = start();
    const [delivery] = await m.deliveriesOf(app(degraded));
    if (delivery) m.mirror.sent(delivery);
    await m.pass(0);
    const before = m.annotations.get('a')?.[notifiedAnnotation];
    expect(before).toBeDefined();
    m.mirror.observed(seen(m));
    await m.pass(60_000);
    expect(patches(m)).toBe(1);
    remove(m);
    await m.pass(0);
    expect(m.annotations.get('a')).toEqual({ 'example.com/other': 'stays', [notifiedAnnotation]: before });

    // An older state of it, from before the patch, says nothing.
    m.mirror.observed(application('a', { metadata: { resourceVersion: '1' } }));
    await m.pass(60_000);
    expect(patches(m)).toBe(2);
  });

  it('again and again is written at growing distances, and said once', async () => {
    const m = start();
    const [delivery] = await m.deliveriesOf(app(degraded));
    if (delivery) m.mirror.sent(delivery);
    await m.pass(0);
    m.mirror.observed(seen(m));
    for (let second = 0; second < 3_600; second += 1) {
      if (m.annotations.get('a')?.[notifiedAnnotation] !== undefined) remove(m);
      await m.pass(1_000);
    }
    // 0, 1, 2, 4 … 512 s, and then every ten minutes.
    expect(patches(m)).toBeLessThanOrEqual(1 + 17);
    expect(patches(m)).toBeGreaterThan(10);
    expect(m.lines.map(({ msg }) => msg).filter((msg) => msg.startsWith('Something removes'))).toHaveLength(
      1,
    );
  });

  it('while nobody watched is written again from the ledger', async () => {
    const m = start();
    await m.deliveriesOf(app(degraded));
    expect(m.notified()).toEqual({});
    m.mirror.observed(application('a', { status: degraded }));
    await m.pass(0);
    expect(Object.keys(m.notified())).toEqual(['on-degraded:[0]:console:ops']);
  });

  it('is left alone where the episode is over', async () => {
    const m = start();
    const [delivery] = await m.deliveriesOf(app(degraded));
    if (delivery) m.mirror.sent(delivery);
    await m.pass(0);
    await m.deliveriesOf(app(healthy));
    m.mirror.ended(app(healthy), m.pipeline.ended);
    await m.pass(0);
    m.mirror.observed(seen(m));
    await m.pass(60_000);
    expect([m.notified(), patches(m)]).toEqual([{}, 2]);
  });
});

it('writes beside its own key for several sources the one that argocd-notifications would have written', async () => {
  const data = {
    ...configMap,
    'trigger.on-synced': `
- when: app.status.operationState.phase == 'Succeeded'
  oncePer: app.status.operationState?.syncResult?.revision
  send: [message]`,
  };
  const m = start(undefined, data);
  const syncResult = { revision: '', revisions: ['r1', 'r2'] };
  const status = {
    health: { status: 'Healthy' },
    operationState: { phase: 'Succeeded', finishedAt: '2026-01-01T00:00:00Z', syncResult },
    reconciledAt: '2026-01-01T00:01:00Z',
  };
  for (const delivery of await m.deliveriesOf(app(status))) m.mirror.sent(delivery);
  await m.clock.until(m.mirror.stop(60_000));
  expect(m.notified()).toEqual({
    '[r1 r2]:on-synced:[0]:console:ops': seconds,
    'on-synced:[0]:console:ops': seconds,
  });
});
