import { timeText } from '../table.ts';
import type { DeliveryView } from './facts.ts';
import type { LedgerFacts } from './ledger-facts.ts';

/** What was given up, then what is under way. */
export function deliveryViews({ parked, pending }: LedgerFacts): DeliveryView[] {
  return [
    ...parked.map(({ delivery: { id, alerts, destination }, status, at, reason, error }) => ({
      id,
      status,
      trigger: alerts[0].trigger,
      destination,
      at,
      note: error === reason ? reason : `${reason}: ${error}`,
    })),
    ...pending.map(({ delivery: { id, alerts, destination, observedAt }, job }) => ({
      id,
      status: 'pending' as const,
      trigger: alerts[0].trigger,
      destination,
      at: observedAt,
      note: job
        ? `due ${timeText(job.dueAt)}${job.failures > 0 ? `, ${job.failures} attempts in vain` : ''}`
        : 'behind others',
    })),
  ];
}
