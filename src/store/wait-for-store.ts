import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log.ts';
import { createOutageLog } from '../net/outage-log.ts';
import { openStore } from './open-store.ts';
import { type Store, StoreError } from './store.ts';

const longestDelay = 10_000;

/**
 * Opens the store, again and again while it is merely away. Rejects with a StoreError that waiting does not mend.
 * Undefined when the signal came first. The log says why it is not open yet.
 */
export async function waitForStore(
  url: string,
  options: { log: Logger; signal: AbortSignal },
): Promise<Store | undefined> {
  const { log, signal } = options;
  const outage = createOutageLog(log, { away: 'Store cannot be opened yet', back: 'Store is open' });
  for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, longestDelay)) {
    try {
      const store = await openStore(url, { log, signal });
      outage.answered();
      return store;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      outage.failed(error.message);
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
