import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model.ts';
import { compileTrigger } from './schema.ts';

const time = (minute: number) => `2026-11-22T10:${String(minute).padStart(2, '0')}:00Z`;

const app: JsonObject = {
  metadata: { name: 'a', labels: { env: 'prod' }, creationTimestamp: time(1) },
  spec: { project: 'default', syncPolicy: {} },
  status: {
    health: { status: 'Degraded', lastTransitionTime: time(20) },
    sync: { status: 'OutOfSync', revision: 'r' },
    operationState: { phase: 'Failed', startedAt: time(10), finishedAt: time(12), message: 'no' },
    conditions: [
      { type: 'ComparisonError', message: 'x', lastTransitionTime: time(5) },
      { type: 'SyncError', message: 'x', lastTransitionTime: time(7) },
      { type: 'OrphanedResourceWarning', message: 'x', lastTransitionTime: time(30) },
    ],
    history: [{ deployedAt: time(3) }, { deployedAt: time(4) }],
    resources: [{ kind: 'Deployment', health: { status: 'Degraded' } }],
    reconciledAt: time(40),
  },
};
const status = app.status as JsonObject;
const withStatus = (changed: JsonObject): JsonObject => ({ ...app, status: { ...status, ...changed } });
const deleted: JsonObject = {
  ...app,
  metadata: { ...(app.metadata as JsonObject), deletionTimestamp: time(50) },
};

/** The minute that the condition answers for an Application. */
function since(when: string, object: JsonObject = app): number | undefined {
  const { trigger, problems } = compileTrigger('t', JSON.stringify([{ when, send: ['x'] }]));
  expect(problems).toEqual([]);
  const at = trigger?.conditions[0]?.since?.(object);
  return at === undefined ? undefined : (at - Date.parse(time(0))) / 60_000;
}

describe('since when the object is as the condition reads it', () => {
  it.each([
    ["app.status.health.status == 'Degraded'", 20],
    ["app.status?.health?.status == 'Degraded'", 20],
    ['app["status"]["health"].status == "Degraded"', 20],
    ["let s = app.status; s.health.status == 'Degraded'", 20],
    ["app.status.health.status == 'Degraded' and app.metadata.labels.env == 'prod'", 20],
    ["app.status.health.status == 'Degraded' and app.spec.project != 'x' and context.a == ''", 20],
    ["app.status.health.status == 'Degraded' and app.metadata.deletionTimestamp == nil", 20],
    ["app.status.operationState.phase in ['Error', 'Failed']", 12],
    ['app.status.operationState.startedAt != nil', 10],
    ["app.status.operationState.phase == 'Failed' or app.status.health.status == 'Degraded'", 20],
    ["any(app.status.conditions, .type == 'SyncError')", 7],
    ["any(app.status.conditions, .type in ['ComparisonError', 'SyncError'])", 7],
    ["app.status.conditions | any(.type == 'ComparisonError')", 5],
    ["any(app.status.conditions, .type contains 'Warning')", 30],
    ["any(app.status.conditions, .type == 'SyncError') and app.status.health.status == 'Degraded'", 20],
    ['len(app.status.history) > 1', 4],
    ['app.status.reconciledAt != nil', 40],
    ['app.metadata.creationTimestamp != nil', 1],
  ])('%s', (when, minute) => {
    expect(since(when)).toBe(minute);
  });

  it('of an operation that runs it is its start, also while it waits for a retry', () => {
    const running = { phase: 'Running', startedAt: time(10), finishedAt: time(12) };
    const when = "app.status.operationState.phase == 'Running'";
    expect(since(when, withStatus({ operationState: running }))).toBe(10);
    expect(since(when, withStatus({ operationState: { phase: 'Running', startedAt: time(10) } }))).toBe(10);
  });

  it('of an Application that is being deleted it is when that was asked for', () => {
    expect(since('app.metadata.deletionTimestamp != nil', deleted)).toBe(50);
    expect(since("app.metadata.deletionTimestamp != nil and app.status.health.status != 'x'", deleted)).toBe(
      50,
    );
  });

  it('what is not there has not changed', () => {
    const never = withStatus({ operationState: undefined as never, conditions: [] });
    expect(
      since(
        "app.status.health.status == 'Degraded' and app.status?.operationState?.phase != 'Running'",
        never,
      ),
    ).toBe(20);
    expect(
      since("app.status.health.status == 'Degraded' and none(app.status.conditions, .type == 'x')", never),
    ).toBe(20);
  });

  it('keeps parts of a second', () => {
    const health = { status: 'Degraded', lastTransitionTime: '2026-11-22T10:00:00.250Z' };
    expect(since("app.status.health.status == 'Degraded'", withStatus({ health }))).toBe(0.25 / 60);
  });

  it.each([
    ["app.status.sync.status == 'OutOfSync'"],
    ["app.status.sync.status == 'OutOfSync' and app.status.health.status == 'Degraded'"],
    ["any(app.status.resources, .health.status == 'Degraded')"],
    ["get(app.status, 'health').status == 'Degraded'"],
    ["app.metadata.labels.env == 'prod'"],
    ['app.spec.syncPolicy.automated == nil'],
    ['app.operation != nil'],
    ["app.status.health.status == 'Degraded' and not shared.syncWindows.canSync"],
    ['true'],
    // The match begins when the clock says so.
    ['time.Now().Sub(time.Parse(app.status.health.lastTransitionTime)).Minutes() >= 15'],
    ['changes(app.status.health.status, "10m") > 3'],
    ["operationStartedAfter(app.status.health.status) and app.status.health.status == 'Degraded'"],
  ])('%s does not say', (when) => {
    expect(since(when)).toBeUndefined();
  });

  it.each([
    ["app.status.health.status == 'Degraded'", { health: { status: 'Degraded' } }],
    [
      "app.status.health.status == 'Degraded'",
      { health: { status: 'Degraded', lastTransitionTime: 'soon' } },
    ],
    ["app.status.operationState.phase == 'Failed'", { operationState: { phase: 'Failed' } }],
    ["any(app.status.conditions, .type == 'x')", { conditions: [{ type: 'x' }] }],
    ["app.status.health.status == 'Degraded'", { health: null }],
    ["app.status.health.status == 'Degraded'", { health: 'x' }],
    ["any(app.status.conditions, .type == 'x')", { conditions: 'x' }],
  ] as [string, JsonObject][])('%s of %j does not say', (when, changed) => {
    expect(since(when, withStatus(changed))).toBeUndefined();
  });
});
