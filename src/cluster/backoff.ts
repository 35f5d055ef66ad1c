export interface Backoff {
  /** Milliseconds until the next attempt: grows with each call, and never below what the server asked for. */
  next(atLeastMs?: number): number;
  reset(): void;
  /** Nothing has failed since the last reset. */
  isFresh(): boolean;
}

export interface BackoffOptions {
  /** @defaultValue 500 */
  baseMs?: number;
  /** @defaultValue 30000 */
  capMs?: number;
}

/** Exponential, with half of each delay left to chance, so that clients cut off together do not return together. */
export function createBackoff(random: () => number, options: BackoffOptions = {}): Backoff {
  const { baseMs = 500, capMs = 30_000 } = options;
  let failures = 0;
  return {
    next(atLeastMs = 0) {
      const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures, 30));
      failures += 1;
      const spread = (ceiling / 2) * (1 + random());
      // Retry-After is honoured, spread too, but a server cannot silence the watch for longer than five minutes.
      return Math.max(spread, Math.min(atLeastMs * (1 + random() / 4), 300_000));
    },
    reset() {
      failures = 0;
    },
    isFresh: () => failures === 0,
  };
}
