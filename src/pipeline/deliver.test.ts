import { describe, expect, it } from 'vitest';
import type { Ledger } from '../episodes/ledger.ts';
import type { Delivery, JsonObject, Outcome } from '../model.ts';
import type { Attempt } from './deliver.ts';
import { application, configMap, degraded, series, snapshot } from './testing/fixtures.ts';
import { type Fault, intercept } from './testing/intercept.ts';
import { createMemoryLedger } from './testing/memory-ledger.ts';
import { createRecordingService } from './testing/recording-service.ts';
import { startPipeline } from './testing/start-pipeline.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

/** A pipeline with deliveries claimed, and what hands them to `deliver`. */
function setUp(options: { data?: Record<string, string>; selfService?: boolean; pace?: boolean } = {}) {
  const clock = { now: start };
  const store: Ledger = createMemoryLedger();
  const faults: { [call: string]: Fault[] } = {};
  const calls: string[] = [];
  const ledger = intercept(store, (call) => {
    calls.push(call);
    return faults[call]?.shift();
  });
  const service = createRecordingService('console', options.pace ? { pace: { perSecond: 1, burst: 1 } } : {});
  const pipeline = startPipeline({
    ledger,
    service,
    now: () => clock.now,
    maxAge: 10 * minute,
    snapshots: [snapshot(options.data, { secret: { token: 'secret-value' } })],
    selfService: options.selfService ?? false,
  });

  async function claim(id: string, shape: Partial<Delivery> = {}): Promise<Delivery> {
    const { uid, namespace, name, project, object } = application('a', { status: degraded });
    const delivery: Delivery = {
      id,
      episode: `episode-${id}`,
      reason: 'matched',
      trigger: 'on-degraded',
      condition: 'c',
      oncePer: '',
      destination: { service: 'console', recipient: 'ops' },
      templates: ['message'],
      application: { uid, namespace, name, project },
      configNamespace: 'argocd',
      snapshot: object,
      observedAt: clock.now - 500,
      ...shape,
    };
    const { trigger, condition, configNamespace, destination, episode: key } = delivery;
    const episode = { key, trigger, condition, configNamespace, oncePer: '', ...destination, openedAt: 1 };
    await store.apply(uid, { claim: [{ episode, delivery }] });
    return delivery;
  }

  const attempt = (delivery: Delivery, shape: Partial<Attempt> = {}) =>
    pipeline.deliver({
      delivery,
      attempt: 1,
      queuedAt: start,
      signal: new AbortController().signal,
      ...shape,
    });

  return { ...pipeline, clock, store, service, faults, calls, claim, attempt };
}

const busy: Outcome = { status: 'retry', reason: 'unreachable', error: 'nobody answers' };
const refused: Outcome = {
  status: 'rejected',
  reason: 'no_channel',
  error: 'no such channel',
  scope: 'recipient',
};

