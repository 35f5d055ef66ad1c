import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createReflector } from '../../src/cluster/reflector.ts';
import { readApplication } from '../../src/cluster/watch-applications.ts';
import type { Application, JsonObject } from '../../src/model.ts';
import { application, createProbe, quick, silentLog, startCluster, type TestCluster } from './support.ts';

// What a real API server (1.34) answers where rights are missing, after a restart, and to whoever takes gzip.

const role = (kind: string, name: string, rules: JsonObject[], namespace?: string): JsonObject => ({
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  rules,
});
const binding = (kind: string, name: string, roleKind: string, namespace?: string): JsonObject => ({
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  roleRef: { kind: roleKind, name },
  subjects: [{ kind: 'ServiceAccount', name: 'herald', namespace: 'argocd' }],
});

const manifests: JsonObject[] = [
  role(
    'Role',
    'own',
    [{ apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get', 'list', 'watch'] }],
    'argocd',
  ),
  binding('RoleBinding', 'own', 'Role', 'argocd'),
  role('ClusterRole', 'named', [
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['the-one'], verbs: ['get', 'list'] },
  ]),
  binding('ClusterRoleBinding', 'named', 'ClusterRole'),
  role('ClusterRole', 'there', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }]),
  binding('RoleBinding', 'there', 'ClusterRole', 'team-a'),
];

const argo = '/apis/argoproj.io/v1alpha1';

async function ask({ url }: TestCluster, path: string, init: RequestInit = {}) {
  const response = await fetch(`${url}${path}`, init);
  return { status: response.status, body: (await response.json()) as JsonObject };
}

describe('RBAC of the simulated API server', () => {
  it('answers 403 in the words of the real one', async () => {
    const cluster = await startCluster();
    cluster.simulator.setRoles(manifests);
    expect(await ask(cluster, `${argo}/applications`)).toEqual({
      status: 403,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message:
          'applications.argoproj.io is forbidden: User "system:serviceaccount:argocd:herald" cannot list resource "applications" in API group "argoproj.io" at the cluster scope',
        reason: 'Forbidden',
        details: { group: 'argoproj.io', kind: 'applications' },
        code: 403,
      },
    });
    const named = await ask(
      cluster,
      '/api/v1/namespaces/argocd/configmaps?fieldSelector=metadata.name%3Dargocd-notifications-cm',
    );
    expect(named.body).toMatchObject({
      message:
        'configmaps "argocd-notifications-cm" is forbidden: User "system:serviceaccount:argocd:herald" cannot list resource "configmaps" in API group "" in the namespace "argocd"',
      details: { name: 'argocd-notifications-cm', kind: 'configmaps' },
    });
  });

  it.each([
    [200, `${argo}/namespaces/argocd/applications`, 'its own namespace'],
    [403, `${argo}/namespaces/team-a/applications`, 'another namespace'],
    [403, `${argo}/namespaces/argocd/appprojects`, 'another resource'],
    [200, '/api/v1/secrets?fieldSelector=metadata.name%3Dthe-one', 'a name, by its field selector'],
    [403, '/api/v1/secrets?fieldSelector=metadata.name%3Danother', 'another name'],
    [403, '/api/v1/secrets', 'all names, where one is allowed'],
    [403, '/api/v1/secrets?watch=true&fieldSelector=metadata.name%3Dthe-one', 'another verb'],
    [200, '/api/v1/namespaces/team-a/configmaps', 'a ClusterRole bound in a namespace'],
    [403, '/api/v1/configmaps', 'a ClusterRole bound in a namespace, asked of all'],
  ])('answers %i to a list of %s: %s', async (status, path) => {
    const cluster = await startCluster();
    cluster.simulator.setRoles(manifests);
    expect((await ask(cluster, path)).status).toBe(status);
  });

  it('allows a Role to no other account, and a write to no reader', async () => {
    const cluster = await startCluster();
    cluster.simulator.setRoles(manifests);
    const write = {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{}',
    };
    const patch = await ask(cluster, `${argo}/namespaces/argocd/applications/a`, write);
    expect(patch.body.message).toContain('cannot patch resource "applications"');
    cluster.simulator.setRoles(manifests, { namespace: 'argocd', name: 'other' });
    expect((await ask(cluster, `${argo}/namespaces/argocd/applications`)).status).toBe(403);
  });
});

