import { expect, it } from 'vitest';
import type { ReflectorState } from '../cluster/reflector-state.ts';
import { createMetrics } from '../metrics.ts';
import { createMemoryLedger } from '../testing/memory-ledger.ts';
import { createFigures } from './figures.ts';

const watching = (name: string, lists: number): ReflectorState =>
  ({
    name,
    phase: 'watching',
    synced: true,
    lastFrameAt: 1_000,
    lagMs: 0,
    lists,
    restarts: { expired: lists },
  }) as unknown as ReflectorState;

it('shows the watches that there are, not those of a term that is over, and counts their ends over terms', async () => {
  const metrics = createMetrics({ version: '1', processMetrics: false });
  let watches = [watching('configmap', 0), watching('applications', 3)];
  const report = createFigures({
    queue: {
      counts: () => Promise.resolve({ active: 0, delayed: 0, waiting: 0 }),
      oldestDueAge: () => Promise.resolve(0),
    },
    ledger: createMemoryLedger(),
    metrics,
    watches: () => watches,
    unevaluated: () => 7,
    backlog: () => 3,
  });
  const lines = async (name: string) =>
    (await metrics.expose()).split('\n').filter((line) => line.startsWith(`${name}{resource="applications"`));
  await report();
  expect(await metrics.expose()).toMatch(/^herald_evaluation_backlog 7$/m);
  expect(await metrics.expose()).toMatch(/^herald_ledger_backlog 3$/m);
  expect(await lines('herald_watch_up')).toHaveLength(1);
  watches = [watching('configmap', 0)];
  await report();
  for (const name of [
    'herald_watch_up',
    'herald_watch_lag_seconds',
    'herald_watch_last_frame_timestamp_seconds',
  ])
    expect(await lines(name)).toEqual([]);
  watches = [watching('configmap', 0), watching('applications', 1)];
  await report();
  expect(await lines('herald_watch_restarts_total')).toEqual([
    'herald_watch_restarts_total{resource="applications",reason="expired"} 4',
  ]);
});
