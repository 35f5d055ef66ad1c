import { expect, it } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { textAt } from '../../src/json.ts';
import type { JsonObject } from '../../src/model.ts';
import { openStore } from '../../src/store/open-store.ts';
import { series } from '../../src/testing/fixtures.ts';
import { embeddedStore, silent } from '../contract/stores.ts';
import { application, degraded } from './applications.ts';
import { configMap, startBridge } from './start-bridge.ts';

const data = {
  'template.error': 'message: "{{.applicationset.metadata.name}}: {{.alert.reason}}"',
  'template.lost':
    'message: "{{.applicationset.metadata.name}} lost{{range .applicationset.deletedApplications}} {{.name}}{{end}}"',
  'template.app': 'message: "{{.app.metadata.name}}"',
  'trigger.on-set-error': `
- when: any(applicationset.status?.conditions ?? [], .type == 'ErrorOccurred' && .status == 'True')
  resolved: true
  send: [error]`,
  'trigger.on-lost': `
- when: len(applicationset.deletedApplications) > 0
  oncePer: applicationset.deletedApplications[0].deletedAt
  for: 2s
  send: [lost]`,
  'trigger.on-degraded': `
- when: app.status.health.status == 'Degraded'
  send: [app]`,
};

const error = (status: string): JsonObject => ({
  conditions: [{ type: 'ErrorOccurred', status, reason: 'r', message: 'm' }],
});

function set(name: string, trigger: string, status: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: {
      name,
      namespace: 'argocd',
      annotations: { [`notifications.argoproj.io/subscribe.${trigger}.slack`]: 'ops' },
    },
    spec: { generators: [], template: { metadata: { name: '{{name}}' }, spec: { project: 'default' } } },
    status,
  };
}

const named = (name: string) => ({ kind: 'ApplicationSet', namespace: 'argocd', name });

it('an error is told, its end, and that the ApplicationSet is gone, beside an Application of the same name', async () => {
  const { bridge, kubernetes, sent, metrics } = await startBridge();
  kubernetes.cluster.apply(configMap(data));
  kubernetes.cluster.apply(set('shops', 'on-set-error', error('True')));
  await bridge.start();
  expect(await sent(1)).toEqual(['ops: shops: first']);
  kubernetes.cluster.apply(
    application('shops', {
      annotations: { 'notifications.argoproj.io/subscribe.on-degraded.slack': 'dev' },
      status: degraded,
    }),
  );
  expect((await sent(2))[1]).toBe('dev: shops');
  expect(await series(metrics, 'herald_alerts')).toEqual([
    expect.stringContaining('trigger="on-set-error",name="shops",namespace="argocd",project="default"'),
  ]);
  kubernetes.cluster.patch(named('shops'), { status: error('False') });
  expect((await sent(3))[2]).toMatch(/^ops: Resolved: shops: on-set-error\n[^]*ApplicationSet argocd\/shops/);
  kubernetes.cluster.patch(named('shops'), { status: error('True') });
  expect((await sent(4))[3]).toBe('ops: shops: first');
  kubernetes.cluster.remove(named('shops'));
  expect((await sent(5))[4]).toMatch(/: it was deleted\n/);
});

it('what happens while nobody watches is told afterwards: an end, a deletion, and Applications that are deleted', async () => {
  const store = await embeddedStore().prepare();
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
  const open = (herald: Parameters<typeof startBridge>[0] = {}) =>
    startBridge({
      kubernetes,
      ...herald,
      isInMemory: false,
      openStore: (signal) => openStore(store.url, { log: silent, signal }),
    });
  kubernetes.cluster.apply(configMap(data));
  kubernetes.cluster.apply(set('ends', 'on-set-error', error('True')));
  kubernetes.cluster.apply(set('goes', 'on-set-error', error('True')));
  kubernetes.cluster.apply(set('loses', 'on-lost'));
  const uid = textAt(kubernetes.cluster.get(named('loses')), 'metadata', 'uid');
  const ownerReferences = [
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'loses', uid },
  ];
  for (const name of ['a', 'b', 'c']) {
    const app = application(name);
    kubernetes.cluster.apply({ ...app, metadata: { ...(app.metadata as JsonObject), ownerReferences } });
  }
  const first = await open();
  await first.bridge.start();
  expect((await first.sent(2)).sort()).toEqual(['ops: ends: first', 'ops: goes: first']);
  await first.logged('Every Application has been observed');
  await first.stop();
  kubernetes.cluster.patch(named('ends'), { status: error('False') });
  kubernetes.cluster.remove(named('goes'));
  for (const name of ['a', 'b'])
    kubernetes.cluster.remove({ kind: 'Application', namespace: 'argocd', name });
  const second = await open();
  await second.bridge.start();
  const messages = (await second.sent(3)).sort();
  expect(messages).toEqual([
    expect.stringMatching(/^ops: Resolved: ends: [^]*: recovered\n/),
    expect.stringMatching(/^ops: Resolved: goes: [^]*: it was deleted\n/),
    'ops: loses lost a b',
  ]);
  await second.stop();
  await store.remove();
});

it('a subscription to what is not about ApplicationSets is an Event on it', async () => {
  const { bridge, kubernetes } = await startBridge();
  kubernetes.cluster.apply(configMap(data));
  kubernetes.cluster.apply(set('shops', 'on-degraded'));
  await bridge.start();
  await kubernetes.until(() => kubernetes.cluster.list('Event').length > 0);
  expect(kubernetes.cluster.list('Event')).toMatchObject([
    {
      involvedObject: { kind: 'ApplicationSet', name: 'shops', namespace: 'argocd' },
      reason: 'QuestionableSubscription',
      message: expect.stringContaining('spec.template.metadata.annotations'),
    },
  ]);
});
