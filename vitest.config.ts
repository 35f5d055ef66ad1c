import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * A backstop for what hangs, far above what anything takes on the busiest machine: no test is decided by it, and none
 * sets a shorter one.
 */
const limits = {
  testTimeout: 900_000,
  hookTimeout: 900_000,
  expect: { poll: { timeout: 600_000 } },
};

/** What `npm run test:long` runs: processes that are killed, floods, every shipped Role, every store beneath a bridge. */
const long = 'test/**/*.long.test.ts';
/** What it runs again, with as many tries as `HERALD_TEST_RUNS` says. */
const properties = [
  'test/fuzz/**/*.test.ts',
  'test/**/*property.test.ts',
  'test/contract/ledger.test.ts',
  'test/store/power-failure.test.ts',
];

/** What `npm run test:real` runs: against programs of Argo CD and Kubernetes that no package of Debian brings. */
const real = 'test/**/*.real.test.ts';

export default defineConfig({
  test: {
    // A worker runs one file after the other on modules that were loaded once, which halves the work: they have no state.
    isolate: false,
    // Many tests wait for what a process or a server does.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['src/**/*.test.ts'], ...limits },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [long, real],
          globalSetup: ['test/global-setup.ts'],
          env: { HERALD_TEST_RUNS: process.env['HERALD_TEST_RUNS'] ?? '0.1' },
          ...limits,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: [real],
          globalSetup: ['test/global-setup.ts'],
          ...limits,
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: [long, ...properties],
          globalSetup: ['test/global-setup.ts'],
          env: { HERALD_TEST_RUNS: process.env['HERALD_TEST_RUNS'] ?? '1' },
          ...limits,
        },
      },
    ],
  },
});
