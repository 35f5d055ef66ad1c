import { automate, health, patch, succeeded } from '../changes.ts';
import { ago, short } from '../fields.ts';
import { type Commit, inPlatform, type Step } from './step.ts';

/** What nobody looks at, since nothing of it is broken. */
export function forgotten(commit: Commit): Step[] {
  const held = commit('Ana <ana@example.com>', 'ledger: a new schema');
  return [
    {
      tells: 'the CronJob of invoices was suspended three days ago, and forgotten',
      change: (cluster) =>
        patch(cluster, 'invoices', {
          ...health('Suspended', 'CronJob is suspended', ago({ days: 3 })),
          resources: [
            {
              group: 'batch',
              kind: 'CronJob',
              name: 'invoices',
              namespace: 'finance',
              status: 'Synced',
              health: { status: 'Suspended', message: 'CronJob is suspended' },
            },
          ],
        }),
      expects: [inPlatform('invoices is suspended')],
    },
    {
      tells: 'auto-sync of tax is switched off, and stays so',
      change: (cluster) => automate(cluster, 'tax', false),
      expects: [inPlatform('Auto-sync of Application tax is switched off')],
    },
    {
      tells: `a sync window holds up ledger: ${short(held)} has waited for ten minutes`,
      change: (cluster) =>
        patch(cluster, 'ledger', {
          sync: { status: 'OutOfSync', revision: held },
          operationState: {
            phase: 'Running',
            startedAt: ago({ minutes: 10 }),
            message: 'Sync operation blocked by sync window',
            operation: { sync: { revision: held }, initiatedBy: { automated: true } },
            syncResult: { revision: held },
          },
        }),
      expects: [inPlatform('A sync window holds up Application ledger')],
    },
    {
      tells: 'the window opens, and somebody has read the channel: all three are well',
      change(cluster) {
        patch(cluster, 'invoices', { ...health('Healthy'), resources: [] });
        automate(cluster, 'tax', true);
        patch(cluster, 'ledger', succeeded(cluster, 'ledger', held));
      },
      expects: [
        inPlatform('invoices: suspended is over'),
        inPlatform('tax: auto sync off is over'),
        inPlatform('ledger: sync window blocked is over'),
      ],
    },
  ];
}