describe('what becomes of an outcome', () => {
  it('sent: settles, counts and tells', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    expect(d.service.sent).toEqual([
      { recipient: 'ops', notification: { message: 'a is Degraded' }, deliveryId: '1' },
    ]);
    expect(await d.store.isPending('1')).toBe(false);
    expect(await d.store.parked(9)).toEqual([]);
    expect(d.sent).toEqual([delivery]);
    expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([
      'argocd_notifications_deliveries_total{trigger="on-degraded",service="console",succeeded="true"} 1',
    ]);
    expect(await series(d.metrics, 'herald_delivery_outcomes_total')).toEqual([
      'herald_delivery_outcomes_total{service="console",outcome="sent",reason=""} 1',
    ]);
    expect(await series(d.metrics, 'herald_delivery_latency_seconds_sum')).toEqual([
      'herald_delivery_latency_seconds_sum{service="console"} 0.5',
    ]);
  });

  it('sent, but degraded: is sent, with a warning', async () => {
    const d = setUp();
    d.service.outcomes = [{ status: 'sent', degraded: 'plain_text', error: 'blocks are no JSON' }];
    expect(await d.attempt(await d.claim('1'))).toEqual({ status: 'done' });
    expect(d.sent).toHaveLength(1);
    expect(d.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        msg: 'Sent, but not as the template describes',
        delivery: '1',
        reason: 'plain_text',
        error: 'blocks are no JSON',
      }),
    );
    expect(await series(d.metrics, 'herald_delivery_outcomes_total')).toEqual([
      'herald_delivery_outcomes_total{service="console",outcome="degraded",reason="plain_text"} 1',
    ]);
  });

  it('rejected: is parked', async () => {
    const d = setUp();
    d.service.outcomes = [refused];
    const delivery = await d.claim('1');
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    const settlement = { status: 'rejected', at: start, reason: 'no_channel', error: 'no such channel' };
    expect(await d.store.parked(9)).toEqual([{ delivery, ...settlement }]);
    expect(d.parked).toEqual([{ delivery, settlement }]);
    expect(d.sent).toEqual([]);
    expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([
      'argocd_notifications_deliveries_total{trigger="on-degraded",service="console",succeeded="false"} 1',
    ]);
  });

  it('retry: stays pending and is tried again later, each time later', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    for (const [attempt, least, most] of [
      [1, 500, 1_000],
      [4, 4_000, 8_000],
    ] as const) {
      d.service.outcomes = [busy];
      const result = await d.attempt(delivery, { attempt });
      if (result.status !== 'retry') throw new Error(result.status);
      expect(result.at - start).toBeGreaterThanOrEqual(least);
      expect(result.at - start).toBeLessThanOrEqual(most);
    }
    expect(await d.store.isPending('1')).toBe(true);
    expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([]);
    expect(await d.attempt(delivery, { attempt: 5 })).toEqual({ status: 'done' });
    expect(d.service.sent).toHaveLength(1);
  });

  it('retry with Retry-After: not before that', async () => {
    const d = setUp();
    d.service.outcomes = [{ ...busy, retryAfter: 2 * minute }];
    expect(await d.attempt(await d.claim('1'))).toEqual({ status: 'retry', at: start + 2 * minute });
  });

  it('retry of one that would then be too old: is parked as expired', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.clock.now = start + 9 * minute;
    d.service.outcomes = [
      { ...busy, retryAfter: minute },
      { ...busy, retryAfter: minute + 1 },
    ];
    expect(await d.attempt(delivery)).toEqual({ status: 'retry', at: start + 10 * minute });
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    expect(d.parked).toMatchObject([
      { settlement: { status: 'expired', reason: 'unreachable', error: 'nobody answers' } },
    ]);
  });
});

describe('at least once', () => {
  it('does nothing for a delivery that is settled already', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    await d.attempt(delivery);
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    expect(d.service.sent).toHaveLength(1);
    expect(d.sent).toHaveLength(1);
  });

  it.each<Fault>(['before', 'after'])(
    'settles again, and does not send again, when settling fails %s it is written',
    async (fault) => {
      const d = setUp();
      const delivery = await d.claim('1');
      d.faults.settle = [fault, fault];
      await expect(d.attempt(delivery)).rejects.toThrow(/settle/);
      await expect(d.attempt(delivery)).rejects.toThrow(/settle/);
      expect(d.sent).toEqual([]);
      expect(await d.attempt(delivery)).toEqual({ status: 'done' });
      expect(d.service.sent).toHaveLength(1);
      expect(d.sent).toHaveLength(1);
      expect(await d.store.isPending('1')).toBe(false);
      expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([
        'argocd_notifications_deliveries_total{trigger="on-degraded",service="console",succeeded="true"} 1',
      ]);
    },
  );

  it('sends nothing while the ledger does not say whether it is still to be done', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.faults.isPending = ['before'];
    await expect(d.attempt(delivery)).rejects.toThrow('isPending did not reach the store');
    expect(d.service.sent).toEqual([]);
  });

  it('delivers again what a person has taken from the parked ones', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.service.outcomes = [refused];
    await d.attempt(delivery);
    await d.store.unpark(['1']);
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    expect(d.service.sent).toHaveLength(1);
  });
});

