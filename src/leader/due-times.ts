import type { Clock } from '../clock.ts';

/**
 * When each key is to be looked at next. It is kept nowhere but here: every decision answers its next time anew, so
 * that a term which begins has all of them again as soon as it has decided about everything once.
 */
export interface DueTimes {
  /** `at`: Unix milliseconds, in place of the time before; undefined: there is none. */
  set(key: string, at: number | undefined): void;
  /** Everything is due now: the clock by which the times were told has been set back. */
  hurry(): void;
  size(): number;
  /** The earliest; a time that was replaced may stand for it until it has come. */
  next(): number | undefined;
  stop(): void;
}

interface Entry {
  key: string;
  at: number;
  /** Of those that are due at the same time, the one that was told first comes first. */
  number: number;
}

/** Milliseconds of calls after which other work gets its turn. */
const slice = 20;
/** Of a time that is far away it is looked again after so long, since the clock may be set forth meanwhile. */
const longestWait = 60_000;
/** Times that were replaced stay in the heap until they come up, or until there are so many. */
const mostReplaced = 1_000;

/** `due`: is called for each key once its time has come, one after the other. Must not reject. */
export function createDueTimes(deps: { clock: Clock; due(key: string): Promise<void> }): DueTimes {
  const { clock, due } = deps;
  const current = new Map<string, Entry>();
  let heap: Entry[] = [];
  let numbers = 0;
  let wake: { at: number; cancel(): void } | undefined;
  let isRunning = false;

  function arm(): void {
    const first = heap[0];
    if (isRunning || first === undefined) return;
    const now = clock.now();
    const at = Math.min(Math.max(first.at, now), now + longestWait);
    if (wake && wake.at <= at) return;
    wake?.cancel();
    wake = { at, cancel: clock.after(at - now, () => void run()) };
  }

  async function run(): Promise<void> {
    wake = undefined;
    isRunning = true;
    let since = clock.monotonic();
    for (let key = take(); key !== undefined; key = take()) {
      await due(key);
      if (clock.monotonic() - since < slice) continue;
      await clock.turn();
      since = clock.monotonic();
    }
    isRunning = false;
    arm();
  }

  /** The key that is due now and has waited longest. */
  function take(): string | undefined {
    for (let first = heap[0]; first && first.at <= clock.now(); first = heap[0]) {
      pop(heap);
      if (current.get(first.key) !== first) continue;
      current.delete(first.key);
      return first.key;
    }
    return undefined;
  }

  function rebuild(at: (entry: Entry) => number): void {
    const entries = [...current.values()].sort(isSooner).map((entry) => ({ ...entry, at: at(entry) }));
    heap = [];
    for (const entry of entries) {
      current.set(entry.key, entry);
      push(heap, entry);
    }
  }

  return {
    set(key, at) {
      if (current.get(key)?.at === at) return;
      current.delete(key);
      if (at === undefined) return;
      const entry = { key, at, number: (numbers += 1) };
      current.set(key, entry);
      push(heap, entry);
      if (heap.length > 2 * current.size + mostReplaced) rebuild((each) => each.at);
      arm();
    },
    hurry() {
      const now = clock.now();
      rebuild(({ at }) => Math.min(at, now));
      wake?.cancel();
      wake = undefined;
      arm();
    },
    size: () => current.size,
    next: () => (current.size === 0 ? undefined : heap[0]?.at),
    stop() {
      wake?.cancel();
      wake = undefined;
      current.clear();
      heap = [];
    },
  };
}

function isSooner(a: Entry, b: Entry): number {
  return a.at - b.at || a.number - b.number;
}

/** A binary heap: each entry is no later than those at twice its place, counted from 1. */
function push(heap: Entry[], entry: Entry): void {
  let place = heap.push(entry) - 1;
  for (;;) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (!parent || isSooner(parent, entry) <= 0) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const right = heap[left + 1];
    const sooner = right && isSooner(right, heap[left] ?? right) < 0 ? left + 1 : left;
    const child = heap[sooner];
    if (!child || isSooner(child, last) >= 0) break;
    heap[place] = child;
    place = sooner;
  }
  heap[place] = last;
}
