import type { ReflectorState } from '../cluster/reflector.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../metrics.ts';

/**
 * Reads what the metrics show of the queue, the ledger and the watches. A store that does not answer is shown as such.
 */
export function createFigures(deps: {
  queue: Pick<DeliveryQueue, 'counts' | 'oldestDueAge'>;
  ledger: Pick<Ledger, 'countParked'>;
  metrics: Metrics;
  watches(): ReflectorState[];
  /** Changes that wait in memory for the store. */
  backlog(): number;
}): () => Promise<void> {
  const { queue, ledger, metrics } = deps;
  const counted = new Map<string, number>();

  function reportWatch({ name, phase, lastFrameAt, lagMs, restarts }: ReflectorState): void {
    const isWatched = phase !== 'absent' && phase !== 'forbidden';
    metrics.setWatch(name, isWatched ? { up: phase === 'watching', lastFrameAt, lagMs } : undefined);
    for (const [reason, count] of Object.entries(restarts)) {
      const key = `${name} ${reason}`;
      metrics.watchRestarts.inc({ resource: name, reason }, count - (counted.get(key) ?? 0));
      counted.set(key, count);
    }
  }

  return async () => {
    for (const state of deps.watches()) reportWatch(state);
    metrics.setBacklog(deps.backlog());
    try {
      const [counts, oldestDueAge] = await Promise.all([queue.counts(), queue.oldestDueAge()]);
      metrics.setQueue({ counts, oldestDueAge });
      metrics.setParked(await ledger.countParked());
    } catch (error) {
      metrics.setQueue(undefined);
      throw error;
    }
  };
}
