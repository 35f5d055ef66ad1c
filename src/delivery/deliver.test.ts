import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, committer } from '../../test/contract/ledger-fixtures.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Delivery, JsonObject, Outcome } from '../model.ts';
import type { SendContext, Service } from '../services/service.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application, configMap, degraded, series, snapshot } from '../testing/fixtures.ts';
import { type Fault, intercept } from '../testing/intercept.ts';
import { createMemoryLedger, factsOf } from '../testing/memory-ledger.ts';
import { createRecordingService } from '../testing/recording-service.ts';
import { startPipeline } from '../testing/start-pipeline.ts';
import { createMemoryQueue } from './memory-queue.ts';
import { type DeliveryProcessor, notBefore } from './queue.ts';

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

/** A pipeline with deliveries claimed, and what hands them to `deliver`. */
function setUp(
  options: { data?: Record<string, string>; selfService?: boolean; pace?: boolean; maxAge?: number } = {},
) {
  const clock = createSimulatedClock(start);
  const store: Ledger = createMemoryLedger();
  const faults: { [call: string]: Fault[] } = {};
  const calls: string[] = [];
  const ledger = intercept(store, (call) => {
    calls.push(call);
    return faults[call]?.shift();
  });
  const service = createRecordingService('console', options.pace ? { pace: { perSecond: 1, burst: 1 } } : {});
  const queue = createMemoryQueue(clock);
  const pipeline = startPipeline({
    ledger,
    queue,
    service,
    clock,
    maxAge: options.maxAge ?? 10 * minute,
    snapshots: [snapshot(options.data, { secret: { token: 'secret-value' } })],
    selfService: options.selfService ?? false,
  });

  const commit = committer(store);
  async function claim(id: string, shape: Partial<Delivery> = {}): Promise<Delivery> {
    const { uid, namespace, name, project, object } = application('a', { status: degraded });
    const alert = { key: `alert-${id}`, trigger: 'on-degraded', condition: 'c', oncePer: '' };
    const { destination = { service: 'console', recipient: 'ops' } } = shape;
    const delivery: Delivery = {
      id,
      lane: destination.recipient,
      notice: `notice-${id}`,
      reason: 'matched',
      alerts: [{ ...alert, application: { uid, namespace, name, project } }],
      destination,
      templates: ['message'],
      configNamespace: 'argocd',
      snapshots: [object],
      observedAt: clock.now() - 500,
      ...shape,
    };
    await commit(uid, { add: [delivery] });
    return delivery;
  }

  const attempt = ({ id }: Delivery, shape: Partial<Parameters<DeliveryProcessor>[0]> = {}) =>
    pipeline.deliver({
      id,
      attempt: 1,
      waited: false,
      signal: new AbortController().signal,
      ...shape,
    });

  const isPending = async (id: string) => (await all(store.pending())).some((each) => each.id === id);
  return { ...pipeline, clock, store, queue, service, faults, calls, claim, attempt, isPending };
}

