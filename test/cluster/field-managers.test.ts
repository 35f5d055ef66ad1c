import { expect, it } from 'vitest';
import { annotateApplication } from '../../src/cluster/annotate.ts';
import { annotationWriter } from '../../src/cluster/kube-object.ts';
import type { JsonObject } from '../../src/model.ts';
import { application, startCluster } from './support.ts';

const key = 'notified.notifications.argoproj.io';

it('whoever wrote an annotation last is noted with it, and nobody else', async () => {
  const { simulator, connection } = await startCluster({});
  const { cluster } = simulator;
  const name = { kind: 'Application', namespace: 'argocd', name: 'shop' };
  const { metadata } = cluster.apply(application('shop'));
  const target = { ...name, uid: (metadata as { uid: string }).uid };
  const shown = (): JsonObject => cluster.get(name) as JsonObject;
  expect(annotationWriter(shown(), key)).toBeUndefined();

  expect(await annotateApplication(connection, target, key, '{"a":1}')).toMatchObject({ status: 'patched' });
  expect(annotationWriter(shown(), key)).toBe('herald');

  // argocd-notifications sends all annotations; it owns those that it changes.
  cluster.patch(name, { metadata: { annotations: { [key]: '{"a":1,"b":2}' } } }, 'argocd-notifications');
  cluster.patch(name, { status: { health: { status: 'Degraded' } } }, 'argocd-application-controller');
  expect(annotationWriter(shown(), key)).toBe('argocd-notifications');
  const { managedFields } = shown().metadata as { managedFields: { manager: string }[] };
  expect(managedFields.map(({ manager }) => manager)).toEqual([
    'argocd-notifications',
    'argocd-application-controller',
  ]);
});
