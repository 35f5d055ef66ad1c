import type { Logger } from '../log.ts';
import type { JsonObject } from '../model.ts';
import { type CatchUp, createCatchUp } from './catch-up.ts';
import type { ObjectMetadata } from './kube-object.ts';
import { readRevision } from './revision.ts';
import { keyOf, type Origin, type View } from './view.ts';

/** `replayed`: each change since the revision given; `listed`: only the state, nothing was or could be replayed. */
export type CatchUpOutcome = 'replayed' | 'listed' | 'stopped';

/** How far a watch has come: where it goes on, what was reported, and what it still catches up with. */
export interface Position {
  /** From the revision where an earlier process left off, if it is one. */
  start(from: string | undefined): void;
  /** What comes of a list whose first page is of this revision. */
  list(revision: string): Listing;
  /**
   * The watch has come to a revision, in a bookmark or with a change, which `report` gives to the view. False: the
   * revision has no place in an order, which it needs while what happened before is caught up with.
   */
  show(revision: string, metadata?: ObjectMetadata, report?: (origin: Origin) => void): boolean;
  /** The revision can no longer be watched from: changes that were to be caught up with stay unseen. */
  lose(reason: string): void;
  /** Goes on without the resource. */
  skip(): void;
  stop(): void;
  /** The revision to watch from; undefined: list first. */
  cursor(): string | undefined;
  /** Up to which all was reported; undefined before the first list. */
  reported(): string | undefined;
  isSynced(): boolean;
  ready: Promise<boolean>;
  caughtUp: Promise<CatchUpOutcome>;
}

interface Listing {
  hold(object: JsonObject, metadata: ObjectMetadata): void;
  /** The list is complete, and of this revision. */
  done(revision: string): void;
}

export function createPosition<T>(view: View<T>, log: Logger): Position {
  const ready = Promise.withResolvers<boolean>();
  const caughtUp = Promise.withResolvers<CatchUpOutcome>();
  let synced = false;
  let cursor: string | undefined;
  let reported: string | undefined;
  /** Where an earlier process left off, until a list is done. */
  let leftOff: bigint | undefined;
  let catchUp: CatchUp | undefined;

  function markSynced(): void {
    if (synced) return;
    synced = true;
    view.synced();
    ready.resolve(true);
  }

  function advance(revision: string): void {
    cursor = revision;
    reported = revision;
  }

  function catchUpTo(revision: string): CatchUp | undefined {
    const now = readRevision(revision);
    if (leftOff === undefined || now === undefined || leftOff >= now) return undefined;
    return createCatchUp(view, leftOff);
  }

  function endCatchUp(outcome: 'replayed' | 'listed'): void {
    if (catchUp === undefined) return;
    catchUp.settle();
    advance(catchUp.end());
    catchUp = undefined;
    markSynced();
    caughtUp.resolve(outcome);
  }

  return {
    start(from) {
      leftOff = from === undefined ? undefined : readRevision(from);
    },
    list(first) {
      const seen = new Set<string>();
      const next = catchUpTo(first);
      return {
        hold(object, metadata) {
          if (next !== undefined) return next.list(object, metadata);
          view.hold(object, metadata);
          seen.add(keyOf(metadata));
        },
        done(revision) {
          if (next === undefined || leftOff === undefined) {
            view.retain(seen);
            advance(revision);
            markSynced();
            caughtUp.resolve('listed');
          } else {
            // Nothing is deleted for being absent from the list: the watch shows when that came about.
            next.listed(revision);
            catchUp = next;
            advance(String(leftOff));
            log.info({ from: cursor, to: revision }, 'Catching up with what happened since the last run');
            if (!next.isHolding()) markSynced();
          }
          leftOff = undefined;
        },
      };
    },
    show(revision, metadata, report) {
      const place = catchUp?.place(revision);
      if (place === 'old') return true;
      if (place === 'unknown') return false;
      if (place === 'later') endCatchUp('replayed');
      const isReplayed = place === 'replayed';
      const isPast = isReplayed && metadata !== undefined && catchUp?.isPast(metadata) === true;
      report?.({ isReplayed, ...(isPast ? { isPast } : {}) });
      advance(revision);
      if (catchUp === undefined) return true;
      catchUp.shown(revision, metadata);
      if (catchUp.isOver()) endCatchUp('replayed');
      else if (!catchUp.isHolding()) markSynced();
      return true;
    },
    lose(reason) {
      if (catchUp === undefined) {
        cursor = undefined;
        return;
      }
      log.warn({ from: cursor, reason }, 'Changes since the last run cannot be shown, only what they led to');
      endCatchUp('listed');
    },
    skip() {
      leftOff = undefined;
      markSynced();
      caughtUp.resolve('listed');
    },
    stop() {
      ready.resolve(false);
      caughtUp.resolve('stopped');
    },
    cursor: () => cursor,
    reported: () => reported,
    isSynced: () => synced,
    ready: ready.promise,
    caughtUp: caughtUp.promise,
  };
}