describe('a restart of the simulated API server', () => {
  it('refuses connections, then answers 403 and 429 until its caches are filled, and forgets revisions', async () => {
    let now = 0;
    const cluster = await startCluster({ now: () => now });
    const { simulator } = cluster;
    simulator.cluster.apply(application('a'));
    const before = simulator.cluster.revision();
    const watchPath = `${argo}/applications?watch=true&resourceVersion=${before}`;
    await simulator.shutDown();
    await expect(ask(cluster, `${argo}/applications`)).rejects.toThrow('fetch failed');

    await simulator.startAgain({ rolesMs: 100, storageMs: 200 });
    expect((await ask(cluster, `${argo}/applications`)).status).toBe(403);
    now = 150;
    expect((await ask(cluster, `${argo}/applications`)).status).toBe(200);
    const early = await fetch(`${cluster.url}${watchPath}`);
    expect([early.status, early.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await early.json()).toMatchObject({
      message: 'storage is (re)initializing',
      details: { retryAfterSeconds: 1 },
    });
    now = 250;
    expect(await ask(cluster, watchPath)).toMatchObject({
      status: 200,
      body: { type: 'ERROR', object: { code: 410, reason: 'Expired' } },
    });
    simulator.cluster.apply(application('b'));
  });
});

describe('the end of the simulated API server', () => {
  it('closes its watches, or leaves them open beside those of the next', async () => {
    const { simulator, connection } = await startCluster();
    simulator.cluster.apply(application('a'));
    const probe = createProbe<Application>();
    const reflector = createReflector<Application>(
      { connection, log: silentLog },
      {
        name: 'applications',
        path: `${argo}/applications`,
        read: readApplication,
        handlers: probe.handlers,
        timings: quick(),
      },
    );
    onTestFinished(() => reflector.stop());
    reflector.start();
    await simulator.until(() => simulator.stats.openWatches() === 1);
    await simulator.shutDown({ watchesGoOn: true });
    await expect(fetch(`${connection.server}/version`)).rejects.toThrow('fetch failed');
    simulator.cluster.apply(application('between'));
    await probe.until(() => probe.seen.includes('+between'));
    expect(reflector.state().restarts.ended).toBe(0);
    await simulator.startAgain();
    simulator.faults.watches.finish();
    simulator.cluster.apply(application('after'));
    await probe.until(() => probe.seen.includes('+after'));
    await simulator.until(() => simulator.stats.openWatches() === 1);
    await simulator.shutDown();
    expect(simulator.stats.openWatches()).toBe(0);
    simulator.cluster.apply(application('away'));
    await simulator.startAgain();
    await probe.until(() => probe.seen.includes('+away'));
    expect(probe.seen).toEqual(['+a', 'synced', '+between', '+after', '+away']);
  });
});

describe('compression of the simulated API server', () => {
  it('is for lists above 128 KiB, where gzip is accepted', async () => {
    const cluster = await startCluster();
    const { simulator, url } = cluster;
    for (let n = 0; n < 20; n += 1) {
      simulator.cluster.apply(application(`app-${n}`, { status: { text: 'x'.repeat(10_000) } }));
    }
    const raw = async (path: string, encoding: string) => {
      const { request } = await import('undici');
      const answer = await request(`${url}${path}`, { headers: { 'accept-encoding': encoding } });
      const body = Buffer.from(await answer.body.arrayBuffer());
      return { encoding: answer.headers['content-encoding'], body };
    };
    const plain = await raw(`${argo}/applications`, 'identity');
    expect(plain.encoding).toBeUndefined();
    const small = await raw(`${argo}/applications?limit=2`, 'gzip');
    expect(small.encoding).toBeUndefined();
    const packed = await raw(`${argo}/applications`, 'gzip, deflate');
    expect(packed.encoding).toBe('gzip');
    expect(packed.body.length).toBeLessThan(plain.body.length / 5);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect(simulator.stats.answers()).toMatchObject({ compressed: 1 });
  });
});
