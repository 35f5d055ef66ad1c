import { expect, it } from 'vitest';
import { noRestarts } from '../cluster/endings.ts';
import type { ReflectorState } from '../cluster/reflector-state.ts';
import { failingWatches, missingLists, missingRights, stuckWatches, verdict } from './watch-health.ts';

const now = Date.UTC(2026, 0, 1);

function state(name: string, shape: Partial<ReflectorState>): ReflectorState {
  return {
    name,
    phase: 'watching',
    synced: true,
    objects: 0,
    lastFrameAt: now,
    lagMs: 0,
    lists: 1,
    restarts: noRestarts(),
    failure: undefined,
    forbidden: undefined,
    ...shape,
  };
}

it('calls stuck what has stopped, or is open and shows nothing for ten minutes', () => {
  const states = [
    state('fine', {}),
    state('quiet', { lastFrameAt: now - 600_000 }),
    state('silent', { lastFrameAt: now - 600_001 }),
    state('stopped', { phase: 'stopped' }),
    state('never', { lastFrameAt: undefined }),
  ];
  expect(stuckWatches(states, now)).toEqual(['silent', 'stopped']);
});

it('does not call stuck what waits for an API server that is away, lists, or watches nothing', () => {
  const phases = ['waiting', 'listing', 'absent'] as const;
  expect(
    stuckWatches(
      phases.map((phase) => state(phase, { phase, lastFrameAt: 0 })),
      now,
    ),
  ).toEqual([]);
});

it('names the lists that are missing, and why, without a host or a user', () => {
  const states = [
    state('done', {}),
    state('listing', { synced: false }),
    state('forbidden', {
      synced: false,
      failure: {
        what: 'GET /api/v1/secrets: 403 Forbidden: User "system:serviceaccount:argocd:herald" cannot list',
        status: 403,
        since: now,
      },
    }),
    state('away', {
      synced: false,
      failure: {
        what: 'GET /api/v1/secrets: connect ECONNREFUSED 10.4.0.1:443',
        status: undefined,
        since: now,
      },
    }),
  ];
  expect(missingLists(states)).toEqual(['listing', 'forbidden (403 Forbidden)', 'away (no answer)']);
});

it('says which watches fail, with what answer and since when, but not of what is over in a moment', () => {
  const failing = (status: number | undefined, since: number) =>
    ({ phase: 'waiting', failure: { what: `refused ${status}`, status, since } }) as const;
  const states = [
    state('fine', {}),
    state('unauthorized', failing(401, now - 10_000)),
    state('gone', failing(404, now - 60_000)),
    state('restarting', failing(403, now - 9_000)),
    state('away', failing(undefined, now - 59_000)),
    state('long-away', failing(undefined, now - 61_000)),
    state('starting', { ...failing(401, now - 60_000), synced: false }),
  ];
  expect(failingWatches(states, now)).toEqual([
    'unauthorized since 2025-12-31T23:59:50.000Z (401 Unauthorized)',
    'gone since 2025-12-31T23:59:00.000Z (404 Not Found)',
    'long-away since 2025-12-31T23:58:59.000Z (no answer)',
  ]);
});

it('says what it does without', () => {
  const right = { verb: 'list', resource: 'secrets', namespace: 'argocd' } as const;
  expect(
    missingRights([
      state('fine', {}),
      state('x', { phase: 'forbidden', forbidden: { right, since: now, without: 'tokens' } }),
    ]),
  ).toEqual(['may not list secrets in the namespace argocd since 2026-01-01T00:00:00.000Z: without tokens']);
});

it('is fine while nothing is in the way', () => {
  expect(verdict([undefined], 'alive')).toEqual({ ok: true, reason: 'alive' });
  expect(verdict(['a', undefined, 'b'], 'alive')).toEqual({ ok: false, reason: 'a, b' });
});
