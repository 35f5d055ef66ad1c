/**
 * From a job to a message that is sent: the queue and its worker, attempts, pacing, shares of services and tenants,
 * and what is parked. It may import `configurations/` and what lies below.
 */

/** Milliseconds. */
const firstDelay = 1_000;
const longestDelay = 5 * 60_000;

/**
 * Milliseconds to wait after the failed attempt of this number, 1 for the first: doubling from one second to five
 * minutes, of which a random half is taken away, so that what failed together is not tried again together.
 * `random` answers from 0 up to 1.
 */
export function backoffDelay(attempt: number, random: () => number = Math.random): number {
  const exponent = Math.min(Math.max(attempt, 1) - 1, 30);
  const delay = Math.min(firstDelay * 2 ** exponent, longestDelay);
  return Math.round(delay / 2 + (delay / 2) * random());
}
