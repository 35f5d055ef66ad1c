import type { SlackCall } from './client.ts';
import { failureOf, RateLimited } from './errors.ts';

/**
 * Slack limits each method on its own. Once one is limited, it is not called before its time: the search for one
 * message would use up what another waits for. Posting is not held back by it, nor by whom it has held back.
 */
export function withMethodLimits(call: SlackCall, now: () => number): SlackCall {
  const pausedUntil = new Map<string, number>();
  return async (method, form, signal, departure) => {
    const pause = (pausedUntil.get(method) ?? 0) - now();
    if (pause > 0) throw new RateLimited(pause);
    try {
      return await call(method, form, signal, departure);
    } catch (error) {
      const failure = failureOf(error, signal, now());
      if (failure.kind === 'retry' && failure.reason === 'rate_limited' && failure.retryAfter !== undefined) {
        pausedUntil.set(method, now() + failure.retryAfter);
      }
      throw error;
    }
  };
}
