import { health, longDegraded, patch } from '../changes.ts';
import { ago, withSecret } from '../fields.ts';
import { inAlerts, type Step } from './step.ts';

const deadline = 'Deployment "search" exceeded its progress deadline';

/** Health that changes: for a moment, for long, again and again; and what makes it bad. */
export function changingHealth(): Step[] {
  return [...flapping(), ...progressing(), ...secret()];
}

function flapping(): Step[] {
  return [
    {
      tells: 'search is degraded, for a moment',
      change: (cluster) => patch(cluster, 'search', health('Degraded', deadline)),
      expects: [],
      shows: ['search pending'],
      isBrief: true,
    },
    {
      tells: 'search is healthy before anybody had to know: `for` has not passed',
      change: (cluster) => patch(cluster, 'search', health('Healthy')),
      expects: [],
      shows: ['search none'],
    },
    {
      tells: 'search is degraded again, and stays so',
      change: (cluster) => patch(cluster, 'search', health('Degraded', deadline)),
      expects: [inAlerts('search is degraded')],
    },
    {
      tells: 'search flaps: healthy and degraded, twice',
      change(cluster) {
        for (const status of ['Healthy', 'Degraded', 'Healthy', 'Degraded'])
          patch(cluster, 'search', health(status, status === 'Degraded' ? deadline : null));
      },
      expects: [],
    },
    {
      tells: 'search is healthy: its alert ends, and the thread says how often it changed',
      change: (cluster) => patch(cluster, 'search', health('Healthy')),
      expects: [inAlerts('search: health degraded is over')],
    },
  ];
}

function progressing(): Step[] {
  return [
    {
      tells: 'recommendations has been progressing for 20 minutes: its new pods find no node',
      change: (cluster) =>
        patch(
          cluster,
          'recommendations',
          health('Progressing', 'Waiting for rollout to finish: 1 of 3 updated', ago({ minutes: 20 })),
        ),
      expects: [inAlerts('recommendations has been progressing for long')],
    },
    {
      tells: 'a node is added, and recommendations is healthy',
      change: (cluster) => patch(cluster, 'recommendations', health('Healthy')),
      expects: [inAlerts('recommendations: progressing stuck is over')],
    },
  ];
}

/** What a secret makes degraded is told as what the secret is. */
function secret(): Step[] {
  return [
    {
      tells: 'the ExternalSecret of checkout cannot be fetched, while its pods still run',
      change: (cluster) =>
        patch(cluster, 'checkout', {
          resources: withSecret('Degraded', 'could not get secret data from provider'),
        }),
      expects: [inAlerts('A secret of Application checkout is not ready')],
    },
    {
      tells:
        'the pods of checkout are restarted and crash for want of it: nobody is told of that, too (inhibit)',
      change: (cluster) =>
        patch(cluster, 'checkout', longDegraded('Pod checkout-7c9d: CreateContainerConfigError')),
      expects: [],
      shows: ['checkout inhibited'],
    },
    {
      tells: 'the ExternalSecret is ready again, and checkout is well',
      change: (cluster) =>
        patch(cluster, 'checkout', { ...health('Healthy'), resources: withSecret('Healthy') }),
      expects: [inAlerts('checkout: secret not ready is over')],
      shows: ['checkout none'],
    },
  ];
}
