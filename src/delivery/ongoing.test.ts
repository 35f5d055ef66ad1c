import { describe, expect, it } from 'vitest';
import { all, committer } from '../../test/contract/ledger-fixtures.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Delivery, Outcome } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { application, configMap, degraded, series, snapshot } from '../testing/fixtures.ts';
import { type Fault, intercept } from '../testing/intercept.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { recordLog } from '../testing/recorded-log.ts';
import { createRecordingService } from '../testing/recording-service.ts';
import { startPipeline } from '../testing/start-pipeline.ts';
import { type ToldParts, toldDelivery } from '../testing/told.ts';
import { createMemoryQueue } from './memory-queue.ts';
import { reviveParked } from './revive.ts';

const start = Date.UTC(2026, 0, 1, 12);
const hour = 3_600_000;
const data = {
  ...configMap,
  'template.said':
    'message: "{{.app.metadata.name}} {{.alert.reason}} {{.alert.state}} {{.alert.severity}} {{.alert.labels.team}}"',
};
const refused: Outcome = { status: 'rejected', reason: 'no', error: 'no', scope: 'service' };

function setUp(options: { maxAge?: number } = {}) {
  const clock = createSimulatedClock(start);
  const store: Ledger = createMemoryLedger();
  const faults: { [call: string]: Fault[] } = {};
  const ledger = intercept(store, (call) => faults[call]?.shift());
  const service = createRecordingService('console');
  const queue = createMemoryQueue(clock);
  const pipeline = startPipeline({
    ledger,
    queue,
    service,
    clock,
    snapshots: [snapshot(data)],
    ...options,
  });
  const commit = committer(store);

  /** Makes a delivery and tries it once. */
  async function tell(parts: ToldParts = {}, more: Partial<Delivery> = {}) {
    const delivery = { ...toldDelivery(clock.now(), { templates: ['said'], ...parts }), ...more };
    await commit('scope', { add: [delivery] });
    return attempt(delivery.id);
  }
  const attempt = (id: string) =>
    pipeline.deliver({ id, attempt: 1, waited: false, signal: new AbortController().signal });
  const parked = async () => (await all(store.parked())).map(({ delivery }) => delivery.id);
  const texts = () => service.sent.map(({ notification }) => notification.message);
  return { ...pipeline, clock, store, queue, service, faults, commit, tell, attempt, parked, texts };
}

const end: ToldParts = {
  id: 'end',
  reason: 'all resolved',
  alerts: [{ state: 'resolved', endedAt: start, why: 'recovered' }],
};

describe('an ongoing notice', () => {
  it('tells the service of the alert, and renders its templates', async () => {
    const d = setUp();
    expect(await d.tell()).toEqual({ status: 'done' });
    await d.tell({ id: 'again', reason: 'repeated', ongoing: { isSilent: true } });
    await d.tell(end);
    const common = { key: 'root', severity: 'critical', since: start - hour };
    expect(d.service.alerts).toEqual([
      { ...common, state: 'firing', reason: 'first', isFollowUp: false, isSilent: false },
      { ...common, state: 'firing', reason: 'repeated', isFollowUp: true, isSilent: true },
      {
        ...common,
        state: 'resolved',
        reason: 'all resolved',
        endedAt: start,
        isFollowUp: true,
        isSilent: false,
      },
    ]);
    expect(d.texts()).toEqual([
      'shop first firing critical payments',
      'shop repeated firing critical payments',
      'shop all resolved resolved critical payments',
    ]);
  });

  it('has a default where no template is named, which says what is new in brief', async () => {
    const d = setUp();
    await d.tell();
    await d.tell({ ...end, templates: [] });
    expect(d.service.sent[1]?.notification).toEqual({
      message: [
        'Resolved: shop: on-degraded (critical)',
        'Resolved after 1h: recovered',
        'Since 2026-01-01 11:00 UTC, until 2026-01-01 12:00 UTC',
        'Application argocd/shop, project retail',
      ].join('\n'),
      brief: 'shop: Resolved after 1h: recovered',
    });
  });

  it('of a group is as severe as the worst of its alerts', async () => {
    const d = setUp();
    const alerts = [
      { severity: 'warning', since: start - 2 * hour },
      { name: 'b', severity: 'error' },
    ];
    await d.tell({ alerts, ongoing: { groupLabels: { project: 'retail' } } });
    expect(d.service.alerts).toMatchObject([{ severity: 'error', since: start - 2 * hour }]);
  });
});

