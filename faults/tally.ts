/** A message that a change of an Application has to bring about. */
export interface Expectation {
  text: string;
  channel: string;
  /** Messages of one lane come in the order of their changes. */
  lane: string;
  /** Number of the change. */
  change: number;
  /** Unix milliseconds. */
  at: number;
  /** It may have gone unseen: the API server has forgotten it. Not twice, all the same. */
  optional: boolean;
  /** It is seen together with others, in no order: the API server has forgotten how it came about. */
  unordered: boolean;
  arrivals: number[];
}

export interface Figures {
  changes: number;
  expected: number;
  arrived: number;
  lost: number;
  doubled: number;
  /** What nobody asked for. */
  unexpected: number;
  /** From here on absent where it is not measured: alerts wait on purpose, and are told together. */
  outOfOrder?: number;
  /** By more than a minute. */
  late?: number;
  /** Milliseconds, of those that arrived. */
  longestDelay?: number;
  /** Milliseconds from a cause's end to the first, and to the last, of what was due then; the longest of all causes. */
  recoveryFirst?: number;
  recoveryLast?: number;
}

/** Of what was told: what has come, what is still to come, and what is wrong. */
export interface Account {
  /** The number of a new change. */
  change(): number;
  arrived(channel: string, text: string): void;
  /** Something happened around Herald: for the timeline of what went wrong. */
  note(event: string): void;
  /** Another cause of trouble begins: what is not recovered from an earlier one cannot be told apart any more. */
  disturbed(): void;
  /**
   * A cause of trouble has ended: from here on recovery is measured, also of what becomes due right after it.
   * `isStarting`: a process that is not ready yet.
   */
  cured(isStarting?: boolean): void;
  /** A process that was started again is ready. */
  ready(): void;
  missing(): number;
  /** Unix milliseconds of the last arrival. */
  lastArrival(): number;
  figures(): Figures;
  /** Lines for what is wrong, at most so many cases of each kind, each with what happened around it. */
  complaints(most: number): string[];
  /** For people, what the figures do not say; empty: nothing. */
  summary(): string;
}

/** Holds what was to be told against what was, where each change is told once and no more. */
export interface Tally extends Account {
  expect(expectation: Pick<Expectation, 'text' | 'channel' | 'lane' | 'change'>): void;
  /** What was expected since then and has not arrived may have gone unseen, unless `mustBeTold` says otherwise. */
  forgive(since: number, mustBeTold: (expectation: Expectation) => boolean): void;
  figures(): Required<Figures>;
}

interface Cure {
  at: number;
  awaited: Set<Expectation>;
  isRecovering: boolean;
}

const minute = 60_000;
/** Milliseconds after a cause's end in which what becomes due counts as due then: a new process is still starting. */
const collecting = 3_000;
/** Events are kept for the timeline: the last so many. */
const keptEvents = 20_000;
/** Milliseconds around a change whose events are shown with a complaint. */
const around = 15_000;

