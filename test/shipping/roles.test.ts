import { describe, expect, onTestFinished, test } from 'vitest';
import { application, degraded } from '../bridge/applications.ts';
import { createWorld, seen, type World } from '../bridge/world.ts';
import { embeddedStore } from '../contract/stores.ts';
import { combined, hasKubectl } from './kustomize.ts';

// Herald under the rights that each combination ships, and no others, on an API server that knows RBAC.

const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [told]\n`,
  'template.told': 'message: "{{.app.metadata.name}}"\n',
};

interface Shipped {
  folder?: string;
  components?: string[];
  flags?: string[];
  /** Namespaces that hold Applications beside argocd, some with configuration of their own. */
  tenants?: string[];
}

async function startUnder({
  folder = '.',
  components = [],
  flags = [],
  tenants = [],
}: Shipped): Promise<World> {
  const prepared = await embeddedStore().prepare();
  const world = await createWorld({ queue: prepared.url, flags });
  onTestFinished(async () => {
    await world.close();
    await prepared.remove();
  });
  world.kubernetes.setRoles(await combined(components, { folder }));
  // The token stands in a labelled Secret, as Argo CD's users keep it.
  world.cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'my-slack', namespace: 'argocd', labels: { 'app.kubernetes.io/part-of': 'argocd' } },
    data: { token: Buffer.from(world.slack.token).toString('base64') },
  });
  world.configure({
    ...configuration,
    'service.slack': `apiURL: ${world.slack.apiUrl}\ntoken: $my-slack:token\n`,
  });
  for (const tenant of tenants) world.configure(configuration, tenant);
  await world.start();
  return world;
}

async function isTold(world: World, name: string, namespace: string): Promise<void> {
  const shape = { subscriptions: { 'on-health-degraded': 'ops' }, status: degraded };
  const object = application(name, shape);
  world.cluster.apply({ ...object, metadata: { ...(object.metadata as object), namespace } });
  await world.slack.until(() => seen(world).some(({ text }) => text === name), 45_000);
}

const readyz = async (world: World) => (await fetch(`${world.herald.url}/readyz`)).text();

describe.skipIf(!hasKubectl).each<[string, Shipped]>([
  ['base', {}],
  ['overlays/ha', { folder: 'overlays/ha' }],
  ['overlays/monitored', { folder: 'overlays/monitored' }],
  ['base and prometheus-operator', { components: ['prometheus-operator'] }],
  [
    'base and mirror-annotation',
    { components: ['mirror-annotation'], flags: ['--notified-annotation=write'] },
  ],
  [
    'base and applications-in-any-namespace',
    {
      components: ['applications-in-any-namespace'],
      flags: ['--application-namespaces=team-*'],
      tenants: ['team-a'],
    },
  ],
  [
    'base, applications-in-any-namespace and self-service',
    {
      components: ['applications-in-any-namespace', 'self-service'],
      flags: ['--application-namespaces=team-*', '--self-service-notification-enabled'],
      tenants: ['team-a'],
    },
  ],
])('the Roles of %s', (_name, shipped) => {
  test('are enough for all that it is for', async () => {
    const world = await startUnder(shipped);
    await isTold(world, 'shop', 'argocd');
    for (const tenant of shipped.tenants ?? []) await isTold(world, `shop-${tenant}`, tenant);
    expect(await readyz(world)).not.toContain('may not');
    const missing = world.logs.filter(
      ({ msg, level }) => level !== 'info' && /right|refuses|Event/.test(String(msg)),
    );
    expect(missing).toEqual([]);
    if (shipped.flags?.includes('--notified-annotation=write')) {
      await world.kubernetes.until(() =>
        JSON.stringify(world.cluster.list('Application')).includes('notified.notifications.argoproj.io'),
      );
    }
    // What is wrong is said on the object, in whichever namespace.
    const object = application('typo', {
      annotations: { 'notifications.argoproj.io/subscibe.x.slack': 'ops' },
    });
    for (const namespace of ['argocd', ...(shipped.tenants ?? [])]) {
      world.cluster.apply({ ...object, metadata: { ...(object.metadata as object), namespace } });
      await world.kubernetes.until(() =>
        world.cluster
          .list('Event', namespace)
          .some(({ involvedObject }) => (involvedObject as { name: string }).name === 'typo'),
      );
    }
  });
});

describe.skipIf(!hasKubectl)('a right that is missing', () => {
  const without = async (resource: string) => {
    const manifests = await combined([]);
    return manifests
      .filter(({ metadata }) => resource !== 'secrets' || metadata.name !== 'herald-labelled-secrets')
      .map((manifest) => ({
        ...manifest,
        rules: manifest.rules?.map((rule: { resources: string[] }) => ({
          ...rule,
          resources: rule.resources.filter((each) => each !== resource),
        })),
      }));
  };

  test.each(['appprojects', 'secrets', 'applicationsets'])(
    'to read %s is said in the log and by /readyz, and everything else works',
    async (resource) => {
      const prepared = await embeddedStore().prepare();
      const world = await createWorld({ queue: prepared.url });
      onTestFinished(async () => {
        await world.close();
        await prepared.remove();
      });
      world.kubernetes.setRoles(await without(resource));
      world.configure({
        ...configuration,
        'service.slack': `apiURL: ${world.slack.apiUrl}\ntoken: ${world.slack.token}\n`,
      });
      await world.start();
      await isTold(world, 'shop', 'argocd');
      expect(await readyz(world)).toMatch(
        new RegExp(`may not list ${resource}\\S* in the namespace argocd since .*: without `),
      );
      const line = world.logs.find(({ msg }) => msg === 'A right is missing: going on without');
      expect(line).toMatchObject({
        level: 'warn',
        right: expect.stringContaining(`list ${resource}`),
        without: expect.any(String),
        mend: expect.stringContaining('role'),
      });
    },
  );

  test('under self-service is a problem of the configuration that needs it', async () => {
    const shipped = {
      components: ['applications-in-any-namespace', 'self-service'],
      flags: ['--application-namespaces=team-*', '--self-service-notification-enabled'],
    };
    const world = await startUnder(shipped);
    world.configure(
      { ...configuration, 'service.slack': `apiURL: ${world.slack.apiUrl}\ntoken: $other:token\n` },
      'team-a',
    );
    const problem = await world.untilLogged(({ key }) => key === 'secrets');
    expect(problem).toMatchObject({
      namespace: 'team-a',
      severity: 'error',
      what: 'Herald may not list secrets in the namespace team-a, so $other:token cannot be read',
      fix: expect.stringContaining('herald-labelled-secrets'),
    });
    await isTold(world, 'shop', 'argocd');
  });
});
