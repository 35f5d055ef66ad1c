import { isApplicationSet } from '../application-set.ts';
import { readMetadata } from '../cluster/kube-object.ts';
import { readApplication } from '../cluster/watch-applications.ts';
import { readApplicationSet } from '../cluster/watch-applicationsets.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ApplicationRecord } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';
import type { ApplicationEvent } from './application-event.ts';
import type { Observer } from './observer.ts';
import type { LedgerWriter } from './writer.ts';

/**
 * Queues again what is to be sent now but is held by no job: a crash between the two, or a queue that lost its jobs.
 * Safe to run at any time, since adding is idempotent by delivery id. Answers how many it queued.
 */
export async function requeueIntents(deps: {
  ledger: Pick<Ledger, 'ready'>;
  queue: Pick<DeliveryQueue, 'missing' | 'add'>;
  log: Logger;
}): Promise<number> {
  let queued = 0;
  for await (const ids of deps.ledger.ready()) {
    const missing = await deps.queue.missing(ids);
    if (missing.length === 0) continue;
    await deps.queue.add(missing);
    queued += missing.length;
  }
  if (queued > 0) deps.log.info({ deliveries: queued }, 'Queued deliveries that no job held');
  return queued;
}

/**
 * Reports the Applications that the ledger knows and the first list did not show: they were deleted while nobody
 * watched. `isGone` tells them from those that are merely not watched any more, of which only those are reported that
 * have alerts, `held`.
 */
export async function reportDeletions(deps: {
  ledger: Pick<Ledger, 'rows'>;
  observer: Pick<Observer, 'has' | 'observe'>;
  held?: ReadonlySet<string>;
  isWatched(record: ApplicationRecord): boolean;
  /** Whether it can be known what became of it. @defaultValue all */
  isKnown?(record: ApplicationRecord): boolean;
  isGone(record: ApplicationRecord): Promise<boolean>;
  now: number;
}): Promise<void> {
  // Their scope is the uid. What was seen is nearly all of them.
  for await (const rows of deps.ledger.rows('application', (uid) => !deps.observer.has(uid))) {
    for (const { value: record } of rows) {
      const isHeld = deps.held?.has(record.uid) ?? false;
      const isWatched = deps.isWatched(record);
      if (deps.observer.has(record.uid) || !(isHeld || isWatched)) continue;
      if (deps.isKnown?.(record) === false) continue;
      const metadata = readMetadata(record.object);
      const kind = isWatched && (await deps.isGone(record)) ? 'deleted' : 'unwatched';
      if (!metadata || (kind === 'unwatched' && !isHeld)) continue;
      const application = isApplicationSet(record.object)
        ? readApplicationSet(record.object, metadata)
        : readApplication(record.object, metadata);
      deps.observer.observe({ application, kind, observedAt: deps.now });
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

/**
 * Removes from the ledger what has expired, and what was parked before `parked` (Unix milliseconds), after confirming
 * what matches now.
 */
export async function pruneLedger(deps: {
  ledger: Pick<Ledger, 'prune'>;
  writer: Pick<LedgerWriter, 'write' | 'written'>;
  observer: Pick<Observer, 'matching'>;
  log: Logger;
  now: number;
  parked: number;
}): Promise<void> {
  for (const { uid, told } of deps.observer.matching()) {
    deps.writer.write(uid, { parts: told.map((row) => ({ put: [row] })) });
    await deps.writer.written(uid);
  }
  const removed = await deps.ledger.prune({ expired: deps.now, parked: deps.parked });
  if (removed > 0) deps.log.info({ removed }, 'Removed what is long over from the ledger');
}
