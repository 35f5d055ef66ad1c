import type { Membership } from './membership.ts';
import { defaultStoreDeadline } from './open-store.ts';
import { createPostgresMembership } from './postgres-membership.ts';
import { createRedisMembership } from './redis-membership.ts';
import { createSqliteMembership } from './sqlite-membership.ts';
import type { Store } from './store.ts';

/** The processes that share an opened store. `deadline`: milliseconds for each call. */
export function createMembership(
  store: Store,
  options: { deadline: number } = { deadline: defaultStoreDeadline },
): Membership {
  switch (store.kind) {
    case 'sqlite':
      return createSqliteMembership(store);
    case 'redis':
      return createRedisMembership(store, options);
    case 'postgres':
      return createPostgresMembership(store, options);
  }
}
