import type { Clock } from '../clock.ts';
import type { ReflectorState } from '../cluster/reflector-state.ts';
import type { Standing } from '../leader/standing.ts';
import type { LeadingTerm } from '../leader/term.ts';
import type { HealthChecks } from '../server/health.ts';
import type { Store } from '../store/store.ts';
import { failingWatches, missingLists, missingRights, stuckWatches, verdict } from './watch-health.ts';

interface Deps {
  watches(): ReflectorState[];
  /** Undefined while the store is not open. */
  working(): { store: Pick<Store, 'ping' | 'lost'>; standing: Standing } | undefined;
  term(): Pick<LeadingTerm, 'trouble' | 'isReady' | 'other'> | undefined;
  clock: Pick<Clock, 'now'>;
}

/**
 * What /healthz and /readyz answer of. Every namespace may reach the port, and an error of the store names its host and
 * user: so what is said here is general, and the log says which and why.
 */
export function createHealth(
  deps: Deps,
  { isInMemory }: { isInMemory: boolean },
): { healthz: HealthChecks; readyz: HealthChecks } {
  const { watches, working, term } = deps;
  const { now } = deps.clock;
  return {
    healthz: {
      watch: () => verdict(stuckWatches(watches(), now()), 'alive'),
      store() {
        const isLost = working()?.store.lost?.() !== undefined;
        return verdict([isLost ? 'its files are gone or damaged: restart Herald' : undefined], 'usable');
      },
    },
    readyz: {
      async store() {
        const store = working()?.store;
        if (!store) return verdict(['not open yet'], '');
        await store.ping();
        const takesNothing = term()?.trouble() !== undefined;
        const answers = isInMemory ? 'answers, in memory' : 'answers';
        return verdict([takesNothing ? 'takes no changes' : undefined], answers);
      },
      lists() {
        const states = watches();
        const obstacles = [...missingLists(states), ...failingWatches(states, now())];
        return verdict(obstacles, ['done', ...missingRights(states)].join('; '));
      },
      role() {
        const standing = working()?.standing;
        const isObserving = term()?.isReady() === false;
        const obstacles = [
          standing?.isKnown() ? undefined : 'not known yet',
          isObserving ? 'Applications are being observed' : undefined,
        ];
        const other = term()?.other();
        const beside = other && [
          `${other.manager} notifies of the same Applications, last at ${new Date(other.at).toISOString()}: stop it`,
        ];
        return verdict(
          obstacles,
          [standing?.isLeader() ? 'leads' : 'stands by', ...(beside ?? [])].join('; '),
        );
      },
    },
  };
}
