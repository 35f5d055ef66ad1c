import { mobile } from '../applications.ts';
import { failed, patch, succeeded } from '../changes.ts';
import { at } from '../fields.ts';
import { edited, inAlerts, type Step } from './step.ts';

/** A sync that fails, and somebody is at it; and a mistake that makes all Applications of a project fail. */
export function failedSyncs(revision: string): Step[] {
  return [
    {
      tells: 'payments fails to sync: its migration hook gives up',
      change: (cluster) =>
        patch(cluster, 'payments', {
          operationState: {
            phase: 'Failed',
            startedAt: at(-40),
            finishedAt: at(-2),
            message:
              'one or more synchronization tasks completed unsuccessfully, reason: Job "db-migration" failed:\n' +
              'ERROR: relation "orders" already exists <!channel>',
            operation: { sync: { revision }, initiatedBy: { username: 'jane' } },
            syncResult: {
              revision,
              resources: [
                {
                  kind: 'Job',
                  name: 'db-migration',
                  namespace: 'production',
                  hookPhase: 'Failed',
                  hookType: 'PreSync',
                  message: 'Job has reached the specified backoff limit',
                },
              ],
            },
          },
        }),
      expects: [inAlerts('Sync of Application payments failed')],
    },
    {
      tells: 'jane is at it, and says so (herald alerts ack): it will not be repeated',
      change: (_cluster, { acknowledge }) =>
        acknowledge('payments', 'jane', 'dropping the table of the last try'),
      expects: [edited(inAlerts('Acknowledged by jane'))],
      shows: ['payments acknowledged'],
    },
    {
      tells: `a mistake in the chart that they share: ${mobile.length} Applications of the project mobile fail to sync`,
      change(cluster) {
        for (const name of mobile)
          patch(cluster, name, failed(revision, 'error validating data: unknown field "spec.replica"'));
      },
      expects: [inAlerts(`${mobile.length} firing`)],
    },
    {
      tells: 'the chart is mended: the one message turns green',
      change(cluster) {
        for (const name of mobile) patch(cluster, name, succeeded(cluster, name, revision));
      },
      expects: [inAlerts('All resolved'), edited(inAlerts('All resolved'))],
    },
  ];
}
