import { describe, expect, it, test } from 'vitest';
import { all } from '../../test/contract/ledger-fixtures.ts';
import type { JsonObject } from '../model.ts';
import { application, series, snapshot } from '../testing/fixtures.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { startPipeline } from '../testing/start-pipeline.ts';

const subscriptions = { 'on-it': 'ops' };

function configMap(condition: object): Record<string, string> {
  return {
    'service.console': '{}',
    'template.message': 'message: m',
    'trigger.on-it': JSON.stringify([{ ...condition, send: ['message'] }]),
  };
}

/** The oncePer values of the messages after each event; a process for each event where `restarts`. */
async function play(
  condition: object,
  shapes: { status?: JsonObject; annotations?: Record<string, string> }[],
  restarts = false,
) {
  const ledger = createMemoryLedger();
  let term = 0;
  const start = () =>
    startPipeline({ ledger, snapshots: [snapshot(configMap(condition))], term: (term += 1) });
  let pipeline = start();
  const told: string[][] = [];
  let known = 0;
  for (const shape of shapes) {
    if (restarts) pipeline = start();
    pipeline.see(application('a', { subscriptions, ...shape }));
    await pipeline.done();
    const deliveries = await all(ledger.pending());
    told.push(deliveries.slice(known).map(({ alerts: [{ oncePer }] }) => oncePer));
    known = deliveries.length;
  }
  return { told, pipeline };
}

describe.each([false, true])('one sync is one message, with a restart before each event: %s', (restarts) => {
  const running = "app.status.operationState != nil and app.status.operationState.phase in ['Running']";
  const operation = (phase: string, more: JsonObject = {}) => ({
    status: { operationState: { phase, ...more } },
  });
  const sync = (revision: string, phase = 'Running') => operation(phase, { syncResult: { revision } });
  const ended = {
    status: { reconciledAt: '2026-11-28T03:00:00Z', operationState: { phase: 'Terminating' } },
  };

  test.each([
    ['app.status.operationState.syncResult.revision', ''],
    ['app.status.operationState?.syncResult?.revision', '<nil>'],
  ])('%s', async (oncePer, first) => {
    const shapes = [operation('Running'), sync('r1'), sync('r1'), ended, sync('r1')];
    const { told } = await play({ when: running, oncePer }, shapes, restarts);
    expect(told).toEqual([[first], [], [], [], []]);
  });

  it('is told of again when the revision changes under way', async () => {
    const oncePer = 'app.status.operationState.syncResult.revision';
    const shapes = [operation('Running'), sync('r1'), sync('r2')];
    const { told } = await play({ when: running, oncePer }, shapes, restarts);
    expect(told).toEqual([[''], [], ['r2']]);
  });

  it('of an Application with several sources, while the revisions of the comparison change', async () => {
    const of = (revisions: string[], synced?: string[]) => ({
      status: {
        sync: { revisions },
        operationState: {
          phase: 'Running',
          ...(synced === undefined ? {} : { syncResult: { revision: '', revisions: synced } }),
        },
      },
    });
    const oncePer = 'app.status.operationState?.syncResult?.revision';
    const synced = ['a2', 'b1'];
    const shapes = [of(['a1', 'b1']), of(['a2', 'b1']), of(['a2', 'b1'], synced), of(['a3', 'b1'], synced)];
    const { told } = await play({ when: running, oncePer }, shapes, restarts);
    expect(told).toEqual([['<nil>'], [], [], []]);
  });
});

describe('a oncePer that fails', () => {
  const condition = {
    when: "app.status.health.status == 'Healthy'",
    oncePer: 'app.metadata.name and app.metadata.annotations.pipeline/build-number',
  };
  const healthy = { status: { health: { status: 'Healthy' } } };
  const progressing = { status: { health: { status: 'Progressing' } } };

  it('still notifies, and is said when it is news, in log and metric', async () => {
    const { told, pipeline } = await play(condition, [healthy, healthy, progressing, healthy]);
    expect(told).toEqual([[''], [], [], ['']]);
    const lines = pipeline.lines.filter(({ msg }) => msg === 'Conditions could not be evaluated');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'warn',
      application: 'argocd/a',
      failures: [expect.stringMatching(/^on-it: oncePer: true or false is needed here, not string/)],
    });
    expect(await series(pipeline.metrics, 'herald_trigger_eval_errors_total')).toEqual([
      'herald_trigger_eval_errors_total{trigger="on-it"} 3',
    ]);
    expect(await series(pipeline.metrics, 'argocd_notifications_trigger_eval_total')).toContain(
      'argocd_notifications_trigger_eval_total{name="on-it",triggered="true"} 3',
    );
  });
});

