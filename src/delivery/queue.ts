/**
 * The durable queue of deliveries, which it knows by their ids: BullMQ on SQLite, on Redis or Valkey, or on PostgreSQL.
 * Every call has a deadline and fails with an error when the store does not answer within it.
 */
export interface DeliveryQueue {
  /** Idempotent: an id that is waiting, delayed or active is not added again. */
  add(ids: readonly string[]): Promise<void>;
  /** Of these ids, those that no waiting, delayed or active job holds. */
  missing(ids: readonly string[]): Promise<string[]>;
  /** Starts the worker. Each job is handed to `process`; at-least-once, so `process` is idempotent. */
  work(process: DeliveryProcessor): void;
  /** What is put off is due now. */
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
  /** 1 for the first try; what was paced or deferred does not count. */
  attempt: number;
  /** Unix milliseconds at which the delivery was first queued. */
  queuedAt: number;
  /** Set by a pacing delay: the slot that this job has reserved, Unix milliseconds. */
  slot?: number;
  signal: AbortSignal;
}) => Promise<JobResult>;

export type JobResult =
  | { status: 'done' }
  /** Try again then; counts as an attempt. */
  | { status: 'retry'; at: number }
  /** The recipient's pace is used up: run at the reserved slot; does not count as an attempt. */
  | { status: 'paced'; slot: number }
  /** Others have a better claim to the worker: run then; does not count as an attempt, and a reserved slot stays. */
  | { status: 'deferred'; at: number };
