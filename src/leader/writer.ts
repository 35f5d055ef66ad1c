import { type DecidedPart, partsToWrite } from '../alerts/decide.ts';
import { type Clock, pause } from '../clock.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import { type Change, mostItems } from '../ledger/ledger.ts';
import { chunks, type Draft, piecesOf } from '../ledger/pieces.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import { createOutageLog } from '../net/outage-log.ts';
import { settledWithin } from '../store/deadline.ts';
import type { Hold } from './progress.ts';
import type { TermLedger } from './term-ledger.ts';

/** What was decided of one scope. */
export interface Write extends Draft {
  parts?: readonly DecidedPart[];
}

/** A write that is not durable yet. */
interface Pending {
  write: Write;
  /** What is committed of it, once it is known which oncePer values were told; a repetition is the same. */
  pieces?: { number: number; change: Change }[];
  hold?: Hold;
}

/** Why a writer ends by itself: another process leads, or more waits for the store than is kept in memory. */
export type WriterEnd = 'fenced' | 'overflow';

/**
 * Writes what was decided to the ledger, then hands deliveries over: the intent is durable before any attempt. Here, in the
 * order of the writes, it is found out which oncePer values the ledger says are told.
 * The writes of one Application keep their order; different Applications are written side by side, those first of
 * which somebody is told something.
 * While the store does not answer, writes wait in memory, in order, and are tried again until it does; above `limit`
 * all of them are given up, and what they came of is to be watched again from the revision that is in the ledger.
 */
export interface LedgerWriter {
  /** `hold`: is released when it is durable. */
  write(scope: string, write: Write, hold?: Hold): void;
  /** Writes that are not durable yet. */
  backlog(): number;
  /** Why the last try failed; undefined while the store answers. */
  trouble(): string | undefined;
  /** Resolves when nothing of this Application is left to write. */
  written(uid: string): Promise<void>;
  /** Resolves when nothing is left to write. */
  idle(): Promise<void>;
  /** Gives up what is not durable after `deadline` milliseconds: the next start decides it again. */
  stop(deadline: number): Promise<void>;
}

interface Deps {
  ledger: Pick<TermLedger, 'read' | 'commit'>;
  queue: Pick<DeliveryQueue, 'handOver'>;
  /** Told once; nothing is written after. */
  onEnd(reason: WriterEnd): void;
  log: Logger;
  metrics: Pick<Metrics, 'suppressed'>;
  clock: Clock;
}

interface Options {
  /** Applications written at the same time. */
  concurrency: number;
  /** Writes that may wait in memory. */
  limit: number;
  /** Milliseconds before the first retry; doubles up to `maxRetryDelay`. @defaultValue 100 */
  retryDelay?: number;
  /** @defaultValue 5000 */
  maxRetryDelay?: number;
}