const busy: Outcome = { status: 'retry', reason: 'unreachable', error: 'nobody answers' };
const timeout: Outcome = { status: 'retry', reason: 'timeout', error: 'no answer', unclear: true };
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
    expect(await d.isPending('1')).toBe(false);
    expect(await all(d.store.parked())).toEqual([]);
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
    const settlement = {
      status: 'rejected',
      at: start,
      reason: 'no_channel',
      error: 'no such channel',
      scope: 'recipient',
    };
    expect(await all(d.store.parked())).toEqual([{ delivery: factsOf(delivery), ...settlement }]);
    expect(d.parked).toEqual([{ delivery, settlement }]);
    expect(d.sent).toEqual([]);
    expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([
      'argocd_notifications_deliveries_total{trigger="on-degraded",service="console",succeeded="false"} 1',
    ]);
    expect(await series(d.metrics, 'herald_deliveries_given_up_total')).toEqual([
      'herald_deliveries_given_up_total{trigger="on-degraded",service="console"} 1',
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
      if (result.status !== 'later' || !result.counts) throw new Error(result.status);
      expect(result.at - start).toBeGreaterThanOrEqual(least);
      expect(result.at - start).toBeLessThanOrEqual(most);
    }
    expect(await d.isPending('1')).toBe(true);
    const counted = 'argocd_notifications_deliveries_total{trigger="on-degraded",service="console"';
    expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([
      `${counted},succeeded="false"} 2`,
    ]);
    expect(await d.attempt(delivery, { attempt: 5 })).toEqual({ status: 'done' });
    expect(d.service.sent).toHaveLength(1);
    expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([
      `${counted},succeeded="true"} 1`,
      `${counted},succeeded="false"} 2`,
    ]);
    expect(await series(d.metrics, 'herald_deliveries_given_up_total')).toEqual([]);
  });

  it('retry with Retry-After: not before that', async () => {
    const d = setUp();
    d.service.outcomes = [{ ...busy, retryAfter: 2 * minute }];
    expect(await d.attempt(await d.claim('1'))).toEqual({
      status: 'later',
      at: start + 2 * minute,
      counts: true,
    });
  });

  it('retry of one that would then be too old: is parked as expired', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.clock.set(delivery.observedAt + 9 * minute);
    d.service.outcomes = [
      { ...busy, retryAfter: minute },
      { ...busy, retryAfter: minute + 1 },
    ];
    expect(await d.attempt(delivery)).toEqual({
      status: 'later',
      at: delivery.observedAt + 10 * minute,
      counts: true,
    });
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
      expect(await d.isPending('1')).toBe(false);
      expect(await series(d.metrics, 'argocd_notifications_deliveries_total')).toEqual([
        'argocd_notifications_deliveries_total{trigger="on-degraded",service="console",succeeded="true"} 1',
      ]);
    },
  );

  it('sends nothing while the ledger does not say whether it is still to be done', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.faults.begin = ['before'];
    await expect(d.attempt(delivery)).rejects.toThrow('begin did not reach the store');
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

describe('the mark of an attempt', () => {
  const markOf = async (d: ReturnType<typeof setUp>) => {
    const begun = await d.store.begin('1', { since: 0, until: 0, by: 'test' });
    if (begun.status === 'begun') await d.store.abandon('1', { since: 0, until: 0, by: 'test' });
    return begun.status === 'unclear' ? begun.earlier : undefined;
  };

  it('stands while the service is asked', async () => {
    const d = setUp();
    const answer = Promise.withResolvers<Outcome>();
    d.service.outcomes = [answer.promise];
    const attempting = d.attempt(await d.claim('1'));
    await expect.poll(() => d.service.outcomes).toEqual([]);
    expect(await markOf(d)).toMatchObject({ since: start, until: start + minute });
    answer.resolve({ status: 'sent' });
    await attempting;
  });

  it('goes when the message has certainly not arrived', async () => {
    const d = setUp();
    d.service.outcomes = [busy];
    await d.attempt(await d.claim('1'));
    expect(await markOf(d)).toBeUndefined();
  });

  it('stays for a moment when nobody knows; then the service is told since when to look', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.service.outcomes = [timeout];
    expect(await d.attempt(delivery)).toMatchObject({ status: 'later', counts: true });
    const until = start + 2_000;
    expect(await markOf(d)).toMatchObject({ since: start, until });
    expect(await d.attempt(delivery)).toEqual(notBefore(until));
    expect(d.service.asked).toMatchObject([undefined]);
    d.clock.set(until);
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    expect(d.service.asked).toMatchObject([undefined, { since: start }]);
  });

  it('names the first attempt of which nobody knows, however many follow', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.service.outcomes = [timeout, timeout];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await d.attempt(delivery, { attempt });
      d.clock.skip(minute);
    }
    expect(d.service.asked).toMatchObject([undefined, { since: start }, { since: start }]);
  });

  it('of a process that was killed is waited for, and then taken over', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    const until = start + minute;
    await d.store.begin('1', { since: start, until, by: 'killed' });
    expect(await d.attempt(delivery)).toEqual(notBefore(until));
    d.clock.set(until);
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    expect(d.service.asked).toMatchObject([{ since: start }]);
  });

  it('that is further ahead than any attempt lasts was made before the clock was set back', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    await d.store.begin('1', { since: start + 60 * minute, until: start + 61 * minute, by: 'ahead' });
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    expect(d.service.asked).toMatchObject([{ since: start + 60 * minute }]);
  });

  it('counts for what is sent under it: who was stopped meanwhile sends nothing', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    let departure: SendContext['departure'];
    const { service } = d;
    const send = service.send.bind(service);
    service.send = async (...args) => {
      departure = args[2].departure;
      return send(...args);
    };
    const stopped = Promise.withResolvers<Outcome>();
    service.outcomes = [stopped.promise];
    const first = d.attempt(delivery);
    await expect.poll(() => departure).toBeDefined();
    expect(departure?.isOpen()).toBe(true);
    d.clock.skip(minute - 2_000);
    expect(departure?.isOpen()).toBe(false);
    d.clock.skip(2_000);
    expect(await d.attempt(delivery)).toEqual({ status: 'done' });
    stopped.resolve({ status: 'retry', reason: 'too_late', error: 'too late' });
    await first;
    expect(service.sent).toHaveLength(1);
    expect(await d.isPending('1')).toBe(false);
  });

  it('that could not be taken away is looked at again later', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    d.service.outcomes = [busy];
    d.faults.abandon = ['before'];
    expect(await d.attempt(delivery)).toMatchObject({ status: 'later', counts: true });
    expect(await d.attempt(delivery)).toEqual(notBefore(start + minute));
  });

  it('is made by one of two who have the same job', async () => {
    const d = setUp();
    const delivery = await d.claim('1');
    const results = await Promise.all([d.attempt(delivery), d.attempt(delivery)]);
    expect(d.service.sent).toHaveLength(1);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['done', 'later']);
  });
});

