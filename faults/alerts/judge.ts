import type { Account, Figures } from '../tally.ts';
import { createCalm } from './calm.ts';
import { bounds, repeat } from './configuration.ts';
import {
  createOwed,
  type Failure,
  forever,
  type Hold,
  type Listener,
  type Listening,
  second,
} from './owed.ts';
import { isWithin, type Stretch } from './stretches.ts';

/**
 * Holds what a story has made fail, recover and be silent against what was told. It knows what happened in the cluster
 * and what arrived, and nothing of how Herald decides.
 */
export interface Judge extends Account {
  /** `host` has left something unanswered since then, Unix milliseconds. */
  slow(host: string, since: number): void;
  /** It answers again. */
  quick(host: string): void;
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
  /** It is deleted, whether it fails or not. */
  deletes(life: string): void;
  /** What applies holds back; answers how to end it before its time. */
  holds(applies: (listener: Listener) => boolean, until?: number, from?: number): () => void;
}

interface Message {
  reason: string;
  /** When it was, Unix milliseconds. */
  decided: number;
}

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
  const { holdsOf, isOver, everything } = createOwed({ failures, listenings, holds }, calm, now);

  const noted = (life: string, event: string) =>
    void events.push({ at: now(), event: `${life} ${event}`, life });

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

  const lost = () => [...everything()].filter(({ state }) => state === 'untold' || state === 'unended');

  const counts = (what: 'firing' | 'resolved') =>
    [...listenings.values()]
      .flatMap(({ told }) => [...told.values()].flat())
      .filter((one) => one.what === what).length;

  function end(life: string, how: Pick<Failure, 'isDeleted'>): void {
    const failure = failures.get(life)?.at(-1);
    if (failure?.stretch.to !== forever) return;
    Object.assign(failure, how);
    failure.stretch.to = now();
  }

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
      noted(life, 'fails');
      const known = failures.get(life) ?? [];
      failures.set(life, known);
      known.push({ began: [said], stretch: { from: now(), to: forever } });
    },
    falters(life) {
      noted(life, 'is well for a moment');
      Object.assign(failures.get(life)?.at(-1) ?? {}, { falters: now() });
    },
    flaps(life, said) {
      noted(life, 'fails again');
      const known = failures.get(life);
      const failure = known?.at(-1);
      const { falters = now() } = failure ?? {};
      delete failure?.falters;
      if (failure && now() - falters >= bounds.keep.least) {
        failure.stretch.to = falters;
        known?.push({ began: [said], stretch: { from: now(), to: forever } });
      } else failure?.began.push(said);
    },
    notes: noted,
    recovers(life) {
      noted(life, 'is well');
      end(life, {});
    },
    deletes(life) {
      noted(life, 'is deleted');
      end(life, { isDeleted: true });
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
    slow: calm.slow,
    quick: calm.quick,
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
