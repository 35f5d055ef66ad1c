import type { JobJson } from 'bullmq';

/** A job as BullMQ hands it to a backend: `a`, new. */
export function jobJson(parts: Partial<JobJson> = {}): JobJson {
  return {
    id: 'a',
    name: 'deliver',
    data: '{}',
    opts: {},
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    timestamp: Date.now(),
    failedReason: '',
    returnvalue: 'null',
    stalledCounter: 0,
    ...parts,
  };
}
