import type { ConfigChange } from '../configurations/configurations.ts';
import type { Ledger, ParkedDelivery } from '../ledger/ledger.ts';
import { chunks } from '../ledger/pieces.ts';
import type { Logger } from '../log.ts';
import type { DeliveryQueue } from './queue.ts';

/** Deliveries that are made pending at once. */
const pageSize = 200;

/**
 * Makes pending again what was parked for a reason that the change may have ended: a service with another token or
 * address, another template. What happened before `since` (Unix milliseconds) is news no more, and waits for a person.
 */
export async function reviveParked(
  deps: {
    ledger: Pick<Ledger, 'parked' | 'unpark'>;
    queue: Pick<DeliveryQueue, 'add'>;
    log: Logger;
  },
  change: ConfigChange,
  since: number,
): Promise<void> {
  if (change.services.size + change.templates.size === 0) return;
  const found: { id: string; observedAt: number }[] = [];
  pages: for await (const parked of deps.ledger.parked()) {
    for (const each of parked) {
      // They come by the time at which they were settled, the last first.
      if (each.at < since) break pages;
      const { id, observedAt } = each.delivery;
      if (observedAt >= since && concerns(change, each)) found.push({ id, observedAt });
    }
  }
  if (found.length === 0) return;
  const inOrder = found.toSorted((a, b) => a.observedAt - b.observedAt).map(({ id }) => id);
  for (const ids of chunks(inOrder, pageSize)) await deps.queue.add(await deps.ledger.unpark(ids));
  deps.log.info(
    { deliveries: found.length, namespace: change.namespace },
    'Parked deliveries are tried again: the configuration has changed',
  );
}

function concerns(change: ConfigChange, { delivery, scope }: ParkedDelivery): boolean {
  if (scope === undefined || delivery.configNamespace !== change.namespace) return false;
  if (scope === 'notification') return delivery.templates.some((name) => change.templates.has(name));
  return change.services.has(delivery.destination.service);
}
