import { type Clock, pause } from '../clock.ts';
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
  options: { log: Logger; signal: AbortSignal; clock: Clock },
): Promise<Store | undefined> {
  const { log, signal, clock } = options;
  const outage = createOutageLog(
    log,
    { away: 'Store cannot be opened yet', back: 'Store is open' },
    clock.now,
  );
  for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, longestDelay)) {
    try {
      const store = await openStore(url, { log, signal, clock });
      outage.answered();
      return store;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof StoreError) || !error.retryable) throw error;
      outage.failed(error.message);
      await pause(clock, wait, signal);
    }
  }
  return undefined;
}
