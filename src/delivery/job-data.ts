/** What a job of the queue holds, beside the delivery's id that it is named by: what is to be sent is in the ledger. */
export interface JobData {
  queuedAt: number;
  /** Counts what was tried and failed. */
  failures: number;
  /** When it is to run, Unix milliseconds. */
  dueAt: number;
  slot?: number;
}

/** BullMQ takes no id that is a number, which hexadecimal digits can be. */
const prefix = 'd';

export function jobIdOf(deliveryId: string): string {
  return `${prefix}${deliveryId}`;
}

export function deliveryIdOf(jobId: string): string {
  return jobId.slice(prefix.length);
}