describe('the mark of an attempt that is put off', () => {
  it('goes, and that of an earlier one which may have arrived stands again', async () => {
    const d = setUp({ pace: true });
    const to = { destination: { service: 'console', recipient: 'ops' } };
    await d.attempt(await d.claim('0', to));
    const delivery = await d.claim('1', to);
    expect(await d.attempt(delivery)).toMatchObject({ status: 'later', counts: false });
    const earlier = { since: start - minute, until: start, by: 'killed' };
    expect(await d.store.begin('1', earlier)).toMatchObject({ status: 'begun' });
    expect(await d.attempt(delivery)).toMatchObject({ status: 'later', counts: false });
    expect(await d.store.begin('1', { ...earlier, by: 'test' })).toMatchObject({
      status: 'unclear',
      earlier,
    });
    d.clock.set(start + 5_000);
    expect(await d.attempt(delivery, { waited: true })).toEqual({ status: 'done' });
    expect(d.service.asked).toEqual([undefined, { since: start - minute, until: start }]);
  });
});

describe('a tenant whose templates have used up its share', () => {
  it('waits, unmarked, until there is room, and nobody else does', async () => {
    const d = setUp({ selfService: true });
    const heavy = '{{ range until 90000 }}{{ $x := . }}{{ end }}done';
    const data = { 'herald.service.console': '{}', 'template.message': `message: '${heavy}'` };
    d.configurations.update(snapshot(data, { namespace: 'team' }));
    const claim = (id: string, configNamespace: string) =>
      d.claim(id, { configNamespace, destination: { service: 'console', recipient: id } });
    const answers: string[] = [];
    let waiting: Delivery | undefined;
    for (let index = 0; index < 100 && !waiting; index += 1) {
      const delivery = await claim(`t${index}`, 'team');
      const answer = await d.attempt(delivery);
      answers.push(answer.status);
      if (answer.status !== 'later') continue;
      expect(answer.counts).toBe(false);
      waiting = delivery;
      expect(answer.at).toBeGreaterThan(start);
      expect(answer.at).toBeLessThan(start + 2_000);
      d.clock.set(answer.at);
    }
    expect(answers.slice(0, -1).every((status) => status === 'done')).toBe(true);
    expect(answers.at(-1)).toBe('later');
    expect(await d.attempt(await claim('o', 'argocd'))).toEqual({ status: 'done' });
    expect(await d.attempt(waiting as Delivery)).toEqual({ status: 'done' });
    // No earlier attempt is looked for.
    expect(d.service.asked.every((asked) => asked === undefined)).toBe(true);
  });
});

