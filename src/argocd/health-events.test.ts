import { describe, expect, it } from 'vitest';
import { causesIn } from './health-events.ts';

const degraded = 'Updated health status: Healthy -> Degraded';
const resource = (group: string, kind: string, namespace: string, name: string) => ({
  group,
  kind,
  namespace,
  name,
  health: { status: 'Degraded', message: '' },
});

describe('the resources that an event names', () => {
  it.each([
    ['apps/Deployment:default/api', [resource('apps', 'Deployment', 'default', 'api')]],
    ['Pod:default/api', [resource('', 'Pod', 'default', 'api')]],
    [
      'rbac.authorization.k8s.io/ClusterRole:admin',
      [resource('rbac.authorization.k8s.io', 'ClusterRole', '', 'admin')],
    ],
    ['/Node:/one', [resource('', 'Node', '', 'one')]],
    [
      'apps/Deployment:a/b,apps/StatefulSet:c/d, Pod:e/f',
      [
        resource('apps', 'Deployment', 'a', 'b'),
        resource('apps', 'StatefulSet', 'c', 'd'),
        resource('', 'Pod', 'e', 'f'),
      ],
    ],
  ])('%s', (causes, found) => {
    expect(causesIn([`${degraded} (Caused by ${causes})`], 'Degraded')).toEqual(found);
  });

  it('are not those of another health, of an older event, or of what is no such message', () => {
    expect(causesIn([], 'Degraded')).toBeUndefined();
    expect(causesIn([degraded], 'Degraded')).toBeUndefined();
    expect(causesIn([`${degraded} (Caused by Pod:a/b)`], 'Progressing')).toBeUndefined();
    expect(causesIn([`${degraded} (Caused by nothing in particular)`], 'Degraded')).toBeUndefined();
    const healthy = 'Updated health status: Degraded -> Healthy';
    expect(causesIn([healthy, `${degraded} (Caused by Pod:a/b)`], 'Degraded')).toBeUndefined();
  });
});
