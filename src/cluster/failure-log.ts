import type { Logger } from '../log.ts';
import { ClusterError } from './cluster-error.ts';

/** Tells the log once what keeps a watch from working, until it is something else or is over. */
export interface FailureLog {
  failed(error: Error, reason: string): void;
  recovered(): void;
  /** What keeps it from working now. */
  current(): string | undefined;
}

/** Statuses that go on until a person mends a role, a flag or an installation. */
const lasting = new Set([400, 401, 403, 404, 422]);

export function createFailureLog(log: Logger): FailureLog {
  let failure: { what: string; message: string } | undefined;
  return {
    failed(error, reason) {
      const { status, kind } = error instanceof ClusterError ? error : {};
      const what = `${reason} ${status ?? ''}`.trimEnd();
      const isNews = failure?.what !== what;
      failure = { what, message: error.message };
      if (!isNews) return;
      const fields = { reason, status, error: error.message };
      if (kind === 'credentials' || lasting.has(status ?? 0))
        log.error(fields, 'The API server refuses the watch');
      else if (reason === 'disconnected' || reason === 'expired') log.info(fields, 'Watch interrupted');
      else log.warn(fields, 'Watch interrupted');
    },
    recovered() {
      if (failure !== undefined) log.info('Watch works again');
      failure = undefined;
    },
    current: () => (failure === undefined ? undefined : `${failure.what}: ${failure.message}`),
  };
}
