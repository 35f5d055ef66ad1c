import type { Account, Figures } from '../tally.ts';
import { createCalm } from './calm.ts';
import { bounds, repeat } from './configuration.ts';
import { isWithin, type Stretch, without } from './stretches.ts';

/** How a destination is told: alone or in a group, and what has to be waited for, milliseconds. */
export interface Kind {
  name: string;
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

/**
 * Holds what a story has made fail, recover and be silent against what was told. It knows what happened in the cluster
 * and what arrived, and nothing of how Herald decides.
 */
export interface Judge extends Account {
  /** `host` has left something unanswered since then, Unix milliseconds; undefined: it answers. */
  slow(host: string, since: number | undefined): void;
  listens(listener: Listener): void;
  unlistens(life: string, channel: string): void;
  /** `said`: Unix seconds, as the cluster says it. */
  fails(life: string, said: number): void;
  /** Well, for a moment as it is meant. */
  falters(life: string): void;
  /** Failing again: that moment counts as an end only if it lasted for as long as it is kept firing, on a busy machine. */
  flaps(life: string, said: number): void;
  /** Something that is not to change anything was done to it. */
  notes(life: string, event: string): void;
  recovers(life: string): void;
  /** What applies holds back; answers how to end it before its time. */
  holds(applies: (listener: Listener) => boolean, until?: number, from?: number): () => void;
}

interface Failure {
  began: number[];
  stretch: Stretch;
  /** Since when it is well for a moment. */
  falters?: number;
}

interface Listening extends Listener {
  subscribed: Stretch[];
  /** By the failure's number. */
  told: Map<number, { what: 'firing' | 'resolved' | 'again'; at: number }[]>;
}

interface Message {
  reason: string;
  /** When it was, Unix milliseconds. */
  decided: number;
}

interface Hold extends Stretch {
  applies(listener: Listener): boolean;
}

const forever = Number.POSITIVE_INFINITY;
/** Milliseconds: of times in the cluster, which are whole seconds. */
const second = 1_000;
/** Without a disturbance for so long after a hold has begun nothing is decided any more that it holds back. */
const inFlight = 2_500;
/** For so long a short failure and its end have to be undisturbed to be seen as one. */
const seen = 500;
const around = 15_000;

/** `recovery`: milliseconds after a disturbance has ended, until all is well again. */
export function createJudge(recovery: number, now: () => number = Date.now): Judge {
  const calm = createCalm(recovery, now);
  const failures = new Map<string, Failure[]>();
  const listenings = new Map<string, Listening>();
  const holds = new Set<Hold>();
  /** `life`: of which Application; absent: of all. */
  const events: { at: number; event: string; life?: string }[] = [];
  const doubled: (() => string)[] = [];
  const unexpected: (() => string)[] = [];
  let hasty = 0;
  let changes = 0;
  let last = now();
  let repeats = 0;

  const keyOf = (channel: string, life: string) => `${channel} ${life}`;
  const time = (at: number) => (Number.isFinite(at) ? new Date(at).toISOString().slice(11, 23) : '…');
  const failuresOf = (life: string) => failures.get(life) ?? [];
  const holdsOf = (listener: Listener) => [...holds].filter(({ applies }) => applies(listener));

  function timeline(of: string, from: number, to: number): string {
    const shown = events
      .filter(({ at, life = of }) => life === of && at >= from - around && at <= to + around)
      .slice(0, 60);
    return shown.map(({ at, event }) => `\n    ${time(at)} ${event}`).join('');
  }

  /** Of the lives of an Application the one that failed since then. */
  function lifeOf(name: string, since: number): string {
    const ofName = [...failures].filter(([life]) => life === name || life.startsWith(`${name}.`));
    return ofName.find(([, all]) => all.some(({ began }) => began.includes(since)))?.[0] ?? name;
  }

  function arrivedOne(
    listening: Listening,
    index: number,
    state: 'firing' | 'resolved',
    { reason, decided }: Message,
  ): boolean {
    const at = now();
    const { life, channel, kind } = listening;
    const failure = failuresOf(life)[index] as Failure;
    const about = (what: string) => (): string =>
      `${what}: ${channel}: ${life} failing since ${time(failure.stretch.from)} until ${time(failure.stretch.to)}, told ` +
      `${state} (${reason}) at ${time(at)}, decided at ${time(decided)}${timeline(life, failure.stretch.from, at)}`;
    const told = listening.told.get(index) ?? [];
    listening.told.set(index, told);
    const before = told.findLast(({ what }) => what !== 'again')?.what;
    // What was decided before goes out, however long it has to wait.
    const hold = holdsOf(listening).find(
      (each) => isWithin(each, decided) && calm.longest(each.from, decided) > inFlight,
    );
    const isSaidAgain = state === 'firing' && before === 'firing';
    if (hold) unexpected.push(about(`held back since ${time(hold.from)}`));
    if (isSaidAgain) {
      if (reason === 'repeated' && kind.repeats) {
        told.push({ what: 'again', at });
        repeats += 1;
        return true;
      }
      // A group names what still fires beside what is new.
      return false;
    }
    if (state === 'resolved') {
      if (before !== 'firing') {
        if (before) doubled.push(about('an end twice'));
        else unexpected.push(about('an end of what was not told'));
      } else if (!isOver(listening, failure, at)) unexpected.push(about('an end before the end'));
    } else {
      const times = told.filter(({ what }) => what === 'firing').length;
      const chances = listening.subscribed.filter(
        ({ from, to }) => from <= at && to > failure.stretch.from,
      ).length;
      if (times >= Math.max(1, chances)) doubled.push(about('fires twice'));
      if (failure.stretch.to - failure.stretch.from + second < kind.wait.least) {
        const isSeen = calm.covers(failure.stretch.from, failure.stretch.to + seen);
        if (isSeen) unexpected.push(about('shorter than its wait'));
        else hasty += 1;
      }
    }
    told.push({ what: state, at });
    last = at;
    return true;
  }

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
    const { stretch } = failuresOf(life)[index] as Failure;
    const end = Math.min(stretch.to, now());
    const fires = stretch.from + kind.wait.most;
    // Also by what began after its end, before anybody could tell of it.
    const held = holdsOf(listening).filter(
      ({ from, to }) => to > stretch.from && (from < end + second || calm.longest(fires, from) <= kind.needs),
    );
    if (kind.isImmediate && held.length === 0) {
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

  function* everything(): Generator<{
    listening: Listening;
    index: number;
    state: 'told' | 'untold' | 'unended' | 'passed';
  }> {
    for (const listening of listenings.values())
      for (const index of failuresOf(listening.life).keys()) {
        const told = listening.told.get(index)?.findLast(({ what }) => what !== 'again')?.what;
        const isOwed = told === 'firing' && !goesOn(listening, index) && !isHeldNow(listening);
        if (isOwed) yield { listening, index, state: 'unended' };
        else if (told) yield { listening, index, state: 'told' };
        else if (isDue(listening, index) && !isMerged(listening, index))
          yield { listening, index, state: 'untold' };
        else yield { listening, index, state: 'passed' };
      }
  }

  const isHeldNow = (listener: Listener): boolean => holdsOf(listener).some((hold) => isWithin(hold, now()));

  const lost = () => [...everything()].filter(({ state }) => state === 'untold' || state === 'unended');

  const counts = (what: 'firing' | 'resolved') =>
    [...listenings.values()]
      .flatMap(({ told }) => [...told.values()].flat())
      .filter((one) => one.what === what).length;

  return {
    change: () => (changes += 1),
    listens(listener) {
      const key = keyOf(listener.channel, listener.life);
      const known = listenings.get(key) ?? { ...listener, subscribed: [] as Stretch[], told: new Map() };
      listenings.set(key, known);
      known.subscribed.push({ from: now(), to: forever });
    },
    unlistens(life, channel) {
      const subscribed = listenings.get(keyOf(channel, life))?.subscribed.at(-1);
      if (subscribed) subscribed.to = Math.min(subscribed.to, now());
    },
    fails(life, said) {
      events.push({ at: now(), event: `${life} fails`, life });
      const known = failures.get(life) ?? [];
      failures.set(life, known);
      known.push({ began: [said], stretch: { from: now(), to: forever } });
    },
    falters(life) {
      events.push({ at: now(), event: `${life} is well for a moment`, life });
      Object.assign(failures.get(life)?.at(-1) ?? {}, { falters: now() });
    },
    flaps(life, said) {
      events.push({ at: now(), event: `${life} fails again`, life });
      const known = failures.get(life);
      const failure = known?.at(-1);
      const { falters = now() } = failure ?? {};
      delete failure?.falters;
      if (failure && now() - falters >= bounds.keep.least) {
        failure.stretch.to = falters;
        known?.push({ began: [said], stretch: { from: now(), to: forever } });
      } else failure?.began.push(said);
    },
    notes: (life, event) => void events.push({ at: now(), event: `${life} ${event}`, life }),
    recovers(life) {
      events.push({ at: now(), event: `${life} is well`, life });
      const failure = failures.get(life)?.at(-1);
      if (failure && failure.stretch.to === forever) failure.stretch.to = now();
    },
    holds(applies, until = forever, from = now()) {
      const hold: Hold = { applies, from, to: until };
      holds.add(hold);
      return () => {
        if (hold.from >= now()) holds.delete(hold);
        else hold.to = Math.min(hold.to, now());
      };
    },
    arrived(channel, text) {
      const at = now();
      const reason = /^reason (.+)$/m.exec(text)?.[1] ?? '';
      const decided = Number(/^decided (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
      const named = [...text.matchAll(/^(firing|resolved) (\S+) (\d+)(?: (.*))?$/gm)];
      const unique = new Set(named.map(([, , life, since]) => `${life} ${since}`));
      if (unique.size < named.length)
        doubled.push(() => `${channel}: one message names an alert twice: ${text}`);
      if (named.length === 0 || reason === '' || Number.isNaN(decided) || text.includes('truncated'))
        unexpected.push(() => `${channel}: cannot be understood: ${text}`);
      let news = 0;
      for (const [, state, name = '', since, why = ''] of named) {
        const life = lifeOf(name, Number(since));
        const listening = listenings.get(keyOf(channel, life));
        const index = failuresOf(life).findIndex(({ began }) => began.includes(Number(since)));
        if (!listening || index < 0) {
          unexpected.push(() => `${channel}: nothing of ${life} began at ${since}: ${text}`);
          news += 1;
          continue;
        }
        events.push({ at, event: `${channel}: ${state} since ${since} (${reason}) ${why}`, life });
        if (arrivedOne(listening, index, state as 'firing' | 'resolved', { reason, decided })) news += 1;
      }
      if (named.length > 0 && news === 0)
        doubled.push(() => `${channel}: nothing new at ${time(at)}: ${text}`);
    },
    note: (event) => void events.push({ at: now(), event }),
    disturbed: calm.disturbed,
    cured(isStarting = false) {
      if (!isStarting) calm.cured();
    },
    ready: calm.cured,
    slow: (host, since) => (since === undefined ? calm.quick(host) : calm.slow(host, since)),
    missing: () => lost().length,
    lastArrival: () => last,
    figures(): Figures {
      const missing = lost().length;
      const arrived = counts('firing') + counts('resolved');
      return {
        changes,
        expected: arrived + missing,
        arrived,
        lost: missing,
        doubled: doubled.length,
        unexpected: unexpected.length,
        outOfOrder: 0,
        late: 0,
        longestDelay: 0,
        recoveryFirst: 0,
        recoveryLast: 0,
      };
    },
    complaints(most) {
      return [
        ...lost()
          .slice(0, most)
          .map(({ listening: { channel, life }, index, state }) => {
            const { stretch } = failuresOf(life)[index] as Failure;
            return `lost, ${state}: ${channel}: ${life} failing since ${time(stretch.from)} until ${time(stretch.to)}${timeline(life, stretch.from, Math.min(stretch.to, now()))}`;
          }),
        ...doubled.slice(0, most).map((line) => `doubled: ${line()}`),
        ...unexpected.slice(0, most).map((line) => `unexpected: ${line()}`),
      ];
    },
    summary() {
      const states = Object.groupBy(everything(), ({ state }) => state);
      return (
        `${counts('firing')} firings and ${counts('resolved')} ends told, ${repeats} repetitions; ` +
        `${states.passed?.length ?? 0} failures that were too short, held back or seen as one with another; ` +
        `${hasty} told although shorter than \`for\`, since nobody saw their end in time; ` +
        `${repeat / 1_000} s between repetitions; ` +
        `${Math.round(calm.slowFor() / 1_000)} s in which the machine had no time for Herald`
      );
    },
  };
}