describe('an attempt that took long to render', () => {
  /** `meanwhile`: happens while it is rendered. */
  async function slowly(meanwhile: (d: ReturnType<typeof setUp>) => void) {
    const d = setUp();
    const delivery = await d.claim('1');
    const answer = Promise.withResolvers<Outcome>();
    d.service.outcomes = [answer.promise];
    Object.defineProperty(d.configurations.get('argocd')?.services.get('console'), 'jsonFields', {
      get() {
        meanwhile(d);
        return [];
      },
    });
    const attempting = d.attempt(delivery);
    return { d, attempting, answer };
  }

  it('is marked anew, so that it has its time to send', async () => {
    const { d, attempting, answer } = await slowly(({ clock }) => {
      clock.set(start + 50_000);
    });
    await expect.poll(() => d.service.outcomes).toEqual([]);
    expect(await d.store.begin('1', { since: 0, until: 0, by: 'test' })).toMatchObject({
      status: 'unclear',
      earlier: { since: start, until: start + 50_000 + minute },
    });
    answer.resolve({ status: 'sent' });
    expect(await attempting).toEqual({ status: 'done' });
  });

  it('is not made where another process has taken it over meanwhile', async () => {
    const { d, attempting } = await slowly(({ clock, store }) => {
      if (clock.now() > start) return;
      clock.set(start + 2 * minute);
      void store
        .begin('1', { since: 0, until: 0, by: 'test' })
        .then((begun) =>
          begun.status === 'unclear'
            ? store.begin('1', { since: start, until: start + 3 * minute, by: 'other' }, begun.earlier)
            : undefined,
        );
    });
    expect(await attempting).toMatchObject({ status: 'later', counts: false });
    expect(d.service.asked).toEqual([]);
  });
});

describe('an error of a template', () => {
  it.each([
    '{{ fail (.secrets.token | toString) }}',
    '{{ fail (.secrets.token | toString | b64enc) }}',
    '{{ fail (.secrets.token | toString | trunc 9) }}',
    '{{ fail (.secrets.token | toString | quote) }}',
    '{{ mustToDate "2006" (.secrets.token | toString) }}',
  ])('shows nothing of the Secret: %s', async (message) => {
    const d = setUp({ data: { ...configMap, 'template.message': JSON.stringify({ message }) } });
    await d.attempt(await d.claim('1'));
    const [parked] = await all(d.store.parked());
    expect(parked?.error).toContain('template message, message: ');
    expect(parked?.error).not.toMatch(/secret-v|c2VjcmV0|ret-value/);
  });
});

