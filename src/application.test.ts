import { expect, test } from 'vitest';
import {
  comparisons,
  identityOf,
  imagesOf,
  isNewborn,
  operationInfo,
  operationOf,
  projectOf,
  readTime,
  resourcesOf,
  revisionsFor,
  runningImages,
  sourcesOf,
  statusOf,
  syncedResources,
  syncedRevisions,
} from './application.ts';
import { briefOf } from './application-brief.ts';
import type { Json, JsonObject } from './model.ts';

/** As Argo CD's clients write an Application that nothing has compared yet. */
const empty = { health: {}, summary: {}, sync: { comparedTo: { source: { repoURL: '' } }, status: '' } };

test.each([
  [{}, true],
  [{ status: {} }, false],
  [{ status: empty }, true],
  [{ status: { sync: { status: 'OutOfSync' } } }, false],
  [{ status: { reconciledAt: '2026-01-01T00:00:00Z' } }, false],
  [{ status: { operationState: { phase: 'Running' } } }, false],
])('is newborn: %j %s', (object, expected) => {
  expect(isNewborn(object)).toBe(expected);
});

const odd: Json[] = [null, true, 7, 'text', [], ['text', null], {}, { status: [], spec: null }];
const fields = ['metadata', 'spec', 'status', 'operation'];
const inner = ['sync', 'health', 'operationState', 'resources', 'summary', 'sources', 'source', 'namespace'];

/** Every field at hand with every odd value, one at a time. */
const oddities: JsonObject[] = [
  {},
  ...odd.flatMap((value) => [
    ...fields.map((field) => ({ [field]: value })),
    ...fields.flatMap((field) => inner.map((name) => ({ [field]: { [name]: value } }))),
    { status: { operationState: { syncResult: value } } },
    { status: { operationState: { syncResult: { resources: value, revisions: value, revision: value } } } },
  ]),
];

test('what is of another type than it should be is absent', () => {
  for (const app of oddities) {
    const shown = {
      identity: Object.values(identityOf(app)),
      status: Object.values(statusOf(app)),
      operation: Object.values(operationOf(app)).filter((value) => typeof value !== 'boolean'),
      images: [...runningImages(app), ...imagesOf(syncedResources(app))],
      revisions: [
        ...syncedRevisions(app),
        ...revisionsFor(app, ['status', 'operationState', 'syncResult', 'revision']),
      ],
    };
    for (const value of Object.values(shown).flat()) expect(value).toBeTypeOf('string');
    for (const value of [...resourcesOf(app), ...syncedResources(app), ...sourcesOf(app)]) {
      expect(value).toEqual(expect.any(Object));
    }
    expect(comparisons(app)).toEqual([]);
    expect(briefOf(app)).toEqual(expect.objectContaining({ status: expect.any(Object) }));
    operationInfo(app);
  }
});

test('an operation is over, runs or has never been', () => {
  const of = (phase: string) => operationOf({ status: { operationState: { phase } } });
  for (const phase of ['Succeeded', 'Failed', 'Error'])
    expect(of(phase)).toMatchObject({ isOver: true, isRunning: false });
  for (const phase of ['Running', 'Terminating'])
    expect(of(phase)).toMatchObject({ isOver: false, isRunning: true });
  expect(operationOf({})).toMatchObject({ phase: '', isOver: false, isRunning: false, startedAt: '' });
});

test('a project that is not named, or by nothing, is the default one', () => {
  expect([{}, { spec: {} }, { spec: { project: '' } }, { spec: { project: 'shop' } }].map(projectOf)).toEqual(
    ['default', 'default', 'default', 'shop'],
  );
});

test('times are as Go reads them, and undefined where Go reads none', () => {
  expect(readTime('2026-01-01T00:00:00.5+01:00')).toMatchObject({
    seconds: 1767222000,
    nanosecond: 500_000_000,
  });
  expect(['', 'Jan 1 2026', '2026-01-01'].map(readTime)).toEqual([undefined, undefined, undefined]);
});

test('the brief form does not grow with the number of resources', () => {
  const app = (count: number): JsonObject => {
    const resources = Array.from({ length: count }, (_, i) => ({ kind: 'Pod', name: `pod-${i}` }));
    const revisions = { revision: 'r', revisions: ['r', 's'] };
    return {
      metadata: { name: 'shop' },
      status: {
        resources,
        health: { status: 'Healthy' },
        sync: { status: 'Synced', ...revisions, comparedTo: { resources } },
        operationState: {
          phase: 'Succeeded',
          startedAt: 'then',
          syncResult: { ...revisions, resources },
        },
      },
    };
  };
  expect(briefOf(app(1000))).toEqual(briefOf(app(0)));
  expect(briefOf(app(1))).toEqual({
    apiVersion: null,
    kind: null,
    metadata: { name: 'shop' },
    spec: {},
    status: {
      health: { status: 'Healthy' },
      sync: { status: 'Synced', revision: 'r', revisions: ['r', 's'] },
      operationState: {
        phase: 'Succeeded',
        startedAt: 'then',
        syncResult: { revision: 'r', revisions: ['r', 's'] },
      },
    },
  });
});
