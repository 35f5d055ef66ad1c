/**
 * Deliveries that this process attempts without a job in the store, in the order in which they became ready. They are in
 * the ledger, so that none is lost with the process: who leads next finds that no job holds them.
 */
export interface AtHand {
  /** Takes what there is room for, once each; answers the others. */
  take(ids: readonly string[]): string[];
  has(id: string): boolean;
  /** `oldest`: since when the first of those that wait has waited, Unix milliseconds. */
  counts(): { waiting: number; active: number; oldest: number | undefined };
  /** Takes and begins nothing any more; answers those that were not begun. */
  stop(): string[];
  /** Resolves when nothing is under way, after `stop`. */
  idle(): Promise<unknown>;
}

interface Options {
  /** One attempt, until what comes of it is written. Never rejects. */
  run(id: string): Promise<void>;
  /** Attempts under way at the same time. */
  concurrency: number;
  /** Processes that attempt: this one takes its share, so that each has as much to do. */
  members(): number;
  now(): number;
}

/** Multiple of those under way that may wait in memory. */
const room = 5;

export function createAtHand({ run, concurrency, members, now }: Options): AtHand {
  /** Since when each waits. */
  const waiting = new Map<string, number>();
  const active = new Map<string, Promise<void>>();
  let turn = 0;
  let isStopped = false;

  function begin(): void {
    for (const id of waiting.keys()) {
      if (active.size >= concurrency) return;
      waiting.delete(id);
      const running = run(id).finally(() => {
        active.delete(id);
        begin();
      });
      active.set(id, running);
    }
  }

  const has = (id: string): boolean => waiting.has(id) || active.has(id);

  function isTaken(id: string): boolean {
    if (has(id)) return true;
    if (isStopped || waiting.size + active.size >= concurrency * room) return false;
    turn = (turn + 1) % members();
    if (turn !== 0) return false;
    waiting.set(id, now());
    return true;
  }

  return {
    take(ids) {
      const others = ids.filter((id) => !isTaken(id));
      begin();
      return others;
    },
    has,
    counts() {
      const [oldest] = waiting.values();
      return { waiting: waiting.size, active: active.size, oldest };
    },
    stop() {
      isStopped = true;
      const left = [...waiting.keys()];
      waiting.clear();
      return left;
    },
    idle: () => Promise.all(active.values()),
  };
}
