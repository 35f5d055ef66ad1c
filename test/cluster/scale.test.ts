import { expect, it, onTestFinished } from 'vitest';
import { createWatchScope } from '../../src/cluster/scope.ts';
import { createApplicationWatch } from '../../src/cluster/watch-applications.ts';
import type { Application } from '../../src/model.ts';
import { application, createProbe, silentLog, startCluster } from './support.ts';

it('10,000 Applications: read in pages, watched on one connection, and a list after an expiry reports changes only', async () => {
  const { simulator, connection } = await startCluster();
  const status = {
    resources: Array.from({ length: 10 }, (_, i) => ({ kind: 'Deployment', name: `d-${i}` })),
  };
  for (let n = 0; n < 10_000; n += 1) simulator.cluster.apply(application(`app-${n}`, { status }));
  const probe = createProbe<Application>();
  const watch = createApplicationWatch(
    { connection, log: silentLog },
    { scope: createWatchScope('argocd', []), handlers: probe.handlers },
  );
  onTestFinished(() => watch.stop());
  watch.start();
  await watch.ready();
  expect(probe.upserts).toHaveLength(10_000);
  expect(simulator.stats.requests('list', 'applications')).toBe(20);

  await simulator.until(() => simulator.stats.openWatches() === 1);
  for (let n = 0; n < 1000; n += 1) {
    simulator.cluster.patch(
      { kind: 'Application', namespace: 'argocd', name: `app-${n}` },
      { status: { n } },
    );
  }
  await probe.until(() => probe.upserts.length === 11_000);

  const lists = watch.state().lists;
  simulator.faults.watches.stall();
  simulator.cluster.remove({ kind: 'Application', namespace: 'argocd', name: 'app-77' });
  simulator.cluster.patch(
    { kind: 'Application', namespace: 'argocd', name: 'app-78' },
    { status: { n: -1 } },
  );
  simulator.faults.expireHistory();
  simulator.faults.watches.drop();
  await probe.until(() => probe.seen.includes('-app-77'));
  expect(watch.state().lists).toBe(lists + 1);
  expect(probe.upserts.slice(11_000).map((object) => object.name)).toEqual(['app-78']);
  expect(probe.deletes).toHaveLength(1);
  expect(watch.state().objects).toBe(9999);
  expect(simulator.stats.connections().open).toBeLessThanOrEqual(2);
});
