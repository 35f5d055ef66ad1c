import type { Clock } from '../clock.ts';

/** Somebody whose attempts are counted together: a service, or a namespace with all that it has under way. */
export interface Party {
  key: string;
  /** How much it may hold for each place that is still free: with 1, half of all while nobody else has any. */
  share: number;
}

/** A place among the attempts under way; `leave` gives it to others. */
export interface Place {
  leave(): void;
}

/**
 * Shares the places of a worker, so that a party whose attempts hang, or that has many, leaves some to everybody else.
 * A party holds fewer places than its share of those that are free: whatever the number of greedy ones, one who has
 * none gets in. It lives in one process and forgets with it.
 */
export interface Fairness {
  /**
   * A place that counts for all of `parties`, at once or after a moment; or when to ask again, Unix milliseconds, where
   * one of them holds its share and is not expected to give up a place soon.
   */
  enter(parties: readonly Party[]): Promise<Place | { at: number }>;
}

interface Options {
  /** Of all parties together: what the worker hands out at the same time. */
  places: number;
  clock: Clock;
  /** Milliseconds to wait for a place; meanwhile the worker's own is occupied. Default 100. */
  patience?: number;
  /** Milliseconds after which a place is asked for again at the latest. Default 15,000. */
  longest?: number;
}

interface Holding {
  places: number;
  /** Sum of the times at which they were taken. */
  since: number;
  /** Milliseconds for which a place was held of late. */
  usual: number;
  /** The last time at which someone was told to ask again. */
  tail: number;
}

interface Waiter {
  parties: readonly Party[];
  admit(): void;
}

/** Of the newest time in the moving average. */
const weight = 0.2;

export function createFairness(options: Options): Fairness {
  const { places, clock, patience = 100, longest = 15_000 } = options;
  const holdings = new Map<string, Holding>();
  const waiters = new Set<Waiter>();
  let taken = 0;

  /** The holding that forbids another place. */
  function fullOf(parties: readonly Party[]): Holding | undefined {
    for (const { key, share } of parties) {
      const holding = holdings.get(key);
      if (holding && holding.places >= share * (places - taken)) return holding;
    }
    return undefined;
  }

  function take(parties: readonly Party[]): Place {
    const since = clock.now();
    taken += 1;
    for (const { key } of parties) {
      const holding = holdings.get(key) ?? { places: 0, since: 0, usual: 0, tail: 0 };
      holding.places += 1;
      holding.since += since;
      holdings.set(key, holding);
    }
    let isOver = false;
    return {
      leave() {
        if (isOver) return;
        isOver = true;
        taken -= 1;
        for (const { key } of parties) giveBack(key, since);
        admitWaiters();
      },
    };
  }

  function giveBack(key: string, since: number): void {
    const holding = holdings.get(key);
    if (!holding) return;
    holding.places -= 1;
    holding.since -= since;
    holding.usual += weight * (clock.now() - since - holding.usual);
    if (holding.places === 0) holdings.delete(key);
  }

  function admitWaiters(): void {
    for (const waiter of waiters) {
      if (fullOf(waiter.parties)) continue;
      waiters.delete(waiter);
      waiter.admit();
    }
  }

  /** Milliseconds between two places that a holding gives back, as far as can be told; those that hang grow older. */
  function intervalOf({ places: held, since, usual }: Holding): number {
    return Math.max(usual, clock.now() - since / held) / held;
  }

  /**
   * Who is put off asks again one after the other, at twice the pace at which places come free: one that nobody is
   * there to take is lost, and to ask in vain costs little.
   */
  function putOff(parties: readonly Party[], full: Holding): { at: number } {
    const holding = fullOf(parties) ?? full;
    const at = Math.max(holding.tail, clock.now()) + (holding.places > 0 ? intervalOf(holding) / 2 : 1);
    holding.tail = Math.min(at, clock.now() + longest);
    return { at: Math.ceil(Math.max(holding.tail, clock.now() + patience)) };
  }

  return {
    enter(parties) {
      const full = fullOf(parties);
      if (!full) return Promise.resolve(take(parties));
      if (intervalOf(full) * (waiters.size + 1) > patience) return Promise.resolve(putOff(parties, full));
      return new Promise((resolve) => {
        const waiter: Waiter = {
          parties,
          admit() {
            cancel();
            resolve(take(parties));
          },
        };
        const cancel = clock.after(patience, () => {
          waiters.delete(waiter);
          resolve(putOff(parties, full));
        });
        waiters.add(waiter);
      });
    },
  };
}
