import { textAt } from '../../src/json.ts';
import { named } from '../applications.ts';
import { patch, running, succeeded } from '../changes.ts';
import { at, short } from '../fields.ts';
import { type Commit, inAlerts, type Step } from './step.ts';

/** How often Argo CD syncs catalog again. */
const syncs = 6;

/** What runs differs from what stands in Git: because somebody else changes it, or because nobody syncs. */
export function drift(commit: Commit): Step[] {
  const mended = commit('Ana <ana@example.com>', 'catalog: the HPA owns the replicas');
  const waiting = commit('Jane <jane@example.com>', 'reports: a new layout');
  return [
    {
      tells: `catalog is caught in a sync loop, an HPA changes /spec/replicas: ${syncs} more syncs of the same revision`,
      change(cluster) {
        const revision = textAt(cluster.get(named('catalog')), 'status', 'sync', 'revision');
        for (let sync = 1; sync <= syncs; sync += 1) {
          patch(cluster, 'catalog', running(at(10 * (sync - syncs) - 5)));
          const { operationState, ...others } = succeeded(cluster, 'catalog', revision);
          const resources = [{ group: 'apps', kind: 'Deployment', name: 'catalog' }];
          patch(cluster, 'catalog', {
            ...others,
            operationState: {
              ...operationState,
              finishedAt: at(10 * (sync - syncs)),
              operation: { ...operationState.operation, sync: { revision, resources } },
            },
          });
        }
      },
      expects: [inAlerts('catalog is caught in a sync loop')],
    },
    {
      tells: 'catalog gets ignoreDifferences for its replicas, and a revision without them: the loop is over',
      change(cluster) {
        cluster.patch(named('catalog'), {
          spec: {
            ignoreDifferences: [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }],
          },
        });
        patch(cluster, 'catalog', succeeded(cluster, 'catalog', mended));
      },
      expects: [inAlerts('catalog: sync loop is over')],
    },
    {
      tells: `reports, which people sync by hand, is behind its source: ${short(waiting)} waits`,
      change: (cluster) =>
        patch(cluster, 'reports', {
          sync: { status: 'OutOfSync', revision: waiting },
          resources: [
            {
              group: 'apps',
              kind: 'Deployment',
              namespace: 'production',
              name: 'reports',
              status: 'OutOfSync',
            },
          ],
        }),
      expects: [inAlerts('reports is out of sync')],
    },
    {
      tells: 'reports is synced',
      change: (cluster) =>
        patch(cluster, 'reports', {
          ...succeeded(cluster, 'reports', waiting),
          resources: [],
        }),
      expects: [inAlerts('reports: out of sync is over')],
    },
  ];
}
