import { type Clock, pause } from '../clock.ts';
import { mostItems } from '../ledger/ledger.ts';
import { chunks } from '../ledger/pieces.ts';
import type { Logger } from '../log.ts';
import type { TermLedger } from './term-ledger.ts';
import type { Tracked } from './tracked.ts';
import type { LedgerWriter } from './writer.ts';

/** Asks the ledger which oncePer values destinations were told of, until it answers, and notes it in the entry's life. */
export interface Asking {
  ask(entry: Tracked, keys: readonly string[]): void;
  isIdle(): boolean;
  stop(): void;
}

interface Deps {
  ledger: Pick<TermLedger, 'read'>;
  writer: Pick<LedgerWriter, 'written'>;
  onAnswer(entry: Tracked): void;
  log: Logger;
  clock: Clock;
}

interface Options {
  /** Milliseconds before the ledger is asked again that did not answer; doubles up to `maxRetryDelay`. @defaultValue 100 */
  retryDelay?: number;
  /** @defaultValue 5000 */
  maxRetryDelay?: number;
}

export function createAsking(deps: Deps, { retryDelay = 100, maxRetryDelay = 5_000 }: Options): Asking {
  const stopping = new AbortController();
  const { signal } = stopping;
  let active = 0;

  async function answer(entry: Tracked, keys: readonly string[]): Promise<void> {
    const { uid } = entry.application;
    for (let wait = retryDelay; !signal.aborted; wait = Math.min(wait * 2, maxRetryDelay)) {
      try {
        // What was told before is still on its way.
        await deps.writer.written(uid);
        const told = new Set<string>();
        for (const some of chunks(keys, mostItems))
          for (const { key } of await deps.ledger.read(uid, 'told', some)) told.add(key);
        for (const key of keys) entry.life?.asked.set(key, told.has(key) ? 'told' : 'new');
        return;
      } catch (error) {
        deps.log.warn({ err: error }, 'Cannot read the ledger, trying again');
        await pause(deps.clock, wait, signal);
      }
    }
  }

  return {
    ask(entry, keys) {
      active += 1;
      void answer(entry, keys).finally(() => {
        active -= 1;
        if (!signal.aborted) deps.onAnswer(entry);
      });
    },
    isIdle: () => active === 0,
    stop: () => stopping.abort(),
  };
}
