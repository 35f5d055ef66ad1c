/**
 * How often a property is tried, or how large its subject is: `HERALD_TEST_RUNS` times the number of the long form,
 * which `npm run test:long` runs. `npm test` takes a tenth (vitest.config.ts).
 */
export function runs(number: number): { numRuns: number } {
  const factor = Number(process.env.HERALD_TEST_RUNS ?? '1');
  return { numRuns: Math.max(1, Math.round(number * (factor > 0 ? factor : 1))) };
}
