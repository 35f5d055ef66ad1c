import type { Clock } from '../clock.ts';
import type { Ledger, Settlement } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Delivery, Outcome } from '../model.ts';
import { fieldsOf } from './log-fields.ts';
import type { DeliveryQueue, JobResult } from './queue.ts';

export type Rejection = Extract<Outcome, { status: 'rejected' }>;
export type ParkedSettlement = Exclude<Settlement, { status: 'sent' }>;

export interface SettlingDeps {
  ledger: Pick<Ledger, 'settle' | 'discard'>;
  queue: Pick<DeliveryQueue, 'handOver'>;
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
  /**
   * `superseded`: a parked delivery whose place this one has taken. It is discarded, since it is not to be sent after
   * all, and what it was to tell has been told: its end is owed from now on.
   */
  settle(delivery: Delivery, settlement: Settlement, superseded?: string): Promise<JobResult>;
  reject(
    delivery: Delivery,
    rejection: Pick<Rejection, 'reason' | 'error' | 'scope'> & Pick<ParkedSettlement, 'mayHaveArrived'>,
  ): Promise<JobResult>;
  /** Settles the end of what nobody was told of, which is not sent. */
  forgo(delivery: Delivery): Promise<JobResult>;
  /** Counts an attempt that failed, as argocd-notifications does: whatever becomes of the delivery. */
  countFailed(delivery: Delivery): void;
}

interface Decided {
  delivery: Delivery;
  settlement: Settlement;
  superseded?: string | undefined;
}

/** Writes how deliveries ended, tells of it once, and queues what comes next in their lanes. */
export function createSettling(deps: SettlingDeps): Settling {
  const { ledger, queue, metrics, log, clock } = deps;
  /** Deliveries whose fate is known but could not be written yet: tried again, they are settled and not sent again. */
  const decided = new Map<string, Decided>();

  /** `isRepeated`: an earlier call of ours may have done it, and its answer was lost. */
  async function settle(what: Decided, isRepeated: boolean): Promise<JobResult> {
    const { delivery, settlement, superseded } = what;
    decided.set(delivery.id, what);
    if (superseded !== undefined) await ledger.discard([superseded]);
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
      await queue.handOver([next]);
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
      return known && settle(known, true);
    },
    settle: (delivery, settlement, superseded) => settle({ delivery, settlement, superseded }, false),
    reject(delivery, { reason, error, scope, mayHaveArrived }) {
      const { service } = delivery.destination;
      metrics.outcomes.inc({ service, outcome: 'rejected', reason });
      countFailed(delivery);
      const unclear = mayHaveArrived ? { mayHaveArrived } : {};
      const settlement = { status: 'rejected', at: clock.now(), reason, error, scope, ...unclear } as const;
      return settle({ delivery, settlement }, false);
    },
    async forgo(delivery) {
      const { service } = delivery.destination;
      metrics.outcomes.inc({ service, outcome: 'forgone', reason: 'never_told' });
      log.info(fieldsOf(delivery), 'An end is not told: what it ends was given up before it arrived');
      const { next } = await ledger.settle(delivery.id, { status: 'sent', at: clock.now() });
      if (next) await enqueue(next);
      return { status: 'done' };
    },
    countFailed,
  };
}
