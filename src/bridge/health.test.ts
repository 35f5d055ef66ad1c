import { expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import type { ReflectorState } from '../cluster/reflector-state.ts';
import { runChecks } from '../server/health.ts';
import { createHealth } from './health.ts';

const watching = { name: 'applications', phase: 'watching', synced: true, lastFrameAt: 0 } as ReflectorState;

/** What /healthz and /readyz say, as `check: reason`, those that are not ok marked. */
async function told(shape: Partial<Parameters<typeof createHealth>[0]>, isInMemory = false) {
  const health = createHealth(
    {
      watches: () => [watching],
      working: () => undefined,
      term: () => undefined,
      clock: { now: () => 0 },
      ...shape,
    },
    { isInMemory },
  );
  const lines = async (checks: typeof health.healthz) =>
    (await runChecks(checks, 10_000, systemClock)).results.map(
      ({ check, ok, reason }) => `${ok ? '' : '! '}${check}: ${reason}`,
    );
  return { healthz: await lines(health.healthz), readyz: await lines(health.readyz) };
}

function working(
  shape: { isLeader?: boolean; isKnown?: boolean; lost?: string; ping?(): Promise<void> } = {},
) {
  const { isLeader = true, isKnown = true, lost, ping = async () => undefined } = shape;
  return () => ({
    store: { ping, lost: () => lost },
    standing: { isLeader: () => isLeader, isKnown: () => isKnown } as never,
  });
}
const term = (isReady: boolean, trouble?: string, other?: { manager: string; at: number }) => () => ({
  isReady: () => isReady,
  trouble: () => trouble,
  other: () => other,
});

it('is alive and not ready before the store is open', async () => {
  expect(await told({})).toEqual({
    healthz: ['watch: alive', 'store: usable'],
    readyz: ['! store: not open yet', 'lists: done', '! role: not known yet'],
  });
});

it('is ready when it leads and has observed everything, or stands by', async () => {
  expect((await told({ working: working(), term: term(true) })).readyz).toEqual([
    'store: answers',
    'lists: done',
    'role: leads',
  ]);
  expect((await told({ working: working(), term: term(false) })).readyz).toContain(
    '! role: Applications are being observed',
  );
  const standsBy = await told({ working: working({ isLeader: false }) }, true);
  expect(standsBy.readyz).toEqual(['store: answers, in memory', 'lists: done', 'role: stands by']);
});

it('says who else notifies, and stays ready', async () => {
  const other = { manager: 'argocd-notifications', at: Date.UTC(2026, 0, 1) };
  const { readyz } = await told({ working: working(), term: term(true, undefined, other) });
  expect(readyz).toContain(
    'role: leads; argocd-notifications notifies of the same Applications, last at 2026-01-01T00:00:00.000Z: stop it',
  );
});

it('says what is in the way, and not why', async () => {
  const lost = await told({ working: working({ lost: 'EIO /var/lib/herald' }), term: term(true, 'EIO') });
  expect(lost.healthz).toContain('! store: its files are gone or damaged: restart Herald');
  expect(lost.readyz).toContain('! store: takes no changes');
  const away = await told({
    working: working({ ping: () => Promise.reject(new Error('redis://secret')) }),
    watches: () => [{ ...watching, synced: false }],
  });
  expect(away.readyz.join()).not.toContain('secret');
  expect(away.readyz).toContain('! lists: applications');
});
