import { type Clock, systemClock } from './clock.ts';

/** A clock on which time passes only when it is told so, for tests and for replaying what was. */
export interface SimulatedClock extends Clock {
  /** Lets `ms` pass: calls what becomes due, each at its time, and lets what follows from it settle before the next. */
  advance(ms: number): Promise<void>;
  /** Lets as much time pass, from one timer to the next, as `promise` needs to settle. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets what is to be done now be done; no time passes. */
  settle(): Promise<void>;
  /** Lets `ms` pass as for a process that is busy or stopped: what becomes due is called with the next `advance`. */
  skip(ms: number): void;
  /** When something becomes due next, or something that was cancelled would have, Unix milliseconds; Infinity: never. */
  next(): number;
  /** Sets what `now` answers, back or forth, as an operator does: timers and `monotonic` do not notice. */
  set(now: number): void;
}

interface Timer {
  at: number;
  callback(): void;
}

/**
 * Turns of the event loop in which what was begun settles. Promises need one; streams and sockets that tests put in
 * place of a network hand on some of what they hold with the next turns.
 */
const turnsToSettle = 5;

/** `start`: Unix milliseconds. */
export function createSimulatedClock(start: number): SimulatedClock {
  let passed = 0;
  let offset = start;
  let turning = 0;
  const timers = new Set<Timer>();
  /** No timer is due before; only where one may be they are looked through. */
  let earliest = Number.POSITIVE_INFINITY;

  async function settle(): Promise<void> {
    for (let turn = 0; turn < turnsToSettle || turning > 0; turn += 1) await systemClock.turn();
  }

  /** Of those that are due at the same time, the one that was set first. */
  function nextUntil(end: number): Timer | undefined {
    if (earliest > end) return undefined;
    let next: Timer | undefined;
    for (const timer of timers) if (next === undefined || timer.at < next.at) next = timer;
    earliest = next?.at ?? Number.POSITIVE_INFINITY;
    return next && next.at <= end ? next : undefined;
  }

  function call(timer: Timer): Promise<void> {
    timers.delete(timer);
    passed = Math.max(passed, timer.at);
    timer.callback();
    return settle();
  }

  return {
    now: () => offset + passed,
    monotonic: () => passed,
    after(ms, callback) {
      const timer = { at: passed + Math.max(0, ms), callback };
      timers.add(timer);
      earliest = Math.min(earliest, timer.at);
      return () => void timers.delete(timer);
    },
    async turn() {
      turning += 1;
      await systemClock.turn();
      turning -= 1;
    },
    async advance(ms) {
      const end = passed + ms;
      await settle();
      for (let timer = nextUntil(end); timer; timer = nextUntil(end)) await call(timer);
      passed = Math.max(passed, end);
    },
    async until(promise) {
      let isSettled = false;
      const note = () => {
        isSettled = true;
      };
      promise.then(note, note);
      await settle();
      while (!isSettled) {
        const timer = nextUntil(Number.POSITIVE_INFINITY);
        await (timer ? call(timer) : settle());
      }
      return promise;
    },
    settle,
    skip(ms) {
      passed += ms;
    },
    next: () => offset + earliest,
    set(now) {
      offset = now - passed;
    },
  };
}
