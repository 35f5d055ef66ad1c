import { defaultStoreDeadline } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { Ledger } from './ledger.ts';
import { createPostgresLedger } from './postgres.ts';
import { createRedisLedger } from './redis.ts';

/** The ledger in an opened store. `deadline`: milliseconds for each call. */
export function createLedger(
  store: Store,
  options: { deadline: number } = { deadline: defaultStoreDeadline },
): Ledger {
  return store.kind === 'redis' ? createRedisLedger(store, options) : createPostgresLedger(store, options);
}
