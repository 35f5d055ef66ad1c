/** How often a property is tried: HERALD_FUZZ_RUNS multiplies the number that fits into a run of all tests. */
export function runs(number: number): { numRuns: number } {
  const factor = Number(process.env.HERALD_FUZZ_RUNS ?? '1');
  return { numRuns: Math.max(1, Math.round(number * (factor > 0 ? factor : 1))) };
}