describe('pace', () => {
  it('gives a slot to what is too fast for its recipient, and sends at that slot', async () => {
    const d = setUp({ pace: true });
    const [first, second] = [await d.claim('1'), await d.claim('2')];
    expect(await d.attempt(first)).toEqual({ status: 'done' });
    expect(await d.attempt(second)).toEqual({ status: 'paced', slot: start + 1_000 });
    expect(d.service.sent).toHaveLength(1);
    d.clock.now = start + 1_000;
    expect(await d.attempt(second, { slot: start + 1_000 })).toEqual({ status: 'done' });
    expect(d.service.sent).toHaveLength(2);
  });

  it('lets Retry-After hold back that recipient and nobody else', async () => {
    const d = setUp({ pace: true });
    const to = (recipient: string) => ({ destination: { service: 'console', recipient } });
    d.service.outcomes = [{ ...busy, retryAfter: minute }];
    await d.attempt(await d.claim('1', to('ops')));
    expect(await d.attempt(await d.claim('2', to('dev')))).toEqual({ status: 'done' });
    expect(await d.attempt(await d.claim('3', to('ops')))).toEqual({ status: 'paced', slot: start + minute });
  });

  it('reserves no slot for what is not pending any more', async () => {
    const d = setUp({ pace: true });
    const [first, second] = [await d.claim('1'), await d.claim('2')];
    await d.store.settle('1', { status: 'sent', at: start });
    expect(await d.attempt(first)).toEqual({ status: 'done' });
    expect(await d.attempt(second)).toEqual({ status: 'done' });
  });
});

describe('rendering', () => {
  it.each([
    [
      'a service',
      { destination: { service: 'gone', recipient: 'x' } },
      'service_not_configured',
      'service gone is not configured',
    ],
    [
      'a configuration',
      { configNamespace: 'gone' },
      'service_not_configured',
      'service console is not configured',
    ],
    ['a template', { templates: ['message', 'gone'] }, 'template', 'template gone is not configured'],
  ])('parks what is for %s that is not there', async (_what, shape, reason, error) => {
    const d = setUp();
    expect(await d.attempt(await d.claim('1', shape))).toEqual({ status: 'done' });
    expect(d.parked).toMatchObject([{ settlement: { status: 'rejected', reason, error } }]);
    expect(d.service.sent).toEqual([]);
  });

  it('parks what a template fails on, and names it', async () => {
    const data = {
      ...configMap,
      'template.message': `message: '{{ index .app.status.health "status" "x" }}'`,
    };
    const d = setUp({ data });
    await d.attempt(await d.claim('1'));
    expect(d.parked).toMatchObject([
      { settlement: { reason: 'template', error: expect.stringMatching(/^template message, message: ./) } },
    ]);
    expect(await series(d.metrics, 'herald_template_render_errors_total')).toEqual([
      'herald_template_render_errors_total{template="message"} 1',
    ]);
  });

  it('tells of what is questionable in a template, and sends all the same', async () => {
    const data = {
      ...configMap,
      'template.message': 'message: hello\nconsole:\n  blocks: "[{{.app.metadata.name}}"',
    };
    const d = setUp({ data });
    d.configurations.update(snapshot(data));
    const service = d.configurations.get('argocd')?.services.get('console');
    Object.assign(service ?? {}, { jsonFields: ['blocks'] });
    expect(await d.attempt(await d.claim('1'))).toEqual({ status: 'done' });
    expect(d.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'Template is questionable', delivery: '1' }),
    );
    expect(d.service.sent).toHaveLength(1);
  });

  it.each([
    [false, 'secret-value'],
    [true, ''],
  ])('shows the Secret to templates unless self-service is on (%s)', async (selfService, shown) => {
    const data = {
      ...configMap,
      'template.message': 'message: "<{{range .secrets}}{{printf \\"%s\\" .}}{{end}}>"',
    };
    const d = setUp({ data, selfService });
    await d.attempt(await d.claim('1'));
    expect(d.service.sent.map(({ notification }) => notification.message)).toEqual([`<${shown}>`]);
  });
});

it('renders the Application as it was when its condition matched', async () => {
  const d = setUp();
  const object: JsonObject = application('a', { status: { health: { status: 'Missing' } } }).object;
  await d.attempt(await d.claim('1', { snapshot: object }));
  expect(d.service.sent[0]?.notification.message).toBe('a is Missing');
});