export function createTally(now: () => number = Date.now): Tally {
  const expectations = new Map<string, Expectation>();
  const pending = new Set<Expectation>();
  const unexpected: string[] = [];
  const lastOfLane = new Map<string, number>();
  const disordered: string[] = [];
  const cures = new Set<Cure>();
  let events: { at: number; event: string }[] = [];
  let changes = 0;
  let last = now();
  const recovery = { first: 0, last: 0 };

  const keyOf = (channel: string, text: string) => `${channel}\n${text}`;
  const time = (at: number) => new Date(at).toISOString().slice(11, 23);

  function recovered(expectation: Expectation): void {
    for (const cure of cures) {
      const after = now() - cure.at;
      if (cure.awaited.delete(expectation)) {
        if (!cure.isRecovering) recovery.first = Math.max(recovery.first, after);
        cure.isRecovering = true;
        if (cure.awaited.size === 0) recovery.last = Math.max(recovery.last, after);
      }
      if (cure.awaited.size === 0 && after > collecting) cures.delete(cure);
    }
  }

  /** What happened between the two times, and a little before. */
  function timeline(from: number, to: number): string {
    const shown = events.filter(({ at }) => at >= from - around && at <= to + around).slice(0, 40);
    return shown.map(({ at, event }) => `\n    ${time(at)} ${event}`).join('');
  }

  return {
    change: () => (changes += 1),
    expect(given) {
      const key = keyOf(given.channel, given.text);
      if (expectations.has(key)) throw new Error(`Texts must differ: ${given.text}`);
      const expectation = { ...given, at: now(), optional: false, unordered: false, arrivals: [] };
      expectations.set(key, expectation);
      pending.add(expectation);
      for (const { at, awaited } of cures) if (now() - at <= collecting) awaited.add(expectation);
    },
    arrived(channel, text) {
      last = now();
      const expectation = expectations.get(keyOf(channel, text));
      if (!expectation) {
        unexpected.push(`${channel}: ${JSON.stringify(text)} at ${time(now())}`);
        return;
      }
      expectation.arrivals.push(now());
      if (expectation.arrivals.length > 1) return;
      pending.delete(expectation);
      const before = lastOfLane.get(expectation.lane) ?? 0;
      if (before > expectation.change && !expectation.unordered) {
        disordered.push(`${channel}: ${text} came at ${time(now())}, after that of change ${before}`);
      }
      lastOfLane.set(expectation.lane, Math.max(before, expectation.change));
      recovered(expectation);
    },
    forgive(since, mustBeTold) {
      for (const expectation of pending) {
        if (expectation.at < since) continue;
        expectation.unordered = true;
        if (mustBeTold(expectation)) continue;
        expectation.optional = true;
        pending.delete(expectation);
        for (const { awaited } of cures) awaited.delete(expectation);
      }
    },
    note(event) {
      events.push({ at: now(), event });
      if (events.length > 2 * keptEvents) events = events.slice(-keptEvents);
    },
    disturbed: () => cures.clear(),
    cured() {
      cures.add({ at: now(), awaited: new Set(pending), isRecovering: false });
    },
    ready: () => undefined,
    summary: () => '',
    missing: () => pending.size,
    lastArrival: () => last,
    figures() {
      const figures: Required<Figures> = {
        changes,
        expected: 0,
        arrived: 0,
        lost: pending.size,
        doubled: 0,
        unexpected: unexpected.length,
        outOfOrder: disordered.length,
        late: 0,
        longestDelay: 0,
        recoveryFirst: recovery.first,
        recoveryLast: recovery.last,
      };
      for (const { at, optional, arrivals } of expectations.values()) {
        const [first] = arrivals;
        if (first === undefined) {
          if (!optional) figures.expected += 1;
          continue;
        }
        figures.expected += 1;
        figures.arrived += 1;
        figures.doubled += arrivals.length - 1;
        figures.longestDelay = Math.max(figures.longestDelay, first - at);
        if (first - at > minute) figures.late += 1;
      }
      return figures;
    },
    complaints(most) {
      const lost = [...pending]
        .slice(0, most)
        .map(
          ({ channel, text, at, change }) =>
            `lost: ${channel}: ${text} (change ${change} at ${time(at)})${timeline(at, at)}`,
        );
      const doubled = [...expectations.values()]
        .filter(({ arrivals }) => arrivals.length > 1)
        .slice(0, most)
        .map(
          ({ channel, text, at, change, arrivals }) =>
            `doubled: ${channel}: ${text} (change ${change} at ${time(at)}, told ${arrivals.map(time).join(', ')})` +
            timeline(arrivals[0] ?? at, arrivals.at(-1) ?? at),
        );
      return [
        ...lost,
        ...doubled,
        ...disordered.slice(0, most).map((line) => `out of order: ${line}`),
        ...unexpected.slice(0, most).map((line) => `unexpected: ${line}`),
      ];
    },
  };
}
