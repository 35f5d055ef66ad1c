import type { Clock } from '../clock.ts';
import type { Ledger, Settlement } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Delivery, Outcome } from '../model.ts';
import type { DeliveryQueue, JobResult } from './queue.ts';

export type Rejection = Extract<Outcome, { status: 'rejected' }>;
export type ParkedSettlement = Exclude<Settlement, { status: 'sent' }>;

export interface SettlingDeps {
  ledger: Pick<Ledger, 'settle'>;
  queue: Pick<DeliveryQueue, 'add'>;
  /** Told of deliveries that are parked, once each. */
  onParked(delivery: Delivery, settlement: ParkedSettlement): void;
  onSent(delivery: Delivery): void;
  metrics: Metrics;
  log: Logger;
  clock: Pick<Clock, 'now'>;
}

export interface Settling {
  /** Settles a delivery whose fate an earlier attempt knew and could not write; undefined: there is none. */
  repeat(id: string): Promise<JobResult> | undefined;
  settle(delivery: Delivery, settlement: Settlement): Promise<JobResult>;
  reject(delivery: Delivery, rejection: Pick<Rejection, 'reason' | 'error' | 'scope'>): Promise<JobResult>;
  /** Counts an attempt that failed, as argocd-notifications does: whatever becomes of the delivery. */
  countFailed(delivery: Delivery): void;
}

/** Writes how deliveries ended, tells of it once, and queues what comes next in their lanes. */
export function createSettling(deps: SettlingDeps): Settling {
  const { ledger, queue, metrics, log, clock } = deps;
  /** Deliveries whose fate is known but could not be written yet: tried again, they are settled and not sent again. */
  const decided = new Map<string, { delivery: Delivery; settlement: Settlement }>();

  /** `isRepeated`: an earlier call of ours may have done it, and its answer was lost. */
  async function settle(delivery: Delivery, settlement: Settlement, isRepeated: boolean): Promise<JobResult> {
    decided.set(delivery.id, { delivery, settlement });
    const { settled, next } = await ledger.settle(delivery.id, settlement);
    decided.delete(delivery.id);
    if (next) await enqueue(next);
    // Otherwise another process has settled it, and told of it.
    if (!settled && !isRepeated) return { status: 'done' };
    const { alerts, destination } = delivery;
    const labels = { trigger: alerts[0].trigger, service: destination.service };
    metrics.settled.inc({ outcome: settlement.status === 'sent' ? 'sent' : 'given_up' });
    if (settlement.status === 'sent') {
      metrics.deliveries.inc({ ...labels, succeeded: 'true' });
      deps.onSent(delivery);
    } else {
      metrics.givenUp.inc(labels);
      deps.onParked(delivery, settlement);
    }
    return { status: 'done' };
  }

  async function enqueue(next: string): Promise<void> {
    try {
      await queue.add([next]);
    } catch (error) {
      log.warn({ delivery: next, err: error }, 'Could not queue what comes next: the sweeper will');
    }
  }

  function countFailed({ alerts, destination }: Delivery): void {
    metrics.deliveries.inc({ trigger: alerts[0].trigger, service: destination.service, succeeded: 'false' });
  }

  return {
    repeat(id) {
      const known = decided.get(id);
      return known && settle(known.delivery, known.settlement, true);
    },
    settle: (delivery, settlement) => settle(delivery, settlement, false),
    reject(delivery, { reason, error, scope }) {
      const { service } = delivery.destination;
      metrics.outcomes.inc({ service, outcome: 'rejected', reason });
      countFailed(delivery);
      return settle(delivery, { status: 'rejected', at: clock.now(), reason, error, scope }, false);
    },
    countFailed,
  };
}