it('a condition without an end has the severity of its condition in templates, and no alert in the context', async () => {
  const d = setUp();
  const [condition] = d.configurations.get('argocd')!.config.triggers.get('on-degraded')!.conditions;
  const { uid, namespace, name, project, object } = application('a', { status: degraded });
  const alerts = [
    {
      key: 'k',
      trigger: 'on-degraded',
      condition: condition!.id,
      oncePer: '',
      application: { uid, namespace, name, project },
    },
  ] as const;
  const { ongoing: _, ...plain } = toldDelivery(start, { templates: ['said'] });
  await d.commit('scope', { add: [{ ...plain, alerts, reason: 'matched', snapshots: [object] }] });
  await d.attempt('root');
  expect(d.texts()).toEqual(['a matched firing critical <no value>']);
  expect(d.service.alerts).toEqual([undefined]);
});

describe('a first message that never arrived', () => {
  async function neverArrived() {
    const d = setUp();
    d.service.outcomes = [refused];
    await d.tell();
    expect(await d.parked()).toEqual(['root']);
    return d;
  }

  it('has no end', async () => {
    const d = await neverArrived();
    expect(await d.tell(end)).toEqual({ status: 'done' });
    expect(d.texts()).toEqual([]);
    expect(await all(d.store.pending())).toEqual([]);
    expect(await d.parked()).toEqual(['root']);
    expect(d.sent).toEqual([]);
    expect(d.lines).toContainEqual(
      expect.objectContaining({
        level: 'info',
        msg: 'An end is not told: what it ends was given up before it arrived',
        delivery: 'end',
      }),
    );
    expect(await series(d.metrics, 'herald_delivery_outcomes_total')).toContain(
      'herald_delivery_outcomes_total{service="console",outcome="forgone",reason="never_told"} 1',
    );
  });

  it('lets what comes after the end in its lane go on', async () => {
    const d = await neverArrived();
    const next = toldDelivery(start, { id: 'next', ongoing: { root: 'next' } });
    await d.commit('scope', { add: [toldDelivery(start, end), next] });
    await d.attempt('end');
    expect(d.queue.held()).toContain('next');
  });

  it('is made up for by the next, which goes as the first; and then its end is told', async () => {
    const d = await neverArrived();
    await d.tell({ id: 'again', reason: 'repeated', templates: ['message'] });
    expect(d.service.alerts.at(-1)).toMatchObject({ key: 'root', reason: 'repeated', isFollowUp: false });
    expect(d.service.sent[0]?.notification).toEqual({
      message: expect.stringMatching(/^Still firing after 1h \(repeated\)\nshop is /),
      lead: 'Still firing after 1h (repeated)',
    });
    // It is not sent after all when the configuration is mended.
    expect(await d.parked()).toEqual([]);
    await d.tell(end);
    expect(d.service.alerts.at(-1)).toMatchObject({ state: 'resolved', isFollowUp: true });
    expect(d.service.sent).toHaveLength(2);
  });

  it('is not made up for by one that does not arrive either', async () => {
    const d = await neverArrived();
    d.service.outcomes = [refused];
    await d.tell({ id: 'again', reason: 'repeated' });
    await d.tell(end);
    expect(d.texts()).toEqual([]);
    expect((await d.parked()).toSorted()).toEqual(['again', 'root']);
  });

  it.each<Fault>(['before', 'after'])(
    'is made up for once, when noting so fails %s it is written',
    async (fault) => {
      const d = await neverArrived();
      d.faults.discard = [fault];
      await expect(d.tell({ id: 'again', reason: 'repeated' })).rejects.toThrow(/discard/);
      expect(await d.attempt('again')).toEqual({ status: 'done' });
      expect(d.service.sent).toHaveLength(1);
      expect(await d.parked()).toEqual([]);
    },
  );

  it('is asked for again when the store does not answer, and no mark is left', async () => {
    const d = await neverArrived();
    d.faults.parkedAmong = ['before'];
    await expect(d.tell(end)).rejects.toThrow(/parkedAmong/);
    expect(await d.attempt('end')).toEqual({ status: 'done' });
    expect(d.texts()).toEqual([]);
  });

  it('is not asked for by messages that follow none', async () => {
    const d = setUp();
    d.faults.parkedAmong = ['before'];
    await d.tell();
    expect(d.faults.parkedAmong).toHaveLength(1);
  });
});

