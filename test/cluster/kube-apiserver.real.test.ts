import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/cluster/connect.ts';
import { createReflector, type Reflector } from '../../src/cluster/reflector.ts';
import type { ReflectorTimings } from '../../src/cluster/reflector-options.ts';
import { readApplication } from '../../src/cluster/watch-applications.ts';
import { textAt } from '../../src/json.ts';
import type { Application, JsonObject } from '../../src/model.ts';
import { application, degraded } from '../bridge/applications.ts';
import { configMap, startBridge } from '../bridge/start-bridge.ts';
import { combined, hasKubectl } from '../shipping/kustomize.ts';
import { type KubeApiServer, noApiServer, startApiServer } from './kube-apiserver.ts';
import { createProbe, type Probe, silentLog } from './support.ts';

/** What watches rely on, and Herald through the troubles of an API server, on a real one and under the Roles of config. */
const why = noApiServer ?? (hasKubectl ? undefined : 'skipped: no kubectl on this machine');
if (why !== undefined) console.info(`kube-apiserver: ${why}`);

const applications = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications';
const account = { namespace: 'argocd', name: 'herald' };

describe.skipIf(why !== undefined)('a real API server', () => {
  let server: KubeApiServer;
  beforeAll(async () => {
    server = await startApiServer();
    for (const manifest of await combined([])) {
      if (['ServiceAccount', 'Role', 'RoleBinding'].includes(manifest.kind)) await put(manifest);
    }
    await put(
      configMap({
        'trigger.on-x': `- when: app.status.health.status == 'Degraded'\n  send: [m]`,
        'template.m': 'message: "{{.app.metadata.name}}"',
      }),
    );
  });
  afterAll(() => server?.stop());

  const paths: Record<string, string> = {
    ServiceAccount: '/api/v1/namespaces/argocd/serviceaccounts',
    ConfigMap: '/api/v1/namespaces/argocd/configmaps',
    Secret: '/api/v1/namespaces/argocd/secrets',
    Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/argocd/roles',
    RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/argocd/rolebindings',
    Application: applications,
  };
  const pathOf = (object: JsonObject) =>
    `${paths[textAt(object, 'kind')]}/${textAt(object, 'metadata', 'name')}`;
  async function put(object: JsonObject): Promise<string> {
    const path = `${pathOf(object)}?fieldManager=test&force=true`;
    const stored = await server.ask('PATCH', path, object, 'application/apply-patch+yaml');
    return textAt(stored, 'metadata', 'resourceVersion');
  }
  const remove = (object: JsonObject) => server.ask('DELETE', pathOf(object));
  const shop = (name: string, status: JsonObject = {}) =>
    application(name, { subscriptions: { 'on-x': 'ops' }, status });

  interface Watched {
    probe: Probe<Application>;
    reflector: Reflector<Application>;
    stop(): Promise<void>;
  }

  async function watch(timings: Partial<ReflectorTimings> = {}, from?: string): Promise<Watched> {
    const { path: kubeconfig } = server.tokenKubeconfig(await server.tokenOf(account));
    const connection = connect({ kubeconfig });
    const probe = createProbe<Application>();
    const reflector = createReflector<Application>(
      { connection, log: silentLog },
      { name: 'applications', path: applications, read: readApplication, handlers: probe.handlers, timings },
    );
    async function stop(): Promise<void> {
      await reflector.stop();
      await connection.close();
    }
    onTestFinished(stop);
    reflector.start(from);
    return { probe, reflector, stop };
  }

  /** Removes every Application, whatever the test made. */
  async function empty(): Promise<void> {
    await server.ask('DELETE', applications);
  }

  it('lists in pages, and shows what is made, changed and deleted', async () => {
    onTestFinished(empty);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await put(shop(name));
    const { probe, reflector } = await watch({ pageSize: 2 });
    await probe.until(() => probe.seen.includes('synced'));
    expect(probe.seen).toEqual(['+a', '+b', '+c', '+d', '+e', 'synced']);
    await put(shop('c', degraded));
    await put(shop('f'));
    await remove(shop('a'));
    await probe.until(() => probe.seen.includes('-a'));
    expect(probe.seen.slice(6)).toEqual(['~c', '+f', '-a']);
    expect(reflector.state()).toMatchObject({ lists: 1, objects: 5 });
  });

  it('says by bookmarks how far it is, where nothing changes that is watched', async () => {
    onTestFinished(empty);
    await put(shop('a'));
    // One comes two seconds before a watch ends.
    const { probe, reflector } = await watch({ watchSeconds: [5, 5] });
    await probe.until(() => probe.seen.includes('synced'));
    // It says no more than it has seen of this kind, unless etcd tells it of its progress.
    const path = `${applications.replace('/argocd/', '/team-a/')}/elsewhere?fieldManager=test&force=true`;
    const first = reflector.revision();
    // A watch is told only of what comes after it has opened.
    for (let n = 0; reflector.revision() === first; n += 1) {
      const metadata = { name: 'elsewhere', namespace: 'team-a' };
      const elsewhere = { ...shop('elsewhere', { n }), metadata };
      await server.ask('PATCH', path, elsewhere, 'application/apply-patch+yaml');
      await delay(200);
    }
    await expect.poll(() => reflector.state().restarts.ended).toBeGreaterThan(0);
    expect(reflector.state().lists).toBe(1);
    expect(probe.seen).toEqual(['+a', 'synced']);
  });

  it('has forgotten what was compacted, and Herald comes to what it led to', async () => {
    onTestFinished(empty);
    for (const name of ['changed', 'deleted', 'same']) await put(shop(name));
    const first = await watch();
    await first.probe.until(() => first.probe.seen.includes('synced'));
    const from = first.reflector.revision();
    await first.stop();
    await put(shop('changed', degraded));
    await remove(shop('deleted'));
    await put(shop('new'));
    await server.compact();
    await server.shutDown();
    await server.startAgain();
    const { probe, reflector } = await watch({}, from);
    await probe.until(() => probe.seen.includes('synced'));
    expect(probe.upserts.map(({ name }) => name).sort()).toEqual(['changed', 'new', 'same']);
    expect(await reflector.caughtUp()).toBe('listed');
  });

  /** A bridge that has told of a first Application. */
  async function startTold() {
    onTestFinished(empty);
    const { path: kubeconfig } = server.tokenKubeconfig(await server.tokenOf(account));
    const bridge = await startBridge({ kubeconfig });
    await bridge.bridge.start();
    await put(shop('before', degraded));
    await bridge.sent(1);
    return bridge;
  }

  it('is away and comes back', async () => {
    const bridge = await startTold();
    await server.shutDown('SIGKILL');
    await server.startAgain();
    await put(shop('after', degraded));
    expect(await bridge.sent(2)).toEqual(['ops: before', 'ops: after']);
    expect(await bridge.obstacles()).toEqual([]);
  });

  it('is told to end while watches are open, and nothing is lost however they end', async () => {
    const bridge = await startTold();
    // It takes no more connections, but its watches go on, beside those of the next.
    const ended = server.shutDown();
    await server.startAgain();
    await put(shop('between', degraded));
    expect(await bridge.sent(2)).toEqual(['ops: before', 'ops: between']);
    await server.stopPrevious();
    await ended;
    await put(shop('after', degraded));
    expect(await bridge.sent(3)).toEqual(['ops: before', 'ops: between', 'ops: after']);
    expect(await bridge.obstacles()).toEqual([]);
  });

  it('takes a token back, and Herald goes on with the one that it finds instead', async () => {
    onTestFinished(empty);
    const bound = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bound' } };
    await put(bound);
    const taken = await server.tokenOf(account, 'bound');
    const kubeconfig = server.tokenKubeconfig(taken);
    const bridge = await startBridge({ kubeconfig: kubeconfig.path });
    await bridge.bridge.start();
    await put(shop('before', degraded));
    await bridge.sent(1);
    await remove(bound);
    await server.shutDown('SIGKILL');
    await server.startAgain();
    await put(shop('after', degraded));
    const asked = await server.fetch(applications, { headers: { authorization: `Bearer ${taken}` } });
    expect(asked.status).toBe(401);
    kubeconfig.write(await server.tokenOf(account));
    expect(await bridge.sent(2)).toEqual(['ops: before', 'ops: after']);
  });
});