describe('a release is one message', () => {
  const resource = (images: string[]) => ({ status: 'Synced', message: 'configured', images });
  const release = (running: string[], synced: string[], startedAt: string) => ({
    status: {
      health: { status: 'Healthy' },
      summary: { images: running },
      operationState: { phase: 'Running', startedAt, syncResult: { resources: [resource(synced)] } },
    },
  });
  const shapes = [
    release(['a:1'], ['a:1'], 't1'),
    release(['a:1', 'a:2'], ['a:2'], 't2'),
    release(['a:2'], ['a:2'], 't2'),
  ];

  it('with the images that the sync changed', async () => {
    const when = "app.status.health.status == 'Healthy'";
    const { told } = await play({ when, oncePer: 'shared.changedImages' }, shapes);
    expect(told).toEqual([['[a:1]'], ['[a:2]'], []]);
  });

  it('with the images that have settled', async () => {
    const when = "app.status.health.status == 'Healthy' and shared.settledImages != nil";
    const { told } = await play({ when, oncePer: 'shared.settledImages' }, shapes);
    expect(told).toEqual([['[a:1]'], [], ['[a:2]']]);
  });
});

describe.each([false, true])('a version is told of when it is deployed, with restarts: %s', (restarts) => {
  const version = 'app.metadata.annotations["imageversion"]';
  const condition = {
    when: `app.status.operationState?.phase == 'Succeeded' and app.status.health.status == 'Healthy' and operationStartedAfter(${version})`,
    oncePer: version,
  };
  const of = (imageversion: string, startedAt: string, phase = 'Succeeded', health = 'Healthy') => ({
    annotations: { imageversion },
    status: {
      health: { status: health },
      reconciledAt: '2026-11-28T03:00:00Z',
      operationState: { phase, startedAt, ...(phase === 'Running' ? {} : { finishedAt: startedAt }) },
    },
  });
  const [s1, s2, s3] = ['2026-11-28T01:00:00Z', '2026-11-28T02:00:00Z', '2026-11-28T02:30:00Z'] as const;

  it('by the sync that follows the annotation, not by the one that was there', async () => {
    const shapes = [
      of('v1', s1),
      of('v2', s1),
      of('v2', s1),
      of('v2', s2, 'Running'),
      of('v2', s2, 'Succeeded', 'Progressing'),
      of('v2', s2),
      of('v2', s3),
    ];
    const { told } = await play(condition, shapes, restarts);
    expect(told).toEqual([[], [], [], [], [], ['v2'], []]);
  });

  it('also where the annotation changes while another sync runs', async () => {
    const shapes = [
      of('v1', s1),
      of('v1', s2, 'Running'),
      of('v2', s2, 'Running'),
      of('v2', s2),
      of('v2', s3),
    ];
    const { told } = await play(condition, shapes, restarts);
    expect(told).toEqual([[], [], [], [], ['v2']]);
  });

  it('of a new Application with its first sync', async () => {
    const created = { annotations: { imageversion: 'v1' }, status: { health: { status: 'Missing' } } };
    const { told } = await play(condition, [created, of('v1', s1, 'Running'), of('v1', s1)], restarts);
    expect(told).toEqual([[], [], ['v1']]);
  });
});

describe('an operation without an end', () => {
  const stuck = {
    status: {
      sync: { status: 'OutOfSync', revision: 'r2' },
      reconciledAt: '2026-11-28T01:00:00Z',
      operationState: { phase: 'Succeeded', startedAt: '2026-11-27T10:00:00Z' },
    },
  };

  it('holds nothing up, and is said once', async () => {
    const { told, pipeline } = await play({ when: "app.status.sync.status == 'OutOfSync'" }, [stuck, stuck]);
    expect(told).toEqual([[''], []]);
    const lines = pipeline.lines.filter(({ msg }) => msg.startsWith('Operation is over and has no end'));
    expect(lines).toMatchObject([
      { level: 'warn', application: 'argocd/a', startedAt: '2026-11-27T10:00:00Z' },
    ]);
  });

  it('has a series, which goes with it', async () => {
    const when = "app.status.sync.status == 'OutOfSync'";
    const shown = async (operationState: Record<string, string>) => {
      const after = { status: { ...stuck.status, operationState } };
      const { pipeline } = await play({ when }, [stuck, after]);
      const text = await pipeline.metrics.expose();
      return text.split('\n').filter((line) => line.startsWith('herald_application_operation_stuck_since'));
    };
    const name = 'herald_application_operation_stuck_since_timestamp_seconds';
    expect(await shown(stuck.status.operationState)).toEqual([
      `${name}{name="a",namespace="argocd",project="default"} ${Date.UTC(2026, 10, 27, 10) / 1000}`,
    ]);
    expect(await shown({ phase: 'Running', startedAt: '2026-11-28T02:00:00Z' })).toEqual([]);
  });
});

describe('under self-service', () => {
  const message = 'Subscription to a trigger that is not configured';
  async function warned(trigger: string) {
    const tenant = { 'trigger.on-own': '- {when: "true", send: []}' };
    const pipeline = startPipeline({
      snapshots: [snapshot(configMap({ when: 'true' })), snapshot(tenant, { namespace: 'team' })],
      selfService: true,
    });
    pipeline.see(application('a', { namespace: 'team', subscriptions: { [trigger]: 'ops' } }));
    await pipeline.done();
    return pipeline.lines.filter(({ msg }) => msg === message).map((line) => line.trigger);
  }

  it.each([
    ['on-own', []],
    ['on-it', []],
    ['on-lost', ['on-lost']],
  ])('a subscription to %s is missed where neither namespace has the trigger', async (trigger, expected) => {
    expect(await warned(trigger)).toEqual(expected);
  });
});
