import { type Clock, pause } from '../clock.ts';
import { createFifo } from '../fifo.ts';
import type { Row } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';
import type { TermLedger } from './term-ledger.ts';
import type { LedgerWriter } from './writer.ts';

/** What an evaluation needs of the ledger. */
const kinds = ['application', 'notice', 'gone', 'alert', 'ongoing'] as const;

export type LoadedRow = Row<(typeof kinds)[number]>;

/** Asks the ledger about Applications, so many at the same time, until it answers. */
export interface Loading {
  /** `loaded` is not called after `stop`. Must not throw. */
  load(uid: string, loaded: (rows: LoadedRow[]) => void): void;
  /** Applications of which it has not answered yet. */
  size(): number;
  stop(): void;
}

interface Deps {
  ledger: Pick<TermLedger, 'load'>;
  writer: Pick<LedgerWriter, 'written' | 'backlog'>;
  /** Until then nothing is loaded. */
  before?(): Promise<void> | undefined;
  /** An answer has been dealt with. */
  onLoaded(): void;
  clock: Clock;
  log: Logger;
}

interface Options {
  /** Milliseconds before the ledger is asked again that did not answer; doubles up to `maxRetryDelay`. @defaultValue 100 */
  retryDelay?: number;
  /** @defaultValue 5000 */
  maxRetryDelay?: number;
}

/** Applications asked about at the same time. */
const concurrency = 64;
/** Changes that wait for the store above which it is not asked for more to decide about. */
const mostUnwritten = 1_000;
/** Milliseconds. */
const look = 20;

export function createLoading(deps: Deps, { retryDelay = 100, maxRetryDelay = 5_000 }: Options): Loading {
  const { ledger, writer, clock, log } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const asked = createFifo<Parameters<Loading['load']>>();
  let active = 0;

  function next(): void {
    while (active < concurrency && !signal.aborted) {
      const first = asked.shift();
      if (first === undefined) break;
      active += 1;
      void ask(...first).finally(() => {
        active -= 1;
        next();
        deps.onLoaded();
      });
    }
  }

  async function ask(uid: string, loaded: (rows: LoadedRow[]) => void): Promise<void> {
    const before = deps.before?.();
    if (before) await before;
    const rows = await untilAnswered(uid);
    if (rows && !signal.aborted) loaded(rows);
  }

  async function untilAnswered(uid: string): Promise<LoadedRow[] | undefined> {
    while (writer.backlog() > mostUnwritten && !signal.aborted) await pause(clock, look, signal);
    for (let wait = retryDelay; !signal.aborted; wait = Math.min(wait * 2, maxRetryDelay)) {
      try {
        // One that is watched again: what was decided before is still on its way.
        await writer.written(uid);
        return await ledger.load(uid, kinds);
      } catch (error) {
        log.warn({ err: error }, 'Cannot read the ledger, trying again');
        await pause(clock, wait, signal);
      }
    }
    return undefined;
  }

  return {
    load(...question) {
      asked.push(question);
      next();
    },
    size: () => active + asked.length,
    stop() {
      asked.clear();
      stopping.abort();
    },
  };
}
