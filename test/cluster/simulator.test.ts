import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/cluster-error.ts';
import type { Connection } from '../../src/cluster/connect.ts';
import { type Frame, readFrames } from '../../src/cluster/frames.ts';
import { argoPath } from '../../src/cluster/scope.ts';
import type { JsonObject } from '../../src/model.ts';
import { application, startCluster } from './support.ts';

// What the double promises beyond what test/contract/api-server.ts holds it to with the real one: tests stand on it.

const all = argoPath('applications', undefined);
const argocd = argoPath('applications', 'argocd');

async function list(connection: Connection, query: Record<string, string | number> = {}, path = all) {
  const answer = await connection.json({ path, query });
  const metadata = answer.metadata as {
    resourceVersion: string;
    continue?: string;
    remainingItemCount?: number;
  };
  const names = (answer.items as { metadata: { name: string } }[]).map((item) => item.metadata.name);
  return { names, metadata };
}

async function failure(promise: Promise<unknown>): Promise<ClusterError> {
  return promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ClusterError);
      return error as ClusterError;
    },
  );
}

async function frames(
  connection: Connection,
  query: Record<string, string | number | boolean>,
  count: number,
) {
  const found: Frame[] = [];
  const chunks = await connection.stream({ path: all, query: { watch: true, ...query } });
  for await (const frame of readFrames(chunks)) {
    found.push(frame);
    if (found.length === count) break;
  }
  return found;
}

const shown = (frame: Frame): string =>
  'object' in frame ? `${frame.type} ${(frame.object.metadata as { name: string }).name}` : frame.type;

describe('lists of the simulated API server', () => {
  it('answers 410 to a continue token whose history is gone', async () => {
    const { simulator, connection } = await startCluster();
    for (const name of ['a', 'b']) simulator.cluster.apply(application(name));
    const first = await list(connection, { limit: 1 });
    simulator.faults.expireHistory();
    const error = await failure(list(connection, { limit: 1, continue: first.metadata.continue ?? '' }));
    expect([error.status, error.reason]).toEqual([410, 'Expired']);
  });

  it('pages of two readers do not disturb each other', async () => {
    const { simulator, connection } = await startCluster();
    for (const name of ['a', 'b', 'c']) simulator.cluster.apply(application(name));
    const [one, other] = [await list(connection, { limit: 2 }), await list(connection, { limit: 2 })];
    for (const { metadata } of [one, other]) {
      const rest = await list(connection, { limit: 2, continue: metadata.continue ?? '' });
      expect(rest.names).toEqual(['c']);
    }
  });

  it('lists built-in kinds without the kind of each item, and custom ones with it', async () => {
    const { simulator, connection } = await startCluster();
    simulator.cluster.apply(application('a'));
    simulator.cluster.apply({
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'argocd' },
      data: { k: 'v' },
    });
    const [custom] = (await connection.json({ path: all })).items as JsonObject[];
    const [builtIn] = (await connection.json({ path: '/api/v1/configmaps' })).items as JsonObject[];
    expect(custom?.kind).toBe('Application');
    expect(builtIn).toMatchObject({ metadata: { name: 'c' }, data: { k: 'v' } });
    expect(builtIn).not.toHaveProperty('kind');
  });
});

describe('writes to the simulated API server', () => {
  const patch = (connection: Connection, body: JsonObject, contentType = 'application/merge-patch+json') =>
    connection.json({ method: 'PATCH', path: `${argocd}/a`, body, contentType });

  it('assigns identity and revisions', async () => {
    const { simulator, connection } = await startCluster({ now: () => Date.parse('2026-11-22T12:00:00Z') });
    const created = simulator.cluster.apply(application('a'));
    expect(created.metadata).toMatchObject({
      uid: expect.any(String),
      creationTimestamp: '2026-11-22T12:00:00Z',
    });
    const same = simulator.cluster.apply(application('a'));
    expect(same).toEqual(created);
    const patched = await patch(connection, { metadata: { annotations: { x: '1', y: '2' } } });
    const removed = await patch(connection, { metadata: { annotations: { x: null } } });
    expect(removed.metadata).toMatchObject({ annotations: { y: '2' }, generation: 1 });
    const versions = [created, patched, removed].map((object) =>
      Number((object.metadata as JsonObject).resourceVersion),
    );
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });

  it('keeps what has finalizers, marked, until they are gone', async () => {
    const { simulator, connection } = await startCluster();
    const object = application('a');
    (object.metadata as JsonObject).finalizers = ['resources-finalizer.argocd.argoproj.io'];
    const { resourceVersion } = simulator.cluster.apply(object).metadata as { resourceVersion: string };
    const marked = await connection.json({ method: 'DELETE', path: `${argocd}/a` });
    expect((marked.metadata as JsonObject).deletionTimestamp).toEqual(expect.any(String));
    await patch(connection, { metadata: { finalizers: null } });
    expect(simulator.cluster.get({ kind: 'Application', namespace: 'argocd', name: 'a' })).toBeUndefined();
    const found = await frames(connection, { resourceVersion }, 2);
    expect(found.map(shown)).toEqual(['MODIFIED a', 'DELETED a']);
  });
});

