import { readMetadata } from '../cluster/kube-object.ts';
import { readApplication } from '../cluster/watch-applications.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import type { ApplicationRecord, Ledger } from '../episodes/ledger.ts';
import type { Logger } from '../log.ts';
import type { ApplicationEvent, Observer } from './observe.ts';
import type { TermLedger } from './term-ledger.ts';

/**
 * Queues again what is to be sent now but is held by no job: a crash between the two, or a queue that lost its jobs.
 * Safe to run at any time, since adding is idempotent by delivery id. Answers how many it queued.
 */
export async function requeueIntents(deps: {
  ledger: Pick<Ledger, 'ready' | 'read'>;
  queue: Pick<DeliveryQueue, 'missing' | 'add'>;
  log: Logger;
}): Promise<number> {
  let queued = 0;
  for await (const ids of deps.ledger.ready()) {
    const missing = await deps.queue.missing(ids);
    if (missing.length === 0) continue;
    const lost = await deps.ledger.read(missing);
    await deps.queue.add(lost);
    queued += lost.length;
  }
  if (queued > 0) deps.log.info({ deliveries: queued }, 'Queued deliveries that no job held');
  return queued;
}

/**
 * Reports the Applications that the ledger knows and the first list did not show: they were deleted while nobody
 * watched. `isGone` tells them from those that are merely not watched any more.
 */
export async function reportDeletions(deps: {
  ledger: Pick<Ledger, 'applications'>;
  observer: Pick<Observer, 'has' | 'observe'>;
  isWatched(record: ApplicationRecord): boolean;
  isGone(record: ApplicationRecord): Promise<boolean>;
  now: number;
}): Promise<void> {
  for await (const records of deps.ledger.applications()) {
    for (const record of records) {
      if (deps.observer.has(record.uid) || !deps.isWatched(record)) continue;
      const metadata = readMetadata(record.object);
      if (!metadata || !(await deps.isGone(record))) continue;
      const application = readApplication(record.object, metadata);
      deps.observer.observe({ application, kind: 'deleted', observedAt: deps.now });
    }
  }
}

/** Reports a deletion once it is known whether it is one, unless the Application has been seen again meanwhile. */
export async function observeDeletion(
  observer: Pick<Observer, 'observe' | 'known'>,
  event: Omit<ApplicationEvent, 'kind'>,
  isDeleted: Promise<boolean>,
  log: Logger,
): Promise<void> {
  const { uid } = event.application;
  const before = observer.known(uid);
  try {
    const kind = (await isDeleted) ? 'deleted' : 'unwatched';
    if (observer.known(uid) === before) observer.observe({ ...event, kind });
  } catch (error) {
    log.warn({ err: error }, 'Cannot tell whether an Application is gone');
  }
}

/** Removes from the ledger what was last seen before `before` (Unix milliseconds), after confirming what matches now. */
export async function pruneLedger(deps: {
  ledger: Pick<TermLedger, 'apply'> & Pick<Ledger, 'prune'>;
  observer: Pick<Observer, 'matching'>;
  log: Logger;
  now: number;
  before: number;
}): Promise<void> {
  for (const { uid, keys } of deps.observer.matching()) {
    await deps.ledger.apply(uid, { confirm: { keys, at: deps.now } });
  }
  const removed = await deps.ledger.prune(deps.before);
  if (removed > 0) deps.log.info({ removed }, 'Removed what is long over from the ledger');
}
