import type { Calm } from './calm.ts';
import { bounds } from './configuration.ts';
import { isWithin, type Stretch, without } from './stretches.ts';

/** How a destination is told: alone or in a group, and what has to be waited for, milliseconds. */
export interface Kind {
  trigger: string;
  /** Of `for`, as it may be edited meanwhile. */
  wait: { least: number; most: number };
  /** What never was held back is told however Herald is disturbed. */
  isImmediate: boolean;
  /** Else after so long without a disturbance. */
  needs: number;
  repeats: boolean;
}

/** One Application's failures at one destination. */
export interface Listener {
  readonly life: string;
  readonly project: string;
  readonly channel: string;
  readonly kind: Kind;
}

export interface Failure {
  began: number[];
  stretch: Stretch;
  /** Since when it is well for a moment. */
  falters?: number;
  /** Its end is that its Application was deleted. */
  isDeleted?: true;
}

export interface Listening extends Listener {
  subscribed: Stretch[];
  /** By the failure's number. */
  told: Map<number, { what: 'firing' | 'resolved' | 'again'; at: number }[]>;
}

export interface Hold extends Stretch {
  applies(listener: Listener): boolean;
}

/** What has happened in the cluster, and what was told of it. */
export interface Happened {
  /** By life, in their order. */
  failures: ReadonlyMap<string, readonly Failure[]>;
  listenings: { values(): Iterable<Listening> };
  holds: ReadonlySet<Hold>;
}

/** `index`: the failure's number. `unended`: told to fire, and its end is missing. */
export interface Standing {
  listening: Listening;
  index: number;
  state: 'told' | 'untold' | 'unended' | 'passed';
}

/** What follows from it for each failure at each destination. */
export interface Owed {
  holdsOf(listener: Listener): Hold[];
  isOver(listening: Listening, failure: Failure, at: number): boolean;
  everything(): Generator<Standing>;
}

export const forever = Number.POSITIVE_INFINITY;
/** Milliseconds: of times in the cluster, which are whole seconds. */
export const second = 1_000;

export function createOwed({ failures, listenings, holds }: Happened, calm: Calm, now: () => number): Owed {
  const failuresOf = (life: string) => failures.get(life) ?? [];
  const holdsOf = (listener: Listener) => [...holds].filter(({ applies }) => applies(listener));
  const isHeldNow = (listener: Listener) => holdsOf(listener).some((hold) => isWithin(hold, now()));

  /** Whether its end may be told at that time: it has recovered, or nobody was subscribed for a while. */
  function isOver({ subscribed }: Listening, { stretch, falters = forever }: Failure, at: number): boolean {
    if (falters + bounds.keep.least <= at) return true;
    return stretch.to <= at || subscribed.some(({ to }) => to > stretch.from && to <= at);
  }

  function isOpen({ subscribed }: Listening, { stretch }: Failure): boolean {
    return stretch.to === forever && subscribed.some((each) => isWithin(each, now()));
  }

  /** Whether people have to be told that it fires. */
  function isDue(listening: Listening, index: number): boolean {
    const { kind, subscribed, life } = listening;
    const { stretch, isDeleted = false } = failuresOf(life)[index] as Failure;
    const end = Math.min(stretch.to, now());
    // Without a finalizer nobody says when it was deleted, so of what nobody saw nobody knows whether it had lasted.
    const isKnown = !isDeleted || kind.wait.most === 0;
    const fires = stretch.from + kind.wait.most;
    // Also by what began after its end, before anybody could tell of it.
    const held = holdsOf(listening).filter(
      ({ from, to }) => to > stretch.from && (from < end + second || calm.longest(fires, from) <= kind.needs),
    );
    if (kind.isImmediate && isKnown && held.length === 0) {
      const isHeard = subscribed.some(({ from, to }) => from <= stretch.from + second && to >= end);
      if (isHeard) return end - fires > second + (stretch.to === forever ? kind.needs : 0);
    }
    return subscribed
      .flatMap(({ from, to }) => without({ from: Math.max(from, fires), to: Math.min(to, end) }, held))
      .some(({ from, to }) => calm.longest(from, to) > kind.needs);
  }

  /** Nobody could see that the failure before had ended. */
  function isSeenAsOne({ life }: Listening, index: number): boolean {
    const before = failuresOf(life)[index - 1];
    const failure = failuresOf(life)[index];
    if (!before || !failure) return false;
    return calm.longest(before.stretch.to, failure.stretch.from) <= bounds.keep.most + second;
  }

  /** It still fires, as a later one that is not told apart from it. */
  function goesOn(listening: Listening, index: number): boolean {
    const failure = failuresOf(listening.life)[index] as Failure;
    if (isOpen(listening, failure)) return true;
    const next = index + 1;
    return isSeenAsOne(listening, next) && !listening.told.has(next) && goesOn(listening, next);
  }

  /** It went on as the one before. */
  function isMerged(listening: Listening, index: number): boolean {
    const { stretch } = failuresOf(listening.life)[index] as Failure;
    if (!isSeenAsOne(listening, index)) return false;
    const told = listening.told.get(index - 1) ?? [];
    const end = told.findLast(({ what }) => what === 'resolved');
    const isTold = told.length > 0 && (end === undefined || end.at >= Math.min(stretch.to, now()));
    return isTold || (told.length === 0 && isMerged(listening, index - 1));
  }

  function* everything(): Generator<Standing> {
    for (const listening of listenings.values())
      for (const index of failuresOf(listening.life).keys())
        yield { listening, index, state: stateOf(listening, index) };
  }

  function stateOf(listening: Listening, index: number): Standing['state'] {
    const told = listening.told.get(index)?.findLast(({ what }) => what !== 'again')?.what;
    if (told === 'firing' && !goesOn(listening, index) && !isHeldNow(listening)) return 'unended';
    if (told) return 'told';
    return isDue(listening, index) && !isMerged(listening, index) ? 'untold' : 'passed';
  }

  return { holdsOf, isOver, everything };
}
