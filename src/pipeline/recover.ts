import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger } from '../episodes/ledger.ts';
import type { Logger } from '../log.ts';

/**
 * Queues again what was claimed but is held by no job: a crash between the two, or a queue that lost its jobs.
 * Safe to run at any time, since adding is idempotent by delivery id. Answers how many it queued.
 */
export async function requeueIntents(deps: {
  ledger: Pick<Ledger, 'pending'>;
  queue: Pick<DeliveryQueue, 'missing' | 'add'>;
  log: Logger;
}): Promise<number> {
  let queued = 0;
  for await (const deliveries of deps.ledger.pending()) {
    const missing = new Set(await deps.queue.missing(deliveries.map(({ id }) => id)));
    const lost = deliveries.filter(({ id }) => missing.has(id));
    if (lost.length === 0) continue;
    await deps.queue.add(lost);
    queued += lost.length;
  }
  if (queued > 0) deps.log.info({ deliveries: queued }, 'Queued again deliveries that no job held');
  return queued;
}
