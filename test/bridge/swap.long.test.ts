import { expect, onTestFinished, test } from 'vitest';
import type { RbacManifests } from '../../simulator/kubernetes/rbac.ts';
import type { JsonObject } from '../../src/model.ts';
import { embeddedStore } from '../contract/stores.ts';
import { argoHelmValues, renderChart } from '../shipping/chart.ts';
import { combined, hasKubectl } from '../shipping/kustomize.ts';
import { application, degraded, healthy, named, type Subscriptions, succeeded } from './applications.ts';
import { type ArgocdNotifications, createArgocdNotifications } from './argocd-notifications.ts';
import { createWorld, seen, type World } from './world.ts';

// From argocd-notifications-controller to Herald, in each of the documented ways: what was sent is not sent again, what
// came to be in between is sent, and so is all that comes after.

const configuration = {
  'trigger.on-health-degraded': `- when: app.status?.health?.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
  'trigger.on-sync-succeeded': `- when: app.status?.operationState?.phase == 'Succeeded'
  oncePer: app.status?.sync?.revision
  send: [synced]
`,
  'template.synced': 'message: "{{.app.metadata.name}} has {{.app.status.sync.revision}}"\n',
};

const both: Subscriptions = { 'on-health-degraded': 'alerts', 'on-sync-succeeded': 'deployments' };
const serviceAccount = { namespace: 'argocd', name: 'argocd-notifications-controller' };

/** What argocd-notifications' own manifests allow: neither Events nor ApplicationSets are among it. */
const argocdsRole: RbacManifests = [
  {
    kind: 'Role',
    metadata: { name: serviceAccount.name, namespace: 'argocd' },
    rules: [
      {
        apiGroups: ['argoproj.io'],
        resources: ['applications', 'appprojects'],
        verbs: ['get', 'list', 'watch', 'update', 'patch'],
      },
      { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['list', 'watch'] },
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['argocd-notifications-cm'],
        verbs: ['get'],
      },
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['argocd-notifications-secret'],
        verbs: ['get'],
      },
    ],
  },
  {
    kind: 'RoleBinding',
    metadata: { name: serviceAccount.name, namespace: 'argocd' },
    roleRef: { kind: 'Role', name: serviceAccount.name },
    subjects: [{ kind: 'ServiceAccount', ...serviceAccount }],
  },
];

interface Way {
  queue?: string;
  flags?: string[];
  roles: RbacManifests;
  account?: typeof serviceAccount;
  /** What else happens while nobody runs. */
  meanwhile?(world: World): void;
}

async function prepare({ queue, flags = [], roles, account }: Way): Promise<[World, ArgocdNotifications]> {
  const prepared = queue === undefined ? await embeddedStore().prepare() : undefined;
  const world = await createWorld({ queue: queue ?? prepared?.url ?? '', flags });
  onTestFinished(async () => {
    await world.close();
    await prepared?.remove();
  });
  world.kubernetes.setRoles(roles, account);
  world.configure(configuration);
  return [world, createArgocdNotifications(world)];
}

const apply = (world: World, name: string, status: JsonObject) =>
  world.cluster.apply(application(name, { subscriptions: both, status }));
const patch = (world: World, name: string, to: JsonObject) => world.cluster.patch(named(name), to);
const sync = (world: World, name: string, revision: string) => patch(world, name, succeeded(revision));

const texts = (world: World) =>
  seen(world)
    .map(({ text }) => text)
    .toSorted();

/** Resolves when exactly this has been told, and everything before has been decided. */
async function untilTold(world: World, expected: string[]): Promise<void> {
  await world.slack.until(() => seen(world).length >= expected.length);
  await world.decided();
  expect(texts(world)).toEqual(expected.toSorted());
}

async function swap(way: Way): Promise<{ world: World; old: ArgocdNotifications; told: string[] }> {
  const [world, old] = await prepare(way);
  const { slack } = world;
  apply(world, 'shop', degraded);
  apply(world, 'cart', healthy);
  apply(world, 'search', healthy);
  old.start();
  sync(world, 'cart', 'r1');
  await slack.until(() => seen(world).length === 2);
  await old.stop();

  // Nobody runs.
  patch(world, 'search', { status: degraded });
  sync(world, 'cart', 'r2');
  way.meanwhile?.(world);

  await world.start();
  const told = ['shop is degraded', 'cart has r1', 'search is degraded', 'cart has r2'];
  await untilTold(world, told);

  patch(world, 'shop', { status: healthy });
  await world.decided();
  patch(world, 'shop', { status: degraded });
  sync(world, 'cart', 'r3');
  // A revision that argocd-notifications has told of.
  sync(world, 'search', 'r9');
  told.push('shop is degraded', 'cart has r3', 'search has r9');
  await untilTold(world, told);
  sync(world, 'cart', 'r1');
  await untilTold(world, told);

  await world.restart();
  sync(world, 'cart', 'r4');
  told.push('cart has r4');
  await untilTold(world, told);
  return { world, old, told };
}

test("the image in argocd-notifications' own manifests, under its Role and with its arguments", async () => {
  const { world, old, told } = await swap({
    queue: 'memory:',
    flags: [
      '--loglevel=info',
      '--namespace=argocd',
      '--argocd-repo-server=argocd-repo-server:8081',
      '--secret-name=argocd-notifications-secret',
      '--config-map-name=argocd-notifications-cm',
    ],
    roles: argocdsRole,
    account: serviceAccount,
  });
  expect(world.logs.filter(({ level }) => level === 'error')).toEqual([]);

  // And back: the annotation says what Herald has told.
  await world.settled();
  await world.herald.stop();
  old.start();
  sync(world, 'cart', 'r5');
  await world.slack.until(() => seen(world).length > told.length);
  await old.stop();
  expect(texts(world)).toEqual([...told, 'cart has r5'].toSorted());
});

test.skipIf(!hasKubectl)(
  'the kustomization beside Argo CD, with the old controller scaled to zero',
  async () => {
    const { world } = await swap({ roles: await combined([]) });
    expect(await world.metric('herald_other_controller_active')).toBe(0);
  },
);

test("the chart, after argo-helm's has removed its ConfigMap and its Secret with its controller", async () => {
  const manifests = renderChart({
    name: 'herald',
    serviceAccount: { name: 'herald' },
    triggers: Object.fromEntries(Object.entries(configuration).filter(([key]) => key.startsWith('trigger.'))),
    templates: Object.fromEntries(
      Object.entries(configuration).filter(([key]) => key.startsWith('template.')),
    ),
    secret: { items: { 'slack-token': 'set below' } },
    metrics: argoHelmValues.metrics,
  });
  const { world } = await swap({
    roles: manifests,
    meanwhile({ cluster, configure }) {
      const removed = ['ConfigMap', 'Secret'].map((kind) => ({
        kind,
        namespace: 'argocd',
        name: `argocd-notifications-${kind === 'Secret' ? 'secret' : 'cm'}`,
      }));
      for (const name of removed) expect(cluster.remove(name)).toBe(true);
      const { data } = manifests.find(({ kind }) => kind === 'ConfigMap');
      configure(data);
    },
  });
  expect(world.logs.filter(({ level }) => level === 'error')).toEqual([]);
});

test('an old controller that comes back is said, and when it has gone all is told once again', async () => {
  const [world, old] = await prepare({ roles: renderChart() });
  apply(world, 'shop', healthy);
  apply(world, 'cart', healthy);
  await world.start();
  // As Argo CD starts it again that manages itself and finds its Deployment scaled.
  old.start();
  patch(world, 'shop', { status: degraded });
  const said = await world.untilLogged(({ level }) => level === 'error');
  expect(said).toMatchObject({
    msg: 'Another controller notifies of the same Applications: each message is sent twice',
    manager: 'argocd-notifications',
    application: 'argocd/shop',
    mend: expect.stringContaining('where it is declared'),
  });
  expect(await world.metric('herald_other_controller_active')).toBe(1);
  const response = await fetch(`${world.herald.url}/readyz`);
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(
    /leads; argocd-notifications notifies of the same Applications, last at 20/,
  );
  sync(world, 'shop', 'r1');
  await world.slack.until(() => seen(world).length === 4);
  expect(world.logs.filter(({ level }) => level === 'error')).toHaveLength(1);

  await old.stop();
  patch(world, 'cart', { status: degraded });
  const twice = ['shop is degraded', 'shop has r1'].flatMap((text) => [text, text]);
  await world.untilMetric('herald_deliveries_settled_total', { outcome: 'sent' }, (sent) => sent === 3);
  expect(texts(world)).toEqual(['cart is degraded', ...twice].toSorted());
});
