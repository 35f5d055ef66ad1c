import type { Logger } from '../log.ts';
import { ClusterError } from './cluster-error.ts';

/** Tells the log once what keeps a watch from working, until it is something else or is over. */
export interface FailureLog {
  /** `isExpected`: it is known to be over soon, so that nobody must act. */
  failed(error: Error, reason: string, isExpected?: boolean): void;
  recovered(): void;
  /** It is not tried any more for now, which is said elsewhere. */
  givenUp(): void;
  /**
   * What keeps it from working now, and since when, Unix milliseconds. `trouble`: what the server answers meanwhile, while
   * the watch waits for it.
   */
  current(trouble?: ClusterError): Failure | undefined;
}

export interface Failure {
  what: string;
  /** HTTP, where the server answered. */
  status: number | undefined;
  since: number;
}

/** Statuses that go on until a person mends a role, a flag or an installation. */
const lasting = new Set([400, 401, 403, 404, 422]);

export function createFailureLog(log: Logger, now: () => number): FailureLog {
  let failure: { what: string; message: string; status: number | undefined; since: number } | undefined;
  return {
    failed(error, reason, isExpected = false) {
      const { status, kind } = error instanceof ClusterError ? error : {};
      const what = `${reason} ${status ?? ''}`.trimEnd();
      const isNews = failure?.what !== what;
      failure = { what, message: error.message, status, since: failure?.since ?? now() };
      if (!isNews) return;
      const fields = { reason, status, error: error.message };
      if (isExpected) log.info(fields, 'Watch interrupted');
      else if (kind === 'credentials' || lasting.has(status ?? 0))
        log.error(fields, 'The API server refuses the watch');
      else if (reason === 'disconnected' || reason === 'expired') log.info(fields, 'Watch interrupted');
      else log.warn(fields, 'Watch interrupted');
    },
    recovered() {
      if (failure !== undefined) log.info('Watch works again');
      failure = undefined;
    },
    givenUp() {
      failure = undefined;
    },
    current(trouble) {
      if (failure === undefined) return undefined;
      const { what, message, since } = failure;
      if (trouble) return { what: trouble.message, status: trouble.status, since };
      return { what: `${what}: ${message}`, status: failure.status, since };
    },
  };
}
