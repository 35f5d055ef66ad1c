import { expect, onTestFinished, test } from 'vitest';
import { application, degraded } from '../bridge/applications.ts';
import { createWorld, seen, type World } from '../bridge/world.ts';
import { embeddedStore } from '../contract/stores.ts';
import { combined } from './kustomize.ts';

// Herald under the rights that each combination ships, and no others, on an API server that knows RBAC.

export const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [told]\n`,
  'template.told': 'message: "{{.app.metadata.name}}"\n',
};

export interface Shipped {
  folder?: string;
  components?: string[];
  flags?: string[];
  /** Namespaces that hold Applications beside argocd, some with configuration of their own. */
  tenants?: string[];
}

export async function startUnder({
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

export async function isTold(world: World, name: string, namespace: string): Promise<void> {
  const shape = { subscriptions: { 'on-health-degraded': 'ops' }, status: degraded };
  const object = application(name, shape);
  world.cluster.apply({ ...object, metadata: { ...(object.metadata as object), namespace } });
  await world.slack.until(() => seen(world).some(({ text }) => text === name));
}

export const readyz = async (world: World) => (await fetch(`${world.herald.url}/readyz`)).text();

/** Everything that Herald is for, under the Roles of one combination and no others. */
export function enoughForAll(shipped: Shipped): void {
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
}
