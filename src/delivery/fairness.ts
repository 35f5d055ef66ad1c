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
 * Shares the places of a worker, so that a party whose attempts hang, or that has many, leaves some to everybody else:
 * a semaphore for each party, which lets it hold fewer places than its share of those that are free. Whatever the
 * number of greedy ones, one who has none gets in. It lives in one process and forgets with it.
 */
export interface Fairness {
  /**
   * A place that counts for all of `parties`, at once or after a moment; or, where one of them holds its share, when to
   * ask again at the latest, Unix milliseconds: the delivery's job is woken before, as soon as there is a place for it.
   */
  enter(delivery: string, parties: readonly Party[]): Promise<Place | { at: number }>;
}

interface Options {
  /** Of all parties together: what the worker hands out at the same time. */
  places: number;
  /** Makes the job of a delivery due that is put off; false: there is none, or not yet. */
  wake(delivery: string): Promise<boolean>;
  clock: Pick<Clock, 'now' | 'after'>;
  /** Milliseconds to wait for a place; meanwhile the worker's own is occupied. Default 100. */
  patience?: number;
}

interface Holding {
  places: number;
  /** Places that are meant for those who have been woken. */
  meant: number;
  /** When one was given back, Unix milliseconds. */
  left: number;
}

interface Waiting {
  parties: readonly Party[];
  /** When it was put off, Unix milliseconds. */
  since: number;
}

interface Woken extends Waiting {
  cancel(): void;
}

interface Waiter {
  parties: readonly Party[];
  admit(): void;
}

/** Who is put off asks again after so many milliseconds: another process may have woken its job, or none be left to. */
const longest = 15_000;
/** Milliseconds between two who ask again without having been woken: it is in vain, as a rule. */
const between = 2;
/** Milliseconds in which who is woken comes, unless another process has taken the job. */
const coming = 250;
/** Milliseconds that it may take until the job of one who is put off waits in the queue, and between tries to wake it. */
const leaving = 2_000;
const tryAgain = 25;

export function createFairness({ places, wake, clock, patience = 100 }: Options): Fairness {
  const holdings = new Map<string, Holding>();
  let taken = 0;
  /** Those who wait in the worker. */
  const waiters = new Set<Waiter>();
  /** Those who were put off, by their parties and in order. */
  const waiting = new Map<string, Map<string, Waiting>>();
  const woken = new Map<string, Woken>();

  /** `wakes`: whether another one may be woken, beside those who have been and are on their way. */
  function isFull(parties: readonly Party[], wakes = false): boolean {
    const free = places - taken - (wakes ? woken.size : 0);
    return parties.some(({ key, share }) => {
      const holding = holdings.get(key);
      const held = holding === undefined ? 0 : holding.places + (wakes ? holding.meant : 0);
      return held > 0 && held >= share * free;
    });
  }

  /** Whether one of them that is full has given no place back of late. */
  function isStuck(parties: readonly Party[]): boolean {
    const since = clock.now() - patience;
    return parties.some((party) => isFull([party]) && (holdings.get(party.key)?.left ?? 0) <= since);
  }

  function count(parties: readonly Party[], what: 'places' | 'meant', by: 1 | -1): void {
    for (const { key } of parties) {
      const holding = holdings.get(key) ?? { places: 0, meant: 0, left: 0 };
      holding[what] += by;
      if (what === 'places' && by === -1) holding.left = clock.now();
      if (holding.places + holding.meant === 0) holdings.delete(key);
      else holdings.set(key, holding);
    }
  }

  function take(parties: readonly Party[]): Place {
    taken += 1;
    count(parties, 'places', 1);
    let isOver = false;
    return {
      leave() {
        if (isOver) return;
        isOver = true;
        taken -= 1;
        count(parties, 'places', -1);
        for (const waiter of waiters) if (!isFull(waiter.parties)) waiter.admit();
        wakeSome();
      },
    };
  }

  function putOff(delivery: string, parties: readonly Party[]): { at: number } {
    const since = clock.now();
    const others = enqueue(delivery, { parties, since });
    // Where those who held the places have left in the meantime, nobody else would wake it.
    wakeSome();
    return { at: since + longest + others * between };
  }

  /** Answers how many wait for the same. */
  function enqueue(delivery: string, one: Waiting): number {
    const group = groupOf(one.parties);
    const ids = waiting.get(group) ?? new Map<string, Waiting>();
    waiting.set(group, ids.set(delivery, one));
    return ids.size;
  }

  function dequeue(delivery: string, parties: readonly Party[]): void {
    const group = groupOf(parties);
    const ids = waiting.get(group);
    ids?.delete(delivery);
    if (ids?.size === 0) waiting.delete(group);
  }

  function wakeSome(): void {
    for (const ids of waiting.values()) {
      for (const [delivery, one] of ids) {
        if (isFull(one.parties, true)) break;
        dequeue(delivery, one.parties);
        void wakeOne(delivery, one);
      }
    }
  }

  async function wakeOne(delivery: string, one: Waiting): Promise<void> {
    const cancel = clock.after(coming, () => {
      forget(delivery);
      wakeSome();
    });
    const entry: Woken = { ...one, cancel };
    woken.set(delivery, entry);
    count(one.parties, 'meant', 1);
    if (await wake(delivery).catch(() => false)) return;
    if (woken.get(delivery) !== entry) return;
    entry.cancel();
    if (clock.now() - one.since > leaving) {
      forget(delivery);
      wakeSome();
      return;
    }
    entry.cancel = clock.after(tryAgain, () => {
      forget(delivery);
      enqueue(delivery, one);
      wakeSome();
    });
  }

  function forget(delivery: string): void {
    const entry = woken.get(delivery);
    if (!entry) return;
    entry.cancel();
    woken.delete(delivery);
    count(entry.parties, 'meant', -1);
  }

  return {
    enter(delivery, parties) {
      forget(delivery);
      dequeue(delivery, parties);
      if (!isFull(parties)) return Promise.resolve(take(parties));
      // Behind others who wait already, where no place comes free, it would wait in vain.
      if (waiting.has(groupOf(parties)) && isStuck(parties))
        return Promise.resolve(putOff(delivery, parties));
      return new Promise((resolve) => {
        const waiter: Waiter = {
          parties,
          admit() {
            cancel();
            waiters.delete(waiter);
            resolve(take(parties));
          },
        };
        const cancel = clock.after(patience, () => {
          waiters.delete(waiter);
          resolve(putOff(delivery, parties));
        });
        waiters.add(waiter);
      });
    },
  };
}

function groupOf(parties: readonly Party[]): string {
  return JSON.stringify(parties.map(({ key }) => key));
}
