import type { DatabaseSync } from 'node:sqlite';

/**
 * How much of a commit outlives what. A `durable` one is on the disk before it is acknowledged. A `relaxed` one
 * survives the end of the process at once, a power failure only after the next durable one: for what may be done again.
 */
export type Durability = 'durable' | 'relaxed';

interface Change {
  run(): unknown;
  durability: Durability;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

type Settle = () => void;

/** For the changes of one transaction, milliseconds: what has not begun by then goes into the next. */
const longestTransaction = 4;

export interface GroupCommit {
  /**
   * Makes a change: `run` reads and writes without waiting for anything, and answers. It is one unit: all of it is
   * written or, where it throws, nothing. Settled when it is as durable as was asked for.
   */
  <Answer>(run: () => Answer, durability: Durability): Promise<Answer>;
}

/**
 * Changes that come within one turn of the event loop become one transaction, which waits for the disk once. The disk is
 * waited for on the event loop: a slow one therefore gets a pause as long as the commit took, in which the process does
 * other things and more changes gather.
 */
export function createGroupCommit(
  db: DatabaseSync,
  deps: {
    /** Throws where nothing may be written any more. */
    check(): void;
    /** What to reject with in place of an error of SQLite. */
    explain(error: unknown): unknown;
    monotonic(): number;
  },
): GroupCommit & { flush(): void } {
  const { check, explain, monotonic } = deps;
  let waiting: Change[] = [];
  let isScheduled = false;

  function schedule(pause: number): void {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    const next = () => {
      isScheduled = false;
      schedule(commitSome());
    };
    if (pause > longestTransaction) setTimeout(next, pause);
    else setImmediate(next);
  }

  /** Commits what waits, as far as it fits into one transaction. Answers how long the disk was waited for. */
  function commitSome(): number {
    const started = monotonic();
    const settles: Settle[] = [];
    const begun: Change[] = [];
    let committing = started;
    try {
      check();
      const isDurable = waiting.some(({ durability }) => durability === 'durable');
      db.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}; BEGIN IMMEDIATE`);
      while (waiting.length > 0 && (begun.length === 0 || monotonic() - started < longestTransaction)) {
        const change = waiting.shift() as Change;
        begun.push(change);
        settles.push(perform(change));
      }
      committing = monotonic();
      db.exec('COMMIT');
    } catch (error) {
      if (db.isOpen && db.isTransaction) db.exec('ROLLBACK');
      // Where not even the transaction could begin, trying again at once would fail again.
      const failed = begun.length > 0 ? begun : waiting.splice(0);
      const reason = explain(error);
      for (const change of failed) change.reject(reason);
      return 0;
    }
    for (const settle of settles) settle();
    return monotonic() - committing;
  }

  /** Throws when the transaction is gone, as it is when the disk is full. */
  function perform(change: Change): Settle {
    db.exec('SAVEPOINT change');
    try {
      const answer = change.run();
      db.exec('RELEASE change');
      return () => change.resolve(answer);
    } catch (error) {
      if (!db.isTransaction) throw error;
      db.exec('ROLLBACK TO change; RELEASE change');
      return () => change.reject(explain(error));
    }
  }

  function commit<Answer>(run: () => Answer, durability: Durability): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      waiting.push({ run, durability, resolve: resolve as Change['resolve'], reject });
      schedule(0);
    });
  }

  return Object.assign(commit, {
    flush() {
      while (waiting.length > 0) commitSome();
    },
  });
}
