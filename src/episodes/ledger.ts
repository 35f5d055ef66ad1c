import type { Delivery, JsonObject, RejectionScope } from '../model.ts';
import type { ChangeHistory } from './change-history.ts';

/**
 * The durable record of what was and is to be notified. Implementations: Redis or Valkey, PostgreSQL (also embedded).
 * One contract suite runs against all of them.
 *
 * An *episode* is one uninterrupted match of a condition for an Application and a destination, split by oncePer.
 * Its key is stable; without oncePer it ends when the condition no longer matches, and the next match is a new
 * occurrence under the same key. With oncePer it never ends: a value is notified once.
 *
 * A *lane* holds the pending deliveries of one Application to one destination, in the order in which they were
 * claimed. Only the first of a lane is *ready*: it alone has a job in the queue, so that messages keep their order
 * however often one of them is tried.
 *
 * Several processes may share a ledger. All of them send; one of them decides, and writes under its *term*
 * (store/membership.ts): what an earlier term still tries to write is fenced off.
 *
 * Every method is one round trip, atomic, and safe to repeat after an unknown answer.
 */
export interface Ledger {
  /** Everything known of Applications, one record each, in batches: read at start, to find those that are gone. */
  applications(): AsyncIterable<ApplicationRecord[]>;
  /**
   * The record and the episodes of one Application that an evaluation needs: those without oncePer that are open, and
   * of each condition and destination the oncePer episode that was claimed or confirmed last. An older oncePer value
   * that comes back is told by `suppressed`. Undefined when nothing was written.
   */
  load(uid: string): Promise<LoadedApplication | GoneApplication | undefined>;
  /** What `load` answers of every Application that has a record, in batches. */
  loadAll(): AsyncIterable<LoadedApplication[]>;
  /**
   * Writes, in this order and as one unit: `record` (if given), `end`, `import`, `confirm`, `claim`.
   * A claim whose episode already exists is not written and comes back as its key in `suppressed`, unless the episode
   * was claimed with the same delivery id: then this is a repetition, it changes nothing and is not suppressed.
   * A suppressed claim confirms its episode. Writes nothing where a later term has begun.
   */
  apply(uid: string, change: LedgerChange, term: number): Promise<Applied>;
  /**
   * Drops the Application and its episodes, and remembers until the progress has passed this revision that it is gone.
   * Pending deliveries stay until they are settled. Writes nothing where a later term has begun.
   */
  forget(uid: string, revision: string, term: number): Promise<{ fenced: boolean }>;

  /** The revision up to which everything that the watch showed is in the ledger; undefined before the first. */
  progress(): Promise<string | undefined>;
  setProgress(revision: string, term: number): Promise<{ fenced: boolean }>;

  /** Deliveries that were claimed and not settled, oldest first, in batches. */
  pending(): AsyncIterable<Delivery[]>;
  /** Ids of the pending deliveries that are first in their lane, in batches. */
  ready(): AsyncIterable<string[]>;
  /** Those of `ids` that are pending. */
  read(ids: string[]): Promise<Delivery[]>;
  /**
   * Asked before each attempt to send, since the queue is at-least-once: whether the delivery is to be sent now, and
   * then marks it durably as being attempted. Only one caller gets `begun` for one mark that stands: with an attempt
   * whose fate is unknown the answer is `unclear`, until that attempt is named in `replaces`.
   */
  begin(id: string, attempt: AttemptMark, replaces?: AttemptMark): Promise<Begun>;
  /** The attempt has certainly reached nobody: takes its mark away, if it still stands. */
  abandon(id: string, attempt: AttemptMark): Promise<void>;
  /** Records what became of a delivery; `sent` also marks its episode notified. Unknown ids are ignored. */
  settle(id: string, settlement: Settlement): Promise<Settled>;
  /** Settled as rejected or expired, newest first. */
  parked(limit: number): Promise<ParkedDelivery[]>;
  /**
   * Makes parked deliveries pending again, without a mark and last in their lanes; answers those of `ids` that are
   * pending and ready now, for the queue.
   */
  unpark(ids: string[]): Promise<Delivery[]>;
  /**
   * Removes oncePer episodes last confirmed, and parked deliveries settled, before `before` (Unix milliseconds), and
   * answers how many. An episode whose delivery is still pending stays. What still matches must be confirmed first.
   */
  prune(before: number): Promise<number>;
}

/** `ready`: ids of deliveries of this change that are to be queued now. */
export type Applied = { fenced: true } | { fenced: false; suppressed: string[]; ready: string[] };

/** An attempt to send that was begun. Times in Unix milliseconds. */
export interface AttemptMark {
  /** When the first attempt whose fate is unknown was begun. */
  since: number;
  /** Until when the request of this one may be under way. */
  until: number;
  /** Who made it: unique for each attempt. */
  by: string;
}

export type Begun =
  | { status: 'begun' }
  /** It is not pending any more. */
  | { status: 'settled' }
  /** Others of its lane come first. */
  | { status: 'behind' }
  /** An earlier attempt may have reached the service. */
  | { status: 'unclear'; earlier: AttemptMark };

export interface Settled {
  /** It was pending, and this call has settled it. */
  settled: boolean;
  /** Its episode is still the one that it was claimed for. */
  open: boolean;
  /** The first of its lane now, to be queued. */
  next?: Delivery;
}

export interface ApplicationRecord {
  uid: string;
  namespace: string;
  name: string;
  /** Enough of the object to tell of its deletion after a restart: metadata, spec and a summary of status. */
  object: JsonObject;
  /** resourceVersion of the Application when this was written; absent in records of release 0.1.0. */
  revision?: string;
  /** For conditions that ask how often a value has changed. */
  history?: ChangeHistory;
}

export interface LoadedApplication {
  record: ApplicationRecord;
  episodes: EpisodeRecord[];
}

/** An Application that was forgotten since the progress was noted: its deletion has this revision. */
export interface GoneApplication {
  goneAt: string;
}

export interface EpisodeRecord {
  key: string;
  /** Namespace of the ConfigMap that holds the trigger. */
  configNamespace: string;
  trigger: string;
  condition: string;
  oncePer: string;
  service: string;
  recipient: string;
  /** Unix milliseconds. */
  openedAt: number;
  /** When the service accepted the message; absent while a delivery is under way, or was given up. */
  notifiedAt?: number;
}

export interface LedgerChange {
  record?: ApplicationRecord;
  /** Keys of episodes that ended. */
  end?: string[];
  /** Episodes that argocd-notifications has notified already: written as notified, if absent. */
  import?: EpisodeRecord[];
  /** oncePer episodes that still match, so that `prune` keeps them; `at` in Unix milliseconds. */
  confirm?: { keys: string[]; at: number };
  claim?: { episode: EpisodeRecord; delivery: Delivery }[];
}

/** `rejected`: the service refused it for good; `expired`: retried until it was too old. Both are parked. */
export type Settlement =
  | { status: 'sent'; at: number }
  | { status: 'rejected' | 'expired'; at: number; reason: string; error: string; scope?: RejectionScope };

export interface ParkedDelivery {
  delivery: Delivery;
  status: 'rejected' | 'expired';
  reason: string;
  error: string;
  /** What has to change before it can be sent; absent where waiting may help. */
  scope?: RejectionScope;
  at: number;
}
