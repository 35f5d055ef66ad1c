import { describe, expect, onTestFinished, test } from 'vitest';
import { createWorld } from '../bridge/world.ts';
import { embeddedStore } from '../contract/stores.ts';
import { combined, hasKubectl } from './kustomize.ts';
import { configuration, enoughForAll, isTold, readyz, type Shipped, startUnder } from './roles.ts';

describe.skipIf(!hasKubectl).each<[string, Shipped]>([
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
  enoughForAll(shipped);
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
