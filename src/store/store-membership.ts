import type { Membership } from './membership.ts';
import { defaultStoreDeadline } from './open-store.ts';
import { createPostgresMembership } from './postgres-membership.ts';
import { createRedisMembership } from './redis-membership.ts';
import type { Store } from './store.ts';

/** The processes that share an opened store. `deadline`: milliseconds for each call. */
export function createMembership(
  store: Store,
  options: { deadline: number } = { deadline: defaultStoreDeadline },
): Membership {
  return store.kind === 'redis'
    ? createRedisMembership(store, options)
    : createPostgresMembership(store, options);
}
