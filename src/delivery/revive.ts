import type { ConfigChange } from '../configurations/configurations.ts';
import type { Ledger, ParkedDelivery } from '../ledger/ledger.ts';
import { chunks } from '../ledger/pieces.ts';
import type { Logger } from '../log.ts';
import type { DeliveryFacts } from '../model.ts';
import type { DeliveryQueue } from './queue.ts';

/** Deliveries that are made pending at once. */
const pageSize = 200;

/**
 * Makes pending again what was parked for a reason that the change may have ended: a service with another token or
 * address, another template. What happened before `since` (Unix milliseconds) is news no more, and waits for a person;
 * so does what an ongoing notice has said before it said something else, or ended.
 */
export async function reviveParked(
  deps: {
    ledger: Pick<Ledger, 'parked' | 'unpark' | 'read'>;
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
      if (observedAt < since || !concerns(change, each)) continue;
      if (await isLatest(deps.ledger, each.delivery)) found.push({ id, observedAt });
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

/** Whether a message that something fires is the last that was said of it; others have no such question. */
async function isLatest(
  ledger: Pick<Ledger, 'read'>,
  { id, notice, ongoing, alerts }: DeliveryFacts,
): Promise<boolean> {
  if (ongoing === undefined || ongoing.state === 'resolved') return true;
  const scope = ongoing.groupLabels ? notice : alerts[0].application.uid;
  const [row] = await ledger.read(scope, 'ongoing', [notice]);
  return row?.value.told?.delivery === id;
}