describe('watches of the simulated API server', () => {
  it('starts with what there is where no revision is given, and replays what came after one', async () => {
    const { simulator, connection } = await startCluster();
    const { resourceVersion } = simulator.cluster.apply(application('a')).metadata as {
      resourceVersion: string;
    };
    expect((await frames(connection, {}, 1)).map(shown)).toEqual(['ADDED a']);
    simulator.cluster.apply(application('a', { status: { n: 1 } }));
    simulator.cluster.apply(application('b'));
    simulator.cluster.remove({ kind: 'Application', namespace: 'argocd', name: 'a' });
    expect((await frames(connection, { resourceVersion }, 3)).map(shown)).toEqual([
      'MODIFIED a',
      'ADDED b',
      'DELETED a',
    ]);
  });

  it('says in a frame that a revision is too old', async () => {
    const { simulator, connection } = await startCluster({ historyLimit: 2 });
    const { resourceVersion } = simulator.cluster.apply(application('a')).metadata as {
      resourceVersion: string;
    };
    for (let n = 0; n < 6; n += 1) simulator.cluster.apply(application('a', { status: { n } }));
    const [frame] = await frames(connection, { resourceVersion }, 1);
    expect(frame).toMatchObject({ type: 'ERROR', code: 410, reason: 'Expired' });
  });

  it('keeps a history for each resource, for so long', async () => {
    let now = Date.parse('2026-11-22T12:00:00Z');
    const { simulator, connection } = await startCluster({
      historyLimit: 3,
      historyMs: 60_000,
      now: () => now,
    });
    simulator.cluster.apply(application('a'));
    const resourceVersion = simulator.cluster.revision();
    for (let n = 0; n < 3; n += 1) simulator.cluster.apply(application('a', { status: { n } }));
    const configMap = { kind: 'ConfigMap', metadata: { name: 'c', namespace: 'argocd' } };
    for (let n = 0; n < 9; n += 1) simulator.cluster.apply({ ...configMap, data: { n: String(n) } });
    expect((await frames(connection, { resourceVersion }, 3)).map(shown)).toEqual(
      Array.from({ length: 3 }, () => 'MODIFIED a'),
    );
    now += 60_001;
    simulator.cluster.apply(application('a', { status: { n: 9 } }));
    expect((await frames(connection, { resourceVersion }, 1)).map(shown)).toEqual(['ERROR']);
    const latest = String(Number(simulator.cluster.revision()) - 1);
    expect((await frames(connection, { resourceVersion: latest }, 1)).map(shown)).toEqual(['MODIFIED a']);
  });

  it('forgets its history up to a revision', async () => {
    const { simulator, connection } = await startCluster();
    const revisions = ['a', 'b', 'c'].map((name) => {
      simulator.cluster.apply(application(name));
      return simulator.cluster.revision();
    });
    const [a = '', b = ''] = revisions;
    simulator.cluster.compact(b);
    expect((await frames(connection, { resourceVersion: a }, 1)).map(shown)).toEqual(['ERROR']);
    expect((await frames(connection, { resourceVersion: b }, 1)).map(shown)).toEqual(['ADDED c']);
  });

  it('interrupts a watch that is opened later, after so many frames', async () => {
    const { simulator, connection } = await startCluster();
    simulator.cluster.apply(application('a'));
    const resourceVersion = simulator.cluster.revision();
    for (const name of ['b', 'c', 'd']) simulator.cluster.apply(application(name));
    simulator.faults.watches.interrupt(
      { after: 2, how: 'finish' },
      { after: 1, how: 'expire' },
      { after: 0, how: 'truncated' },
    );
    const seen = [];
    for (let n = 0; n < 4; n += 1) seen.push((await frames(connection, { resourceVersion }, 3)).map(shown));
    expect(seen).toEqual([
      ['ADDED b', 'ADDED c'],
      ['ADDED b', 'ERROR'],
      ['malformed'],
      ['ADDED b', 'ADDED c', 'ADDED d'],
    ]);
  });

  it('has no endpoint for a resource whose definition is absent', async () => {
    const { simulator, connection } = await startCluster({ absent: ['applicationsets'] });
    const path = argoPath('applicationsets', undefined);
    expect((await failure(connection.json({ path }))).status).toBe(404);
    simulator.cluster.setInstalled('applicationsets', true);
    expect((await connection.json({ path })).items).toEqual([]);
  });
});

describe('access reviews of the simulated API server', () => {
  const review = async (connection: Connection, resourceAttributes: JsonObject): Promise<unknown> => {
    const answer = await connection.json({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    });
    return (answer.status as JsonObject).allowed;
  };

  it('answer as RBAC decides, by verb, group, namespace and name', async () => {
    const { simulator, connection } = await startCluster();
    const watching = { verb: 'watch', group: 'argoproj.io', resource: 'applications', namespace: 'argocd' };
    expect(await review(connection, watching)).toBe(true);
    const metadata = { name: 'herald', namespace: 'argocd' };
    const rules = [
      { apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['list'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['cm'], verbs: ['list'] },
    ];
    const roleRef = { kind: 'Role', name: 'herald' };
    const subjects = [{ kind: 'ServiceAccount', ...metadata }];
    simulator.setRoles([
      { kind: 'Role', metadata, rules },
      { kind: 'RoleBinding', metadata, roleRef, subjects },
    ]);
    expect(await review(connection, watching)).toBe(false);
    expect(await review(connection, { ...watching, verb: 'list' })).toBe(true);
    expect(await review(connection, { ...watching, verb: 'list', namespace: '' })).toBe(false);
    const configMaps = { verb: 'list', group: '', resource: 'configmaps', namespace: 'argocd' };
    expect(await review(connection, configMaps)).toBe(false);
    expect(await review(connection, { ...configMaps, name: 'cm' })).toBe(true);
  });
});
