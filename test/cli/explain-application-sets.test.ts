import { expect, test } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { textAt } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { openStore } from '../../src/store/open-store.ts';
import { application } from '../bridge/applications.ts';
import { configMap, startBridge } from '../bridge/start-bridge.ts';
import { silent } from '../contract/stores.ts';
import { explainer } from './explainer.ts';
import { temporaryFolder } from './support.ts';

// Why nothing is sent of an ApplicationSet, on what the bridge itself has left.

const failed = "any(applicationset.status?.conditions ?? [], .type == 'ErrorOccurred' && .status == 'True')";
const configuration = configMap({
  'trigger.on-set-error': `- when: ${failed}\n  send: [told]\n`,
  'trigger.on-set-long': `- when: ${failed}\n  for: 5h\n  send: [told]\n`,
  'trigger.on-set-silenced': `- when: ${failed}\n  send: [told]\n`,
  'trigger.on-lost': '- when: len(applicationset.deletedApplications) > 0\n  send: [told]\n',
  'trigger.on-degraded': "- when: app.status.health.status == 'Degraded'\n  send: [app]\n",
  'template.told': 'message: "{{.applicationset.metadata.name}}"\n',
  'template.app': 'message: "{{.app.metadata.name}}"\n',
  defaultTriggers: '[on-degraded]\n',
  silences: '- match: {trigger: on-set-silenced}\n  until: 2090-01-01T00:00:00Z\n',
});

function set(
  name: string,
  trigger: string,
  status: 'True' | 'False' = 'True',
  project = 'default',
): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: {
      name,
      namespace: 'argocd',
      annotations: trigger === '' ? {} : { [`notifications.argoproj.io/subscribe.${trigger}.slack`]: 'ops' },
    },
    spec: { generators: [], template: { metadata: { name: '{{name}}' }, spec: { project } } },
    status: { conditions: [{ type: 'ErrorOccurred', status, reason: 'r', message: 'm' }] },
  };
}

async function startUnderTest() {
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
  const { cluster } = kubernetes;
  cluster.apply(configuration);
  cluster.apply({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'default', namespace: 'argocd' },
    spec: {},
  });
  const queue = `sqlite:${temporaryFolder()}`;
  const bridge = await startBridge({
    kubernetes,
    openStore: (signal) => openStore(queue, { log: silent, signal }),
  });
  await bridge.bridge.start();
  await bridge.logged('Every Application has been observed');
  return { bridge, kubernetes, cluster, ...explainer(kubernetes, queue) };
}

test('its subscriptions: nobody, a trigger about Applications, an unknown one, no such ApplicationSet', async () => {
  const { cluster, why, run } = await startUnderTest();
  cluster.apply(set('nobody', ''));
  expect(await why('applicationset/nobody')).toEqual({
    kind: 'unsubscribed',
    sentence:
      'Nobody is subscribed: neither by an annotation of argocd/nobody, nor by its AppProject default, nor by subscriptions of ConfigMap argocd/argocd-notifications-cm.',
    mend: 'Annotate the ApplicationSet: notifications.argoproj.io/subscribe.TRIGGER.SERVICE: RECIPIENT.',
  });
  cluster.apply(set('wrong', 'on-degraded'));
  expect(await why('appset/wrong')).toEqual({
    kind: 'other kind',
    sentence:
      'on-degraded to slack:ops: the trigger is evaluated for Applications, and this is an ApplicationSet.',
    mend: 'Move the annotation to the Application, or name a trigger about ApplicationSets: on-lost, on-set-error, on-set-long, on-set-silenced.',
  });
  cluster.apply(application('shop', { subscriptions: { 'on-set-error': 'ops' } }));
  expect(await why('shop')).toMatchObject({
    kind: 'other kind',
    sentence:
      'on-set-error to slack:ops: the trigger is evaluated for ApplicationSets, and this is an Application.',
  });
  cluster.apply(set('unknown', 'on-set-eror'));
  expect(await why('applicationset/unknown')).toMatchObject({
    kind: 'unknown trigger',
    mend: expect.stringContaining('Did you mean "on-set-error"?'),
  });
  expect(await why('applicationset/argocd/nobdy')).toMatchObject({
    kind: 'no such application',
    sentence: 'There is no ApplicationSet argocd/nobdy, did you mean argocd/nobody?',
    mend: 'Name it as in applicationset/NAMESPACE/NAME; --namespace is where Argo CD is.',
  });
  expect((await run('applicationset/nobdy')).code).toBe(1);
  // Each of its Applications has a project of its own.
  cluster.apply(set('many', 'on-set-error', 'False', '{{project}}'));
  const { code, stdout } = await run('applicationset/many');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^ApplicationSet argocd\/many\n\non-set-error to slack:ops: its condition does not match: /,
  );
});

test('its conditions: false, pending, silenced, told; and what the bridge has noted of its Applications', async () => {
  const { bridge, cluster, until, why, run } = await startUnderTest();
  cluster.apply(set('well', 'on-set-error', 'False'));
  expect(await why('applicationset/well')).toMatchObject({
    kind: 'condition false',
    sentence: expect.stringMatching(/^on-set-error to slack:ops: its condition does not match: any\(/),
  });
  cluster.apply(set('long', 'on-set-long'));
  expect(await until('pending', 'applicationset/long')).toMatchObject({
    sentence: expect.stringMatching(
      /^on-set-long to slack:ops: it matches since .* and fires at .*, when it has/,
    ),
  });
  cluster.apply(set('quiet', 'on-set-silenced'));
  expect((await until('silenced', 'applicationset/quiet')).sentence).toBe(
    'on-set-silenced to slack:ops: it is silenced by silences 1.',
  );
  cluster.apply(set('broken', 'on-set-error'));
  expect(await bridge.sent(1)).toEqual(['ops: broken']);
  expect((await until('told', 'applicationset/broken')).sentence).toMatch(
    /^on-set-error to slack:ops: it was told at .*, and is told again when it has stopped to match and matches again\.$/,
  );

  cluster.apply(set('shops', 'on-lost', 'False'));
  expect(await why('applicationset/shops')).toMatchObject({ kind: 'condition false' });
  const owner = cluster.get({ kind: 'ApplicationSet', namespace: 'argocd', name: 'shops' });
  cluster.apply({
    ...application('shop-1'),
    metadata: {
      name: 'shop-1',
      namespace: 'argocd',
      ownerReferences: [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'ApplicationSet',
          name: 'shops',
          uid: textAt(owner, 'metadata', 'uid'),
        },
      ],
    },
  });
  cluster.remove({ kind: 'Application', namespace: 'argocd', name: 'shop-1' });
  expect((await bridge.sent(2))[1]).toBe('ops: shops');
  await until('told', 'applicationset/shops');
  expect((await run('applicationset/shops')).stdout).toContain(
    'on-lost: len(applicationset.deletedApplications) > 0',
  );
});

test('one that may not be read', async () => {
  const { kubernetes, run } = await startUnderTest();
  const metadata = { name: 'herald', namespace: 'argocd' };
  const rules = [{ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'list'] }];
  kubernetes.setRoles([
    { kind: 'Role', metadata, rules },
    {
      kind: 'RoleBinding',
      metadata,
      roleRef: { kind: 'Role', name: 'herald' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
  ]);
  const found = await run('applicationset/hidden', '-o', 'json');
  expect(JSON.parse(found.stdout)).toMatchObject({
    why: {
      kind: 'watch forbidden',
      sentence: expect.stringContaining('get applicationsets.argoproj.io in the namespace argocd'),
    },
  });
  expect(found.code).toBe(1);
});