describe('a lane', () => {
  it('has its next one queued when one is settled, sent or parked', async () => {
    const d = setUp();
    const [first, second] = [await d.claim('1'), await d.claim('2')];
    await d.claim('3');
    expect(await d.attempt(second)).toEqual({ status: 'done' });
    expect(d.service.sent).toEqual([]);
    await d.attempt(first);
    expect(d.queue.held()).toEqual(['2']);
    d.service.outcomes = [refused];
    await d.attempt(second);
    expect(d.queue.held()).toEqual(['2', '3']);
  });

  /** Posts, and may keep to itself that it has; asked about an earlier attempt it looks whether that has arrived. */
  function forgetfulService(outcomes: ('sent' | 'busy' | 'refused' | 'lost' | 'posted and lost')[]) {
    const posted: string[] = [];
    const service: Service = {
      type: 'console',
      jsonFields: [],
      async send(_notification, _recipient, { deliveryId, earlier }) {
        await new Promise(setImmediate);
        if (earlier && posted.includes(deliveryId)) return { status: 'sent', earlier: 'found' };
        const outcome = outcomes.shift() ?? 'sent';
        if (outcome === 'busy') return busy;
        if (outcome === 'refused') return refused;
        if (outcome !== 'lost') posted.push(deliveryId);
        return outcome === 'sent' ? { status: 'sent' } : timeout;
      },
      close: () => Promise.resolve(),
    };
    return { service, posted };
  }

  it('keeps its order, and each is sent once, whatever two processes do and whatever fails', async () => {
    const outcome = fc.constantFrom('sent', 'busy', 'refused', 'lost', 'posted and lost');
    const fault = fc.constantFrom<Fault>('before', 'after', undefined, undefined);
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 12 }),
        fc.record({
          settle: fc.array(fault, { maxLength: 8 }),
          begin: fc.array(fault, { maxLength: 8 }),
          abandon: fc.array(fault, { maxLength: 4 }),
        }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 30 }),
        async (outcomes, faults, pauses) => {
          const { service, posted } = forgetfulService(outcomes.slice());
          const failing = structuredClone(faults) as { [call: string]: Fault[] };
          const d = setUp();
          const ledger = intercept(d.store, (call) => failing[call]?.shift());
          const processes = [1, 2].map(() =>
            startPipeline({ ledger, queue: d.queue, service, clock: d.clock }),
          );
          for (const id of ['1', '2', '3']) await d.claim(id);
          for (let round = 0; (await all(d.store.pending())).length > 0; round += 1) {
            if (round === 300) throw new Error('It does not come to an end');
            // As the sweeper does.
            for await (const ids of d.store.ready()) await d.queue.add(ids);
            await Promise.all(processes.map(({ deliver }) => d.queue.runAll(deliver)));
            d.clock.skip((pauses[round % pauses.length] ?? 0) * minute + 1_000);
          }
          const parked = (await all(d.store.parked())).map(({ delivery }) => delivery.id);
          expect(posted).toEqual(['1', '2', '3'].filter((id) => posted.includes(id)));
          expect([...new Set([...posted, ...parked])].toSorted()).toEqual(['1', '2', '3']);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('pace', () => {
  it('gives a slot to what is too fast for its recipient, and sends at that slot', async () => {
    const d = setUp({ pace: true });
    const [first, second] = [await d.claim('1'), await d.claim('2')];
    expect(await d.attempt(first)).toEqual({ status: 'done' });
    expect(await d.attempt(second)).toEqual(notBefore(start + 1_000));
    expect(d.service.sent).toHaveLength(1);
    d.clock.set(start + 1_000);
    expect(await d.attempt(second, { waited: true })).toEqual({ status: 'done' });
    expect(d.service.sent).toHaveLength(2);
  });

  it('lets Retry-After hold back that recipient and nobody else', async () => {
    const d = setUp({ pace: true });
    const to = (recipient: string) => ({ destination: { service: 'console', recipient } });
    d.service.outcomes = [{ ...busy, retryAfter: minute }];
    await d.attempt(await d.claim('1', to('ops')));
    expect(await d.attempt(await d.claim('2', to('dev')))).toEqual({ status: 'done' });
    expect(await d.attempt(await d.claim('3', { ...to('ops'), lane: 'another' }))).toEqual(
      notBefore(start + minute),
    );
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
  await d.attempt(await d.claim('1', { snapshots: [object] }));
  expect(d.service.sent[0]?.notification.message).toBe('a is Missing');
});
