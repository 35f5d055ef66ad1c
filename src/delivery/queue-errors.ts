import { ErrorCode } from 'bullmq';
import type { Logger } from '../log.ts';
import { createOutageLog } from '../net/outage-log.ts';

/** A job is not where it would have to be for what was asked. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  return error.code === ErrorCode.JobNotInState || error.code === ErrorCode.JobNotExist;
}

/** While the store is away the same error comes many times a second; undefined: it answers. */
export function createErrorReporter(log: Logger, now: () => number): (error: Error | undefined) => void {
  const outage = createOutageLog(log, { away: 'Queue does not answer', back: 'Queue answers again' }, now);
  return (error) => {
    if (error === undefined) outage.answered();
    else outage.failed(error.message);
  };
}
