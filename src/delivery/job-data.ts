/** What a job of the queue holds, beside the delivery's id that it is named by: what is to be sent is in the ledger. */
export interface JobData {
  /** Attempts that were made and failed. */
  failures: number;
  /** When it is to run, Unix milliseconds. */
  dueAt: number;
  /**
   * Whether it was put off since its last attempt. The pacing needs this for the order at a recipient, and here, since
   * the process that hands it out again may be another one or a new one.
   */
  waited: boolean;
}

/** BullMQ takes no id that is a number, which hexadecimal digits can be. */
const prefix = 'd';

export function jobIdOf(deliveryId: string): string {
  return `${prefix}${deliveryId}`;
}

export function deliveryIdOf(jobId: string): string {
  return jobId.slice(prefix.length);
}
