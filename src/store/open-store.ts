import { type Clock, systemClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { parseQueueUrl } from './queue-url.ts';
import { type Store, StoreError } from './store.ts';

export interface OpenStoreOptions {
  log: Logger;
  /** Milliseconds for connecting and for each command or statement; 10 s unless given. */
  deadline?: number;
  signal?: AbortSignal;
  /**
   * Another process may run on the store, and this one only looks, or makes small changes. It matters to the embedded
   * store alone, which otherwise belongs to one process.
   */
  isGuest?: boolean;
  /** @defaultValue systemClock */
  clock?: Clock;
}

/** Of every call to the store, milliseconds. */
export const defaultStoreDeadline = 10_000;

/**
 * Opens the store that `--queue` names, ready for use: checked, its tables up to date.
 * One try: it rejects with a {@link StoreError}, whose `retryable` says whether to try again later, and within a
 * bounded time (the deadline, and up to a minute where tables must be made).
 */
export async function openStore(url: string, options: OpenStoreOptions): Promise<Store> {
  const parsed = parseQueueUrl(url);
  if (!parsed.ok) throw new StoreError(parsed.error, { retryable: false });
  const { log, signal, deadline = defaultStoreDeadline, clock = systemClock } = options;
  const common = { name: parsed.value.name, log, deadline, clock, ...(signal ? { signal } : {}) };
  // Each with its client, which the others need not load.
  switch (parsed.value.kind) {
    case 'sqlite': {
      const { openSqlite } = await import('./open-sqlite.ts');
      return openSqlite({ ...common, directory: parsed.value.directory, isGuest: options.isGuest ?? false });
    }
    case 'redis': {
      const { openRedis } = await import('./open-redis.ts');
      return openRedis({ ...common, url: parsed.value.url });
    }
    case 'postgres': {
      const { openPostgres } = await import('./open-postgres.ts');
      return openPostgres({ ...common, url: parsed.value.url });
    }
  }
}
