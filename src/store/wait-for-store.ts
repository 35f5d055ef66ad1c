import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log.ts';
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
  for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, longestDelay)) {
    try {
      return await openStore(url, { log, signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      log.warn({ reason: error.message, wait }, 'Store cannot be opened yet');
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
