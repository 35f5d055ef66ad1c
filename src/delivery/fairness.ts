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
  /**
   * Makes the job of a delivery due that is put off, or is just being put off by this process; false: there is none.
   * Rejects while the queue does not answer.
   */
  wake(delivery: string): Promise<boolean>;
  clock: Pick<Clock, 'now' | 'after'>;
  /**
   * Milliseconds to wait for a place where none comes free; meanwhile the worker's own is occupied. Default 500, in which
   * services answer. While places do come free, it waits twice as long: to put it off and to wake it costs more than to
   * send it.
   */
  patience?: number;
}

interface Holding {
  places: number;
  /** Places that are meant for those who have been woken. */
  meant: number;
  /** When one was given back, Unix milliseconds. */
  left: number;
}

interface Woken {
  parties: readonly Party[];
  cancel(): void;
}

interface Waiter {
  parties: readonly Party[];
  admit(): void;
}

/** Multiple of the patience, with those of whose parties places come free. */
const whileMoving = 2;
/** Who is put off asks again after so many milliseconds: another process may have woken its job, or none be left to. */
const longest = 15_000;
/** Milliseconds between two who ask again without having been woken: it is in vain, as a rule. */
const between = 2;
/** Milliseconds in which who is woken comes, unless another process has taken the job. */
const coming = 250;
/** Milliseconds between tries to wake somebody while the queue does not answer. */
const tryAgain = 250;

export function createFairness({ places, wake, clock, patience = 500 }: Options): Fairness {
  const holdings = new Map<string, Holding>();
  let taken = 0;
  /** Those who wait in the worker. */
  const waiters = new Set<Waiter>();
  /** Those who were put off, by their parties and in order. */
  const waiting = new Map<string, Map<string, readonly Party[]>>();
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
    const others = enqueue(delivery, parties);
    // Where those who held the places have left in the meantime, nobody else would wake it.
    wakeSome();
    return { at: clock.now() + longest + others * between };
  }

  /** Answers how many wait for the same. */
  function enqueue(delivery: string, parties: readonly Party[]): number {
    const group = groupOf(parties);
    const ids = waiting.get(group) ?? new Map<string, readonly Party[]>();
    waiting.set(group, ids.set(delivery, parties));
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
      for (const [delivery, parties] of ids) {
        if (isFull(parties, true)) break;
        dequeue(delivery, parties);
        void wakeOne(delivery, parties);
      }
    }
  }

  async function wakeOne(delivery: string, parties: readonly Party[]): Promise<void> {
    const entry: Woken = { parties, cancel: () => undefined };
    woken.set(delivery, entry);
    count(parties, 'meant', 1);
    const answer = await wake(delivery).then(
      (isWoken) => (isWoken ? 'comes' : 'gone'),
      () => 'unclear',
    );
    // It has asked already.
    if (woken.get(delivery) !== entry) return;
    const pass = () => {
      forget(delivery);
      if (answer === 'unclear') enqueue(delivery, parties);
      wakeSome();
    };
    if (answer === 'gone') pass();
    else entry.cancel = clock.after(answer === 'comes' ? coming : tryAgain, pass);
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
        const until = clock.now() + patience * whileMoving;
        const lookAgain = () => {
          if (clock.now() < until && !isStuck(parties)) {
            cancel = clock.after(patience, lookAgain);
            return;
          }
          waiters.delete(waiter);
          resolve(putOff(delivery, parties));
        };
        let cancel = clock.after(patience, lookAgain);
        waiters.add(waiter);
      });
    },
  };
}

function groupOf(parties: readonly Party[]): string {
  return JSON.stringify(parties.map(({ key }) => key));
}
