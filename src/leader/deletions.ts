import { clusterOf } from '../application.ts';
import {
  type DeletedApplication,
  deletedOf,
  deletionWindow,
  isApplicationSet,
  madeBy,
  withDeleted,
} from '../application-set.ts';
import type { Clock } from '../clock.ts';
import { textAt } from '../json.ts';
import type { Application, JsonObject } from '../model.ts';
import type { ApplicationEvent } from './application-event.ts';
import type { Hold } from './progress.ts';

/**
 * Which Applications of each ApplicationSet were deleted lately. A change of an ApplicationSet deletes many within
 * seconds: they are one list, which is over when nothing was added to it for a while.
 */
export interface Deletions {
  /** Takes note of what is shown of an Application. */
  note(event: ApplicationEvent, hold: Hold): void;
  /** Takes on what an earlier process has noted, as it stands in the record of an ApplicationSet. */
  load(uid: string, record: JsonObject): void;
  /** The ApplicationSet with the list of its Applications; what it is not itself part of its deletion. */
  shownOn(set: Application): Application;
  /** When its list is over, Unix milliseconds. */
  dueAt(uid: string): number | undefined;
  /** What is held back until the list, which has changed, is durable: to be released. Undefined where it has not. */
  take(uid: string): Hold | undefined;
  /** Every ApplicationSet has been shown: what is not known now is none, and nothing is held back for it. */
  settle(): void;
  forget(uid: string): void;
  stop(): void;
}

interface Deps {
  /** Whether an ApplicationSet is tracked. */
  isKnown(uid: string): boolean;
  /** The list of an ApplicationSet has changed: it is looked at then. */
  schedule(uid: string, at: number): void;
  clock: Pick<Clock, 'now'>;
}

/** Milliseconds in which deletions are gathered before the ApplicationSet is looked at, and its list written. */
const gathering = 1_000;
/** Applications of one list: some 200 bytes each in the ledger. */
const mostDeleted = 1_000;

export function createDeletions({ isKnown, schedule, clock }: Deps): Deletions {
  const lists = new Map<string, DeletedApplication[]>();
  const holds = new Map<string, Hold>();
  let isSettled = false;

  function change(uid: string, list: DeletedApplication[], hold: Hold): void {
    if (isSettled && !isKnown(uid)) return;
    lists.set(uid, list);
    if (holds.has(uid)) return;
    holds.set(uid, hold.share());
    schedule(uid, clock.now() + gathering);
  }

  const isRecent = ({ deletedAt }: DeletedApplication): boolean =>
    Date.parse(deletedAt) + deletionWindow > clock.now();

  function current(uid: string): DeletedApplication[] {
    const list = lists.get(uid) ?? [];
    const [newest] = list;
    if (newest && isRecent(newest)) return list;
    lists.delete(uid);
    return [];
  }

  function forget(uid: string): void {
    lists.delete(uid);
    holds.get(uid)?.release();
    holds.delete(uid);
  }

  return {
    note({ application, kind, observedAt }, hold) {
      if (application.kind) return;
      const owner = madeBy(application.object);
      if (owner === undefined || kind === 'unwatched') return;
      const list = current(owner);
      const deletedAt =
        textAt(application.object, 'metadata', 'deletionTimestamp') ||
        (kind === 'deleted' ? `${new Date(observedAt).toISOString().slice(0, 19)}Z` : '');
      if (deletedAt === '') {
        const left = list.filter((each) => !isSuccessor(application, each));
        if (left.length < list.length) change(owner, left, hold);
        return;
      }
      const deleted = deletedOfApplication(application, deletedAt);
      if (!isRecent(deleted) || list.some(({ uid }) => uid === deleted.uid)) return;
      change(owner, inOrder([deleted, ...list]), hold);
    },
    load(uid, record) {
      if (!isApplicationSet(record)) return;
      const own = lists.get(uid) ?? [];
      const known = new Set(own.map((each) => each.uid));
      const all = inOrder([...own, ...deletedOf(record).filter((each) => !known.has(each.uid))]);
      if (all.length > 0) lists.set(uid, all);
    },
    shownOn(set) {
      if (!isApplicationSet(set.object)) return set;
      const isGoing = textAt(set.object, 'metadata', 'deletionTimestamp') !== '';
      return { ...set, object: withDeleted(set.object, isGoing ? [] : current(set.uid)) };
    },
    dueAt(uid) {
      const [newest] = current(uid);
      return newest && Date.parse(newest.deletedAt) + deletionWindow;
    },
    take(uid) {
      const hold = holds.get(uid);
      holds.delete(uid);
      return hold;
    },
    settle() {
      isSettled = true;
      for (const uid of new Set([...lists.keys(), ...holds.keys()])) if (!isKnown(uid)) forget(uid);
    },
    forget,
    stop() {
      lists.clear();
      holds.clear();
    },
  };
}

/** The ApplicationSet has made it again, after somebody else has deleted it. */
function isSuccessor({ uid, namespace, name }: Application, deleted: DeletedApplication): boolean {
  return deleted.name === name && deleted.namespace === namespace && deleted.uid !== uid;
}

function deletedOfApplication(
  { uid, namespace, name, project, object }: Application,
  deletedAt: string,
): DeletedApplication {
  const cluster = clusterOf(object);
  return { uid, namespace, name, project, cluster: cluster.name || cluster.server, deletedAt };
}

function inOrder(deleted: readonly DeletedApplication[]): DeletedApplication[] {
  return deleted
    .toSorted((a, b) =>
      a.deletedAt === b.deletedAt ? a.name.localeCompare(b.name, 'en') : a.deletedAt < b.deletedAt ? 1 : -1,
    )
    .slice(0, mostDeleted);
}
