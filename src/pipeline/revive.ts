import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger, ParkedDelivery } from '../episodes/ledger.ts';
import type { Logger } from '../log.ts';
import type { ConfigChange } from './configurations.ts';

/** More parked deliveries than this are not looked at: the newest are. */
const mostParked = 10_000;

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
  const parked = await deps.ledger.parked(mostParked);
  const ids = parked
    .filter((each) => each.delivery.observedAt >= since && concerns(change, each))
    .map(({ delivery }) => delivery.id);
  if (ids.length === 0) return;
  await deps.queue.add(await deps.ledger.unpark(ids));
  deps.log.info(
    { deliveries: ids.length, namespace: change.namespace },
    'Parked deliveries are tried again: the configuration has changed',
  );
}

function concerns(change: ConfigChange, { delivery, scope }: ParkedDelivery): boolean {
  if (scope === undefined || delivery.configNamespace !== change.namespace) return false;
  if (scope === 'notification') return delivery.templates.some((name) => change.templates.has(name));
  return change.services.has(delivery.destination.service);
}
