import { type BackoffOptions, createBackoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { RestartReason } from './endings.ts';

/** How long one watch waits before it asks again. */
export interface RetryPace {
  /** Milliseconds, after a request that ended so. */
  next(reason: RestartReason, retryAfterMs?: number): number;
  /** The server was away and answers again; milliseconds until it is asked, so that not all ask at once. */
  cameBack(): number;
  /** A watch that worked has ended before its time, as when the server shuts down. */
  endedEarly(): void;
  /** What was asked for has come. */
  worked(): void;
  /** The server has been back for less than half a minute: what it refuses, it may grant in a moment. */
  isRecovering(): boolean;
}

export interface RetryPaceOptions {
  backoff: BackoffOptions;
  /** How long a server takes at the most to be itself again after a start. @defaultValue 30000 */
  recoveryMs?: number;
}

/** Between two requests that a server refuses which has just come back; half of it is left to chance. */
const whileRecovering = 750;
/** Between tries to reach a server that is not known to be away. */
const longestUnreachable = 8_000;
/** Within which those that waited for a server begin. */
const spread = 250;

export function createRetryPace(clock: Clock, random: () => number, options: RetryPaceOptions): RetryPace {
  const { backoff: backoffOptions, recoveryMs = 30_000 } = options;
  const backoff = createBackoff(random, backoffOptions);
  /** Of its own: what one refused connection after another has raised says nothing of a revision that is too old. */
  const expiries = createBackoff(random, backoffOptions);
  let backSince: number | undefined;

  function isRecovering(): boolean {
    return backSince !== undefined && clock.now() - backSince < recoveryMs;
  }

  return {
    isRecovering,
    next(reason, retryAfterMs = 0) {
      if (reason === 'expired') {
        const isFirst = expiries.isFresh();
        const delay = expiries.next(retryAfterMs);
        return isFirst ? 0 : delay;
      }
      if (isRecovering() && (reason === 'refused' || reason === 'error-frame')) {
        const asked = Math.min(retryAfterMs * (1 + random() / 4), 300_000);
        return Math.max((whileRecovering / 2) * (1 + random()), asked);
      }
      const delay = backoff.next(retryAfterMs);
      return reason === 'disconnected' ? Math.min(delay, longestUnreachable) : delay;
    },
    cameBack() {
      backSince = clock.now();
      backoff.reset();
      return random() * spread;
    },
    endedEarly() {
      backSince = clock.now();
    },
    worked() {
      backoff.reset();
      expiries.reset();
    },
  };
}
