import { deploy, patch, running, succeeded } from '../changes.ts';
import { short, synced } from '../fields.ts';
import { type Commit, inAlerts, inDeploys, type Step } from './step.ts';

/** A rollout that is told in a thread; a release, and its rollback. */
export function deployments(commit: Commit): Step[] {
  const revision = commit('Ana <ana@example.com>', 'my-app: a faster start');
  const release = commit('Jane <jane@example.com>', 'storefront 1.5.0');
  return [
    {
      tells: `my-app starts to sync ${short(revision)}`,
      change: (cluster) => patch(cluster, 'my-app', { ...running(), sync: synced(revision) }),
      expects: [inDeploys('my-app is being rolled out')],
    },
    {
      tells: 'my-app is synced and healthy',
      change: (cluster) => patch(cluster, 'my-app', succeeded(cluster, 'my-app', revision)),
      expects: [inDeploys('my-app is live')],
    },
    {
      tells: `storefront 1.5.0 is deployed: ${short(release)} in place of what ran`,
      change: (cluster) => deploy(cluster, 'storefront', { revision: release, version: '1.5.0', by: 'jane' }),
      expects: [inDeploys('storefront: 1.4.0 → 1.5.0')],
    },
    {
      tells: 'storefront is rolled back to 1.4.0, a revision that was deployed before',
      change: (cluster) => deploy(cluster, 'storefront', { version: '1.4.0', by: 'jane' }),
      expects: [inDeploys('storefront: 1.5.0 → 1.4.0'), inAlerts('storefront was rolled back')],
    },
  ];
}
