import { expect, it } from 'vitest';
import type { ReflectorState } from '../cluster/reflector.ts';
import { missingLists, stuckWatches, verdict } from './watch-health.ts';

const now = Date.UTC(2026, 0, 1);

function state(name: string, shape: Partial<ReflectorState>): ReflectorState {
  const restarts = {
    ended: 0,
    expired: 0,
    silent: 0,
    malformed: 0,
    'error-frame': 0,
    refused: 0,
    disconnected: 0,
  };
  return {
    name,
    phase: 'watching',
    synced: true,
    objects: 0,
    lastFrameAt: now,
    lagMs: 0,
    lists: 1,
    restarts,
    failure: undefined,
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
      failure: 'GET /api/v1/secrets: 403 Forbidden: User "system:serviceaccount:argocd:herald" cannot list',
    }),
    state('away', { synced: false, failure: 'GET /api/v1/secrets: connect ECONNREFUSED 10.4.0.1:443' }),
  ];
  expect(missingLists(states)).toEqual(['listing', 'forbidden (403 Forbidden)', 'away (no answer)']);
});

it('is fine while nothing is in the way', () => {
  expect(verdict([undefined], 'alive')).toEqual({ ok: true, reason: 'alive' });
  expect(verdict(['a', undefined, 'b'], 'alive')).toEqual({ ok: false, reason: 'a, b' });
});
