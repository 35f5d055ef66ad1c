/** Milliseconds that the two clocks may part in a second without one having been set. */
const tolerance = 1_000;

/**
 * Tells when the wall clock was set back. What was put off until a time on it would wait for as long as the step was.
 * A step forth needs nothing: what is due early is looked at and put off again.
 *
 * @returns asked now and then, whether it was set back since it was asked before
 */
export function createClockSteps(clocks: { now(): number; monotonic(): number }): () => boolean {
  let offset = clocks.now() - clocks.monotonic();
  return () => {
    const before = offset;
    offset = clocks.now() - clocks.monotonic();
    return offset < before - tolerance;
  };
}
