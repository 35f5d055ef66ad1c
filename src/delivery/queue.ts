/**
 * The durable queue of deliveries, which it knows by their ids: BullMQ on SQLite, on Redis or Valkey, or on PostgreSQL.
 * Every call has a deadline and fails with an error when the store does not answer within it.
 */
export interface DeliveryQueue {
  /** Idempotent: an id that is waiting, delayed or active is not added again. */
  add(ids: readonly string[]): Promise<void>;
  /**
   * Of what has just become ready, and never had a job: attempted by this process at once, without one, where it works on
   * the queue and has room; else added. What the process does not come to, `missing` of the others names.
   */
  handOver(ids: readonly string[]): Promise<void>;
  /** Of these ids, those that no waiting, delayed or active job holds, nor this process without one. */
  missing(ids: readonly string[]): Promise<string[]>;
  /**
   * Starts the worker. Each job is handed to `process`; at-least-once, so `process` is idempotent. `members`: processes
   * that work on the queue, each of which takes its share of what it is handed over. @defaultValue this one alone
   */
  work(process: DeliveryProcessor, members?: () => number): void;
  /** Makes this one due, if it is put off or about to be by this process, which is waited for: answers whether it was. */
  wake(id: string): Promise<boolean>;
  /** All that is put off is due now. */
  hurry(): Promise<void>;
  counts(): Promise<Record<'waiting' | 'delayed' | 'active', number>>;
  /** Milliseconds since the oldest due job became due; 0 when none waits. */
  oldestDueAge(): Promise<number>;
  /** Lets active jobs finish until `deadline` (milliseconds from now), then abandons them to recovery. Never hangs. */
  close(deadline: number): Promise<void>;
}

export type DeliveryProcessor = (job: {
  /** Of the delivery. */
  id: string;
  /** 1 for the first try: one more than the answers `later` that counted. */
  attempt: number;
  /** It has waited since its last attempt, and goes before what is new to its recipient's pace. */
  waited: boolean;
  signal: AbortSignal;
}) => Promise<JobResult>;

export type JobResult = { status: 'done' } | Later;

/** The job is handed out again then. */
export interface Later {
  status: 'later';
  /** Unix milliseconds. */
  at: number;
  /** Whether an attempt was made and failed, which the next one's backoff counts; otherwise it was only not its turn. */
  counts: boolean;
}

/** It is not its turn before `at`, Unix milliseconds. */
export function notBefore(at: number): Later {
  return { status: 'later', at, counts: false };
}
