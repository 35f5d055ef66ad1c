import { health, longDegraded, patch, succeeded } from '../changes.ts';
import { inAlerts, inDeploys, type Step } from './step.ts';

/** Herald itself ends in the middle of it all. */
export function crash(revision: string): Step[] {
  return [
    {
      tells: 'billing crashes: its database does not take it in',
      change: (cluster) =>
        patch(cluster, 'billing', longDegraded('Pod billing-6d4f: CrashLoopBackOff: too many connections')),
      expects: [inAlerts('billing is degraded')],
    },
    {
      tells:
        'Herald is killed (SIGKILL); while it is down, payments is repaired and billing recovers; Herald starts again',
      async change(cluster, bridge) {
        await bridge.kill();
        patch(cluster, 'payments', succeeded(cluster, 'payments', revision));
        patch(cluster, 'billing', health('Healthy'));
        await bridge.start();
      },
      expects: [
        inDeploys('payments'),
        inAlerts('payments: sync failed is over'),
        inAlerts('billing: health degraded is over'),
      ],
    },
  ];
}
