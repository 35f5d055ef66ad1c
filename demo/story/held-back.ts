import { annotate, health, longDegraded, patch } from '../changes.ts';
import { inAlerts, type Step } from './step.ts';

/** What fires, and nobody is to hear of it now. */
export function heldBack(): Step[] {
  return [
    {
      tells: 'nightly-report is missing, which is a matter for the day (muteTimes)',
      change: (cluster) => patch(cluster, 'nightly-report', health('Missing')),
      expects: [],
      shows: ['nightly-report muted'],
    },
    {
      tells: 'staging-api is silenced for its migration, and degraded by it',
      change(cluster) {
        const until = new Date(Date.now() + 3_600_000).toISOString();
        annotate(cluster, 'staging-api', {
          'herald.argoproj.io/silence-until': until,
          'herald.argoproj.io/silence-reason': 'migration of the database',
        });
        patch(cluster, 'staging-api', longDegraded('waiting for the migration'));
      },
      expects: [],
      shows: ['staging-api silenced'],
    },
  ];
}

/** What still fires is told then, and its end. */
export function released(): Step[] {
  return [
    {
      tells: 'the silence is taken away, and staging-api is still degraded: now it is told',
      change: (cluster) =>
        annotate(cluster, 'staging-api', {
          'herald.argoproj.io/silence-until': null,
          'herald.argoproj.io/silence-reason': null,
        }),
      expects: [inAlerts('staging-api is degraded')],
    },
    {
      tells: 'staging-api is healthy',
      change: (cluster) => patch(cluster, 'staging-api', health('Healthy')),
      expects: [inAlerts('staging-api: health degraded is over')],
    },
  ];
}
