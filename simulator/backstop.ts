/**
 * Milliseconds after which what is waited for is taken to never come. Far above what anything takes on the busiest
 * machine, and below the tests' own limit, whose message says less.
 */
export const backstop = 600_000;
