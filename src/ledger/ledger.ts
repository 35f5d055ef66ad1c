/**
 * The durable record: rows, commits and lanes behind one interface, an implementation for each store, and the
 * migrations of their tables. A part of the ground: it may import only others of it.
 */
import type { Delivery, DeliveryFacts, RejectionScope } from '../model.ts';
import type { Row, RowId, RowKind, ScopedRow } from './rows.ts';

/**
 * The durable record of what is known, and of what was and is to be told. It keeps rows and deliveries and knows no
 * rules: what a row means, and when a delivery is due, is decided in `src/alerts/`. One contract suite
 * (test/contract/ledger.ts) runs against every implementation.
 *
 * A *row* has a kind, a scope and a key, and holds JSON. The scope is the uid of an Application, the key of a notice,
 * `watch`, `silences` or `acknowledgements`: what is read and written together.
 *
 * A *delivery* is pending until it is settled, then it is gone (sent) or parked. A *lane* holds pending deliveries in
 * the order in which they were added; only the first of a lane is *ready*: it alone has a job in the queue, so that
 * messages keep their order however often one of them is tried. All deliveries of a lane are of one scope.
 *
 * Several processes may share a ledger. All of them send: marks, lanes and settling are atomic in the store. One of them
 * decides, and commits under its *term* (store/membership.ts): what an earlier term still tries to commit is refused.
 *
 * Every method is atomic (those that take many ids: for each of them), bounded in time and in what it asks of the store
 * at once, and safe to repeat after an unknown answer. A method that fails has rejected with an error that says what
 * failed, and has changed nothing or everything.
 */
export interface Ledger {
  /**
   * The rows of one kind, of every scope, in batches and in no particular order. `isWanted`: scopes whose rows are
   * answered, all by default; nothing is unpacked for the others.
   */
  rows<Kind extends RowKind>(
    kind: Kind,
    isWanted?: (scope: string) => boolean,
  ): AsyncIterable<ScopedRow<Kind>[]>;
  /** The rows of one scope that are of these kinds, in no particular order. */
  load<Kind extends RowKind>(scope: string, kinds: readonly Kind[]): Promise<Row<Kind>[]>;
  /** Of the rows with these keys those that are there, in no particular order. At most {@link mostItems} keys. */
  read<Kind extends RowKind>(scope: string, kind: Kind, keys: readonly string[]): Promise<Row<Kind>[]>;
  /**
   * Writes a change of one scope as one unit. Changes nothing where a later term has begun; nor where this write, or
   * one with a higher number, has been committed to the scope in this term: then it is a repetition, and the answer
   * is that of the first time. Rejects a change of more than {@link mostItems} items; ledger/pieces.ts cuts it.
   */
  commit(scope: string, by: Writer, change: Change): Promise<Committed>;
  /**
   * Writes a row that people ask for, whoever leads, in place of the one of its key: a silence or an acknowledgement, in a
   * scope of their own to which no leader commits.
   */
  put(row: AskedRow): Promise<void>;
  /**
   * Removes rows whose `expiresAt` is before `expired`, and deliveries that were parked before `parked` (Unix
   * milliseconds); answers how many. Until then an expired row is answered as any other.
   */
  prune(before: { expired: number; parked: number }): Promise<number>;

  /** Deliveries that are pending, in the order in which they were added, in batches. */
  pending(): AsyncIterable<DeliveryFacts[]>;
  /** Ids of the pending deliveries that are first in their lane, in batches. */
  ready(): AsyncIterable<string[]>;
  /**
   * Asked before each attempt to send, since the queue is at-least-once: whether the delivery is to be sent now, and
   * then marks it durably as being attempted. Only one caller gets `begun` for one mark that stands: with an attempt
   * whose fate is unknown the answer is `unclear`, until that attempt is named in `replaces`.
   */
  begin(id: string, attempt: AttemptMark, replaces?: AttemptMark): Promise<Begun>;
  /** The attempt has certainly reached nobody: takes its mark away, if it still stands. */
  abandon(id: string, attempt: AttemptMark): Promise<void>;
  /** Records what became of a delivery: a sent one is gone, any other is parked. Unknown ids are ignored. */
  settle(id: string, settlement: Settlement): Promise<Settled>;

  /** Deliveries that are parked, the one that was settled last first, in batches. */
  parked(): AsyncIterable<ParkedDelivery[]>;
  /** Which of these deliveries are parked, in no particular order. At most {@link mostItems} ids. */
  parkedAmong(ids: readonly string[]): Promise<{ id: string; mayHaveArrived: boolean }[]>;
  /** How many are parked, by the name of their service. Cheap, however many there are. */
  countParked(): Promise<Map<string, number>>;
  /**
   * Makes parked deliveries pending again, without a mark and last in their lanes, in this order; answers the ids of
   * those of `ids` that are pending and ready now, for the queue.
   */
  unpark(ids: readonly string[]): Promise<string[]>;
  /** Removes those that are parked, for good; answers how many. */
  discard(ids: readonly string[]): Promise<number>;
}

export type AskedRow =
  | (Row<'silence'> & { scope: 'silences' })
  | (Row<'acknowledgement'> & { scope: 'acknowledgements' });

/** Rows to put, keys to remove and deliveries to add in one commit, and keys or ids in one read. */
export const mostItems = 1_000;

/** Of one change, in this order: rows are removed, rows are put, deliveries are added. */
export interface Change {
  /** Every row of the scope, of whatever kind, is removed. */
  clear?: boolean;
  remove?: readonly RowId[];
  /** A row that is there already is replaced. */
  put?: readonly Row[];
  /** Added in this order. A delivery whose id is there already, pending or parked, stays as it is. */
  add?: readonly Delivery[];
}

/** Who commits: writes are numbered by the leader, in the order in which they are made, anew in each term. */
export interface Writer {
  term: number;
  number: number;
}

/** `ready`: ids of deliveries of this change that are to be queued now. */
export type Committed = { fenced: true } | { fenced: false; ready: string[] };

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
  | { status: 'begun'; delivery: Delivery }
  /** It is not pending any more. */
  | { status: 'settled' }
  /** Others of its lane come first. */
  | { status: 'behind' }
  /** An earlier attempt may have reached the service. */
  | { status: 'unclear'; delivery: Delivery; earlier: AttemptMark };

export interface Settled {
  /** It was pending, and this call has settled it. */
  settled: boolean;
  /** Id of the first of its lane now, to be queued. */
  next?: string;
}

/** `rejected`: the service refused it for good; `expired`: retried until it was too old. Both are parked. */
export type Settlement =
  | { status: 'sent'; at: number }
  | {
      status: 'rejected' | 'expired';
      at: number;
      reason: string;
      error: string;
      scope?: RejectionScope;
      /** An attempt had no clear answer. */
      mayHaveArrived?: true;
    };

export interface ParkedDelivery {
  delivery: DeliveryFacts;
  status: 'rejected' | 'expired';
  reason: string;
  error: string;
  /** What has to change before it can be sent; absent where waiting may help. */
  scope?: RejectionScope;
  /** An attempt had no clear answer. */
  mayHaveArrived?: true;
  at: number;
}
