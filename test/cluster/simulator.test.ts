import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../src/cluster/cluster-error.ts';
import type { Connection } from '../../src/cluster/connect.ts';
import { type Frame, readFrames } from '../../src/cluster/frames.ts';
import { argoPath } from '../../src/cluster/scope.ts';
import type { JsonObject } from '../../src/model.ts';
import { application, startCluster } from './support.ts';

// What the double promises to do as the real server does: the tests of the watches stand on it.

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
  it('pages over the revision of the first page', async () => {
    const { simulator, connection } = await startCluster();
    for (const name of ['a', 'b', 'c', 'd', 'e']) simulator.cluster.apply(application(name));
    const first = await list(connection, { limit: 2 });
    expect(first.names).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(3);

    simulator.cluster.remove({ kind: 'Application', namespace: 'argocd', name: 'd' });
    simulator.cluster.apply(application('bb'));
    const second = await list(connection, { limit: 2, continue: first.metadata.continue ?? '' });
    const third = await list(connection, { limit: 2, continue: second.metadata.continue ?? '' });
    expect([...second.names, ...third.names]).toEqual(['c', 'd', 'e']);
    expect(third.metadata.continue).toBeUndefined();
    expect(third.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

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

  it('selects by namespace, label and name', async () => {
    const { simulator, connection } = await startCluster();
    simulator.cluster.apply(application('a', { labels: { team: 'web', tier: '1' } }));
    simulator.cluster.apply(application('b', { labels: { team: 'data' } }));
    simulator.cluster.apply(application('c', { namespace: 'other', labels: { team: 'web' } }));
    const select = async (labelSelector: string) => (await list(connection, { labelSelector })).names;
    expect(await select('team=web')).toEqual(['a', 'c']);
    expect(await select('team in (web, data),!tier')).toEqual(['b', 'c']);
    expect(await select('team notin (web)')).toEqual(['b']);
    expect(await select('tier,team!=data')).toEqual(['a']);
    expect((await list(connection, {}, argocd)).names).toEqual(['a', 'b']);
    expect((await list(connection, { fieldSelector: 'metadata.name=b' })).names).toEqual(['b']);
    expect((await failure(list(connection, { labelSelector: 'a b' }))).status).toBe(400);
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

  it('refuses a stale revision, another uid, another content type and an absent object', async () => {
    const { simulator, connection } = await startCluster();
    simulator.cluster.apply(application('a'));
    expect((await failure(patch(connection, { metadata: { resourceVersion: '1' } }))).status).toBe(409);
    expect((await failure(patch(connection, { metadata: { uid: 'other' } }))).status).toBe(422);
    expect((await failure(patch(connection, {}, 'application/strategic-merge-patch+json'))).status).toBe(415);
    expect((await failure(connection.json({ path: `${argocd}/b` }))).status).toBe(404);
    const again = connection.json({ method: 'POST', path: argocd, body: application('a') });
    expect((await failure(again)).status).toBe(409);
    const nowhere = application('a', { namespace: 'nowhere' });
    const lost = connection.json({
      method: 'POST',
      path: argoPath('applications', 'nowhere'),
      body: nowhere,
    });
    expect((await failure(lost)).status).toBe(404);
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

  it('shows an object that begins or ceases to match as added or deleted', async () => {
    const { simulator, connection } = await startCluster();
    const { resourceVersion } = simulator.cluster.apply(application('a')).metadata as {
      resourceVersion: string;
    };
    simulator.cluster.apply(application('a', { labels: { team: 'web' } }));
    simulator.cluster.apply(application('a', { labels: { team: 'web' }, status: { n: 1 } }));
    simulator.cluster.apply(application('a'));
    const found = await frames(connection, { resourceVersion, labelSelector: 'team=web' }, 3);
    expect(found.map(shown)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
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

  it('shows nothing up to a revision that is not reached yet', async () => {
    const { simulator, connection } = await startCluster();
    simulator.cluster.apply(application('a'));
    const future = String(Number(simulator.cluster.revision()) + 2);
    const found = frames(connection, { resourceVersion: future, allowWatchBookmarks: true }, 1);
    await simulator.until(() => simulator.stats.openWatches() === 1);
    simulator.faults.watches.bookmark();
    for (const name of ['b', 'c', 'd']) simulator.cluster.apply(application(name));
    expect((await found).map(shown)).toEqual(['ADDED d']);
  });

  it('shows what ceases to match as it was when it did', async () => {
    const { simulator, connection } = await startCluster();
    simulator.cluster.apply(application('a', { labels: { team: 'web' }, status: { n: 1 } }));
    const resourceVersion = simulator.cluster.revision();
    simulator.cluster.apply(application('a', { labels: { team: 'data' }, status: { n: 2 } }));
    const [frame] = await frames(connection, { resourceVersion, labelSelector: 'team=web' }, 1);
    expect(frame).toMatchObject({
      type: 'DELETED',
      object: {
        metadata: { labels: { team: 'web' }, resourceVersion: simulator.cluster.revision() },
        status: { n: 1 },
      },
    });
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

  it('ends after timeoutSeconds, with a bookmark for those who want one', async () => {
    const { simulator, connection } = await startCluster();
    const { resourceVersion } = simulator.cluster.apply(application('a')).metadata as {
      resourceVersion: string;
    };
    const query = { resourceVersion, timeoutSeconds: 1 };
    const [without, wanted] = await Promise.all([
      frames(connection, query, 9),
      frames(connection, { ...query, allowWatchBookmarks: true }, 9),
    ]);
    expect(without).toEqual([]);
    expect(wanted.map((frame) => frame.type)).toEqual(['BOOKMARK']);
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
