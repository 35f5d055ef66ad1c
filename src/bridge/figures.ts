import type { ReflectorState } from '../cluster/reflector-state.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../metrics/interface.ts';

/**
 * Reads what the metrics show of the queue, the ledger and the watches. A store that does not answer is shown as such.
 */
export function createFigures(deps: {
  queue: Pick<DeliveryQueue, 'counts' | 'oldestDueAge'>;
  ledger: Pick<Ledger, 'countParked'>;
  metrics: Metrics;
  watches(): ReflectorState[];
  /** Events of the watches that wait to be evaluated. */
  unevaluated(): number;
  /** Changes that wait in memory for the store. */
  backlog(): number;
  /** When something is looked at next, Unix milliseconds. */
  nextDue?(): number | undefined;
}): () => Promise<void> {
  const { queue, ledger, metrics } = deps;
  const counted = new Map<string, number>();
  let reported: ReadonlySet<string> = new Set();

  function reportWatch({ name, phase, lastFrameAt, lagMs, restarts }: ReflectorState): void {
    const isWatched = phase !== 'absent' && phase !== 'forbidden';
    metrics.setWatch(name, isWatched ? { up: phase === 'watching', lastFrameAt, lagMs } : undefined);
    for (const [reason, count] of Object.entries(restarts)) {
      const key = `${name} ${reason}`;
      const before = counted.get(key) ?? 0;
      // The watch of another term counts from 0 again.
      metrics.watchRestarts.inc({ resource: name, reason }, count < before ? count : count - before);
      counted.set(key, count);
    }
  }

  return async () => {
    const watches = deps.watches();
    for (const state of watches) reportWatch(state);
    // Watches of a term that is over.
    const now = new Set(watches.map(({ name }) => name));
    for (const name of reported) if (!now.has(name)) metrics.setWatch(name, undefined);
    reported = now;
    metrics.setUnevaluated(deps.unevaluated());
    metrics.setBacklog(deps.backlog());
    metrics.setNextDue(deps.nextDue?.());
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