export function createLedgerWriter(deps: Deps, options: Options): LedgerWriter {
  const { concurrency, limit, retryDelay = 100, maxRetryDelay = 5_000 } = options;
  const pending = new Map<string, Pending[]>();
  /** Scopes whose turn is still to come: those of which somebody is told something, and the others. */
  const telling = new Set<string>();
  const noting = new Set<string>();
  const idleWaiters: (() => void)[] = [];
  const writtenWaiters = new Map<string, PromiseWithResolvers<void>>();
  const abort = new AbortController();
  let active = 0;
  let turns = 0;
  let backlog = 0;
  let numbers = 0;
  let trouble: string | undefined;
  const outage = createOutageLog(
    deps.log,
    {
      away: 'Store does not answer, keeping writes in memory',
      back: 'Store answers again',
    },
    deps.clock.now,
  );

  /** Messages do not wait for what is merely noted, as all of a first list is; that has one turn in four. */
  function next(): string | undefined {
    turns += 1;
    const [first, second] = turns % 4 === 0 ? [noting, telling] : [telling, noting];
    const [uid] = first.size > 0 ? first : second;
    if (uid !== undefined && !first.delete(uid)) second.delete(uid);
    return uid;
  }

  function schedule(): void {
    while (active < concurrency) {
      const uid = next();
      if (uid === undefined) break;
      active += 1;
      void drain(uid).finally(() => {
        active -= 1;
        schedule();
      });
    }
    if (backlog === 0) for (const resolve of idleWaiters.splice(0)) resolve();
  }

  async function drain(uid: string): Promise<void> {
    const writes = pending.get(uid);
    for (let write = writes?.[0]; write; write = writes?.[0]) {
      await untilItSucceeds(uid, write);
      if (abort.signal.aborted) return;
      write.hold?.release();
      writes?.shift();
      backlog -= 1;
    }
    pending.delete(uid);
    writtenWaiters.get(uid)?.resolve();
    writtenWaiters.delete(uid);
  }

  async function untilItSucceeds(uid: string, write: Pending): Promise<void> {
    let wait = retryDelay;
    while (!abort.signal.aborted) {
      try {
        await perform(uid, write);
        outage.answered();
        trouble = undefined;
        return;
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
        outage.failed(trouble);
        await pause(deps.clock, wait, abort.signal);
        wait = Math.min(wait * 2, maxRetryDelay);
      }
    }
  }

  async function perform(scope: string, pending: Pending): Promise<void> {
    pending.pieces ??= await decided(scope, pending.write);
    for (const { number, change } of pending.pieces) {
      const committed = await deps.ledger.commit(scope, number, change);
      if (committed.fenced) {
        end('fenced');
        return;
      }
      if (committed.ready.length > 0) await deps.queue.handOver(committed.ready);
    }
  }

  async function decided(
    scope: string,
    { parts = [], ...others }: Write,
  ): Promise<NonNullable<Pending['pieces']>> {
    const asked = parts.flatMap(({ once }) => (once ? [once.told.key] : []));
    const told = new Set<string>();
    for (const keys of chunks(asked, mostItems)) {
      for (const { key } of await deps.ledger.read(scope, 'told', keys)) told.add(key);
    }
    const { parts: known, suppressed } = partsToWrite(parts, told);
    for (const { alerts, destination } of suppressed) {
      deps.metrics.suppressed.inc({ trigger: alerts[0].trigger, service: destination.service });
    }
    return piecesOf({ ...others, parts: known }).map((change) => ({ number: (numbers += 1), change }));
  }

  function end(reason: WriterEnd): void {
    if (abort.signal.aborted) return;
    abort.abort();
    deps.onEnd(reason);
  }

  const writer: LedgerWriter = {
    write(uid, write, hold) {
      if (abort.signal.aborted) return;
      if (backlog >= limit) {
        deps.log.error(
          { limit },
          'More waits for the store than is kept in memory: it will be watched again',
        );
        end('overflow');
        return;
      }
      backlog += 1;
      const entry: Pending = { write, ...(hold ? { hold } : {}) };
      const writes = pending.get(uid);
      if (writes) {
        writes.push(entry);
        if (tells(write) && noting.delete(uid)) telling.add(uid);
        return;
      }
      pending.set(uid, [entry]);
      (tells(write) ? telling : noting).add(uid);
      schedule();
    },
    backlog: () => backlog,
    trouble: () => trouble,
    written(uid) {
      if (!pending.has(uid)) return Promise.resolve();
      const waiter = writtenWaiters.get(uid) ?? Promise.withResolvers<void>();
      writtenWaiters.set(uid, waiter);
      return waiter.promise;
    },
    idle: () => (backlog === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
    async stop(deadline) {
      await settledWithin(writer.idle(), deadline, deps.clock);
      abort.abort();
    },
  };
  return writer;
}

function tells({ parts = [] }: Write): boolean {
  return parts.some(({ add = [], once }) => once !== undefined || add.length > 0);
}
