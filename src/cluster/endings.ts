import { ClusterError } from './cluster-error.ts';

/** Why a watch was started anew. */
export type RestartReason =
  | 'ended'
  | 'expired'
  | 'silent'
  | 'malformed'
  | 'error-frame'
  | 'refused'
  | 'disconnected';

/** How a watch, or a list, came to its end. Without an error: as the server announced. */
export interface Ending {
  reason: RestartReason;
  error?: Error;
  retryAfterMs?: number | undefined;
}

export function noRestarts(): Record<RestartReason, number> {
  return {
    ended: 0,
    expired: 0,
    silent: 0,
    malformed: 0,
    'error-frame': 0,
    refused: 0,
    disconnected: 0,
  };
}

export function malformed(what: string): Ending {
  return { reason: 'malformed', error: new Error(`a frame of the watch ${what}`) };
}

export function endingOf(error: unknown): Ending {
  if (!(error instanceof ClusterError)) return { reason: 'disconnected', error: error as Error };
  const { retryAfterMs } = error;
  if (error.status === 410) return { reason: 'expired', error };
  if (error.kind === 'malformed') return { reason: 'malformed', error };
  const isRefusal = error.kind === 'status' || error.kind === 'credentials';
  return { reason: isRefusal ? 'refused' : 'disconnected', error, retryAfterMs };
}
