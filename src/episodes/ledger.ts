import type { Delivery, JsonObject } from '../model.ts';
import type { ChangeHistory } from './change-history.ts';

/**
 * The durable record of what was and is to be notified. Implementations: Redis or Valkey, PostgreSQL (also embedded).
 * One contract suite runs against all of them.
 *
 * An *episode* is one uninterrupted match of a condition for an Application and a destination, split by oncePer.
 * Its key is stable; without oncePer it ends when the condition no longer matches, and the next match is a new
 * occurrence under the same key. With oncePer it never ends: a value is notified once.
 *
 * Every method is one round trip, atomic, and safe to repeat after an unknown answer.
 */
export interface Ledger {
  /** Everything known of Applications, one record each, in batches: read at start, to find those that are gone. */
  applications(): AsyncIterable<ApplicationRecord[]>;
  /**
   * The record and the episodes of one Application that an evaluation needs: those without oncePer that are open, and
   * of each condition and destination the oncePer episode that was claimed or confirmed last. An older oncePer value
   * that comes back is told by `suppressed`. Undefined when no record was written.
   */
  load(uid: string): Promise<LoadedApplication | undefined>;
  /** What `load` answers, of every Application, in batches. */
  loadAll(): AsyncIterable<LoadedApplication[]>;
  /**
   * Writes, in this order and as one unit: `record` (if given), `end`, `import`, `confirm`, `claim`.
   * A claim whose episode already exists is not written and comes back as its key in `suppressed`, unless the episode
   * was claimed with the same delivery id: then this is a repetition, it changes nothing and is not suppressed.
   * A suppressed claim confirms its episode.
   */
  apply(uid: string, change: LedgerChange): Promise<{ suppressed: string[] }>;
  /** Drops the Application and its episodes. Pending deliveries stay until they are settled. */
  forget(uid: string): Promise<void>;

  /** Deliveries that were claimed and not settled, oldest first, in batches. */
  pending(): AsyncIterable<Delivery[]>;
  /** Whether the delivery was claimed and is not settled: asked before each send, since the queue is at-least-once. */
  isPending(id: string): Promise<boolean>;
  /** Records what became of a delivery; `sent` also marks its episode notified. Unknown ids are ignored. */
  settle(id: string, settlement: Settlement): Promise<void>;
  /** Settled as rejected or expired, newest first. */
  parked(limit: number): Promise<ParkedDelivery[]>;
  /** Makes parked deliveries pending again; answers those of `ids` that are pending now, for the queue. */
  unpark(ids: string[]): Promise<Delivery[]>;
  /**
   * Removes oncePer episodes last confirmed, and parked deliveries settled, before `before` (Unix milliseconds), and
   * answers how many. An episode whose delivery is still pending stays. What still matches must be confirmed first.
   */
  prune(before: number): Promise<number>;
}

export interface ApplicationRecord {
  uid: string;
  namespace: string;
  name: string;
  /** Enough of the object to tell of its deletion after a restart: metadata, spec and a summary of status. */
  object: JsonObject;
  /** For conditions that ask how often a value has changed. */
  history?: ChangeHistory;
}

export interface LoadedApplication {
  record: ApplicationRecord;
  episodes: EpisodeRecord[];
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
  | { status: 'rejected' | 'expired'; at: number; reason: string; error: string };

export interface ParkedDelivery {
  delivery: Delivery;
  status: 'rejected' | 'expired';
  reason: string;
  error: string;
  at: number;
}
