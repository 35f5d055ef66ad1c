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
