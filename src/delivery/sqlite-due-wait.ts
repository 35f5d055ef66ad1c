import type { SqliteStore } from '../store/store.ts';

/** How a worker waits for the next job; one wait at a time. */
export interface DueWait {
  /** Until a job is due, or what is due has changed, or `timeout` seconds are over: answers whether one is due. */
  wait(timeout: number): Promise<boolean>;
  /** Ends the wait under way. */
  end(): void;
  /** Ends it, and lets none begin until `resume`. */
  interrupt(): void;
  resume(): void;
  /** Ends it, and lets none begin any more. */
  close(): void;
}

/** `nextDue`: the due time that is next, Unix milliseconds. */
export function createDueWait(store: SqliteStore, nextDue: () => number | undefined): DueWait {
  const { clock } = store;
  let isClosed = false;
  let isInterrupted = false;
  let endWait: (() => void) | undefined;
  return {
    wait: (timeout) =>
      new Promise((resolve) => {
        if (isClosed || isInterrupted) return resolve(false);
        let cancel: (() => void) | undefined;
        let isOver = false;
        // By the clock that nobody sets.
        const until = clock.monotonic() + timeout * 1_000;
        const end = (isDue: boolean) => {
          if (isOver) return;
          isOver = true;
          cancel?.();
          store.jobs.off('due', look);
          endWait = undefined;
          resolve(isDue);
        };
        const look = () => {
          cancel?.();
          store.read(nextDue).then(
            (due = Number.POSITIVE_INFINITY) => {
              const [untilDue, left] = [due - clock.now(), until - clock.monotonic()];
              cancel?.();
              if (untilDue <= 0 || left <= 0) end(untilDue <= 0);
              else if (!isOver) cancel = clock.after(Math.min(untilDue, left), look);
            },
            () => end(false),
          );
        };
        endWait = () => end(false);
        store.jobs.on('due', look);
        look();
      }),
    end: () => endWait?.(),
    interrupt() {
      isInterrupted = true;
      endWait?.();
    },
    resume() {
      isInterrupted = false;
    },
    close() {
      isClosed = true;
      endWait?.();
    },
  };
}