describe('a first message that was given up, of which an attempt may have arrived', () => {
  const unclear: Outcome = { status: 'retry', reason: 'timeout', error: 'no answer', unclear: true };
  const refusedConnection: Outcome = { status: 'retry', reason: 'connection_refused', error: 'no' };
  const day = 24 * hour;

  async function maybeArrived(...outcomes: Outcome[]) {
    const d = setUp({ maxAge: day });
    d.service.outcomes = outcomes;
    await d.tell();
    await d.clock.advance(day);
    await d.attempt('root');
    expect(await d.parked()).toEqual(['root']);
    return d;
  }

  it.each<[what: string, outcomes: Outcome[]]>([
    ['no answer came until it was too old', [unclear, unclear]],
    ['it was refused after no answer had come', [unclear, refused]],
  ])('has an end that is told: %s', async (_what, outcomes) => {
    const d = await maybeArrived(...outcomes);
    await d.tell(end);
    expect(d.service.alerts.at(-1)).toMatchObject({ state: 'resolved', isFollowUp: true });
    expect(d.texts()).toHaveLength(1);
    expect(await d.parked()).toEqual(['root']);
  });

  it('has none where no attempt can have arrived', async () => {
    const d = await maybeArrived(refusedConnection, refusedConnection);
    await d.tell(end);
    expect(d.texts()).toEqual([]);
  });

  it('is made up for by the next, as one that never arrived is', async () => {
    const d = await maybeArrived(unclear, unclear);
    await d.tell({ id: 'again', reason: 'repeated', templates: ['message'] });
    expect(d.service.alerts.at(-1)).toMatchObject({ reason: 'repeated', isFollowUp: false });
    expect(await d.parked()).toEqual([]);
  });
});

describe('what is parked when the configuration is mended', () => {
  const change = { namespace: 'argocd', services: new Set(['console']), templates: new Set<string>() };
  const groupLabels = { project: 'retail' };

  /** What is handed out again of a notice that last said `told`; undefined: which is over. */
  async function revived(told: string | undefined, parts: ToldParts[] = [{}, { id: 'again' }]) {
    const ledger = createMemoryLedger();
    const queue = createMemoryQueue();
    const commit = committer(ledger);
    const deliveries = parts.map((each) => toldDelivery(start, each));
    const isGroup = deliveries[0]?.ongoing?.groupLabels !== undefined;
    const scope = isGroup ? 'notice' : 'uid-shop';
    await commit(scope, { add: deliveries });
    for (const { id } of deliveries)
      await ledger.settle(id, { status: 'rejected', at: start, reason: 'no', error: 'no', scope: 'service' });
    const notice = {
      configNamespace: 'argocd',
      destination: { service: 'console', recipient: 'ops' },
      createdAt: start,
      told: { at: start, root: 'root', delivery: told ?? '', firing: {}, acknowledged: [] },
    };
    if (told) await commit(scope, { put: [{ kind: 'ongoing', key: 'notice', value: notice }] });
    await reviveParked({ ledger, queue, log: recordLog().log }, change, 0);
    return (await all(ledger.pending())).map(({ id }) => id);
  }

  it('is sent where it is the last that was said, and what was said before is not', async () => {
    expect(await revived('root', [{}])).toEqual(['root']);
    expect(await revived('again')).toEqual(['again']);
    expect(
      await revived('again', [{ ongoing: { groupLabels } }, { id: 'again', ongoing: { groupLabels } }]),
    ).toEqual(['again']);
  });

  it('is not sent where it has ended; an end is', async () => {
    expect(await revived(undefined)).toEqual([]);
    expect(await revived(undefined, [end])).toEqual(['end']);
  });
});
