import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createWatchScope } from '../../src/cluster/scope.ts';
import { isObject, textAt } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { application, degraded } from '../bridge/applications.ts';
import { type InProcessBridge, startBridge } from '../bridge/start-bridge.ts';
import { type KubeApiServer, noApiServer, startApiServer } from '../cluster/kube-apiserver.ts';
import { argoHelmValues, renderChart } from './chart.ts';
import { allComponents, combined, hasKubectl, type Manifest } from './kustomize.ts';
import { configuration, type Shipped } from './roles.ts';

/** What `config/` ships, applied to a real API server, and the bridge under its Roles. */
const why = noApiServer ?? (hasKubectl ? undefined : 'skipped: no kubectl on this machine');
if (why !== undefined) console.info(`kube-apiserver: ${why}`);

const argo = '/apis/argoproj.io/v1alpha1';
const everything: JsonObject = {
  ...argoHelmValues,
  anyNamespace: { enabled: true, namespaces: ['team-*'] },
  selfService: { enabled: true },
  networkPolicy: { repoServer: true },
  metrics: { ...argoHelmValues.metrics, rules: { enabled: true } },
  notifiedAnnotation: 'write',
  replicas: 3,
  queue: { url: 'redis://:secret@redis:6379' },
};

describe.skipIf(why !== undefined)('on a real API server', () => {
  let server: KubeApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(() => server?.stop());

  /** As a user does: kubectl, with the objects on its standard input. */
  async function kubectl(args: readonly string[], objects: readonly Manifest[]) {
    const running = promisify(execFile)('kubectl', ['--kubeconfig', server.kubeconfig, ...args, '-f', '-'], {
      maxBuffer: 16 * 1024 * 1024,
    });
    running.child.stdin?.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    return running;
  }

  /** Answers what became of each object. */
  async function apply(objects: readonly Manifest[]): Promise<string[]> {
    onTestFinished(() => remove(objects));
    const { stdout, stderr } = await kubectl(['apply', '--server-side'], objects);
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  }

  async function remove(objects: readonly Manifest[]): Promise<void> {
    await kubectl(['delete', '--wait=false', '--ignore-not-found'], objects);
  }

  /** As they are, but for who has set what when, which the API server notes for a PersistentVolumeClaim each time. */
  async function stored(objects: readonly Manifest[]): Promise<Manifest[]> {
    const { stdout } = await kubectl(['get', '-o', 'json'], objects);
    const { items } = JSON.parse(stdout) as { items: Manifest[] };
    return items.map(
      ({ metadata: { resourceVersion: _version, managedFields: _fields, ...kept }, ...rest }) => ({
        ...rest,
        metadata: kept,
      }),
    );
  }

  describe('server-side apply takes', () => {
    const all: [string, () => Promise<Manifest[]> | Manifest[]][] = [
      ['config', () => combined([])],
      ...allComponents.map((name): [string, () => Promise<Manifest[]>] => [
        `config with ${name}`,
        () => combined([name]),
      ]),
      ['config with all of these', () => combined(allComponents)],
      ['config/catalogue with incident-groups', () => combined(['incident-groups'], { folder: 'catalogue' })],
      ['config/overlays/ha', () => combined([], { folder: 'overlays/ha' })],
      ['config/overlays/monitored', () => combined([], { folder: 'overlays/monitored' })],
      ['the chart', () => renderChart()],
      ["the chart with argo-helm's values", () => renderChart(argoHelmValues)],
      ['the chart with everything', () => renderChart(everything)],
    ];

    it.each(all)('%s, and changes nothing the second time', async (_name, manifests) => {
      const objects = (await manifests()).map((each) => inNamespace(each));
      const applied = await apply(objects);
      expect(applied).toHaveLength(objects.length);
      const before = await stored(objects);
      await apply(objects);
      expect(await stored(objects)).toEqual(before);
    });

    it('no field that it does not know', async () => {
      const [object] = (await combined([])).filter(({ kind }) => kind === 'Deployment');
      object.spec.template.spec.containers[0].imagePolicy = 'Always';
      await expect(apply([inNamespace(object)])).rejects.toThrow('imagePolicy');
    });
  });

  const shipped: [string, Shipped, 'annotates'?][] = [
    ['config', {}],
    ['config/overlays/ha', { folder: 'overlays/ha' }],
    ['config and mirror-annotation', { components: ['mirror-annotation'] }, 'annotates'],
    [
      'config, applications-in-any-namespace and self-service',
      { components: ['applications-in-any-namespace', 'self-service'], tenants: ['team-a'] },
    ],
  ];

  it.each(shipped)(
    'the Roles of %s are enough, and nothing is asked for beyond',
    async (_name, given, annotates) => {
      const { folder = '.', components: added = [], tenants = [] } = given;
      const manifests = (await combined(added, { folder })).map((each) => inNamespace(each));
      await apply(manifests);
      const { name, namespace: own } =
        manifests.find(({ kind }) => kind === 'ServiceAccount')?.metadata ?? {};
      const account = { name, namespace: own };
      for (const namespace of ['argocd', ...tenants]) {
        const path = `/api/v1/namespaces/${namespace}`;
        await put(`${path}/configmaps`, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'argocd-notifications-cm' },
          data: { ...configuration, 'service.slack': 'token: $my-slack:token' },
        });
        await put(`${path}/secrets`, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'my-slack', labels: { 'app.kubernetes.io/part-of': 'argocd' } },
          stringData: { token: 'xoxb-1' },
        });
      }
      // As the README has tenants do who keep tokens in Secrets of their own.
      for (const namespace of tenants) {
        await put(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'herald-labelled-secrets' },
          roleRef: {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: 'ClusterRole',
            name: 'herald-labelled-secrets',
          },
          subjects: [{ kind: 'ServiceAccount', ...account }],
        });
      }
      const isSelfService = tenants.length > 0;
      const { path: kubeconfig } = server.tokenKubeconfig(await server.tokenOf(account));
      const refusedBefore = await refused();
      const bridge = await startBridge({
        kubeconfig,
        scope: createWatchScope('argocd', isSelfService ? ['team-*'] : []),
        selfService: isSelfService,
        notifiedAnnotation: annotates ? 'write' : 'read',
      });
      await bridge.bridge.start();
      let count = 0;
      for (const namespace of ['argocd', ...tenants]) {
        await put(`${argo}/namespaces/${namespace}/applications`, told(namespace));
        expect((await bridge.sent(++count)).at(-1)).toBe(`ops: shop-${namespace}`);
        await put(`${argo}/namespaces/${namespace}/applications`, mistyped(namespace));
        const events = `/api/v1/namespaces/${namespace}/events?fieldSelector=involvedObject.name%3Dtypo`;
        await expect.poll(async () => itemsOf(await server.ask('GET', events))).toHaveLength(1);
      }
      const shop = () => server.ask('GET', `${argo}/namespaces/argocd/applications/shop-argocd`);
      await expect
        .poll(async () => JSON.stringify(await shop()).includes('notified.notifications.argoproj.io'))
        .toBe(annotates === 'annotates');
      expect(await bridge.obstacles()).toEqual([]);
      expect(rightsMissing(bridge)).toEqual([]);
      expect(await refused()).toBe(refusedBefore);
      await bridge.stop();
      for (const namespace of ['argocd', ...tenants]) {
        await server.ask('DELETE', `${argo}/namespaces/${namespace}/applications`);
        await server.ask('DELETE', `/api/v1/namespaces/${namespace}/events`);
      }
      await remove(manifests);
    },
  );

  /** Makes the object, or replaces it. */
  async function put(path: string, object: JsonObject): Promise<void> {
    const name = textAt(object, 'metadata', 'name');
    const query = '?fieldManager=test&force=true';
    await server.ask('PATCH', `${path}/${name}${query}`, object, 'application/apply-patch+yaml');
  }

  /** How many requests were answered 403 since the API server started. */
  async function refused(): Promise<number> {
    const response = await server.fetch('/metrics', { headers: { authorization: `Bearer ${server.token}` } });
    return (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('apiserver_request_total{code="403"'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
});

/** As `kubectl -n argocd apply`. */
function inNamespace(manifest: Manifest): Manifest {
  const isWide = /^(ClusterRole|ClusterRoleBinding|Namespace)$/.test(manifest.kind);
  return isWide ? manifest : { ...manifest, metadata: { namespace: 'argocd', ...manifest.metadata } };
}

const told = (namespace: string) =>
  application(`shop-${namespace}`, {
    namespace,
    subscriptions: { 'on-health-degraded': 'ops' },
    status: degraded,
  });
const mistyped = (namespace: string) =>
  application('typo', { namespace, annotations: { 'notifications.argoproj.io/subscibe.x.slack': 'ops' } });

const itemsOf = ({ items }: JsonObject) => (Array.isArray(items) ? items.filter(isObject) : []);

const rightsMissing = ({ lines }: InProcessBridge) =>
  lines.filter(({ msg, level }) => level !== 'info' && /right|refuses|Event/.test(msg));
