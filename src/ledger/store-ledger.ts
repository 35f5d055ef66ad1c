import { defaultStoreDeadline } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { Ledger } from './ledger.ts';
import { createPostgresLedger } from './postgres.ts';
import { createRedisLedger } from './redis.ts';
import { createSqliteLedger } from './sqlite.ts';

/** The ledger in an opened store. `deadline`: milliseconds for each call. */
export function createLedger(
  store: Store,
  options: { deadline: number } = { deadline: defaultStoreDeadline },
): Ledger {
  switch (store.kind) {
    case 'sqlite':
      return createSqliteLedger(store);
    case 'redis':
      return createRedisLedger(store, options);
    case 'postgres':
      return createPostgresLedger(store, options);
  }
}
