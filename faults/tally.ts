/** What a change of an Application is to be told by. */
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
  arrivals: number[];
}

export interface Figures {
  changes: number;
  expected: number;
  arrived: number;
  lost: number;
  doubled: number;
  unexpected: number;
  outOfOrder: number;
  /** By more than a minute. */
  late: number;
  /** Milliseconds. */
  longestDelay: number;
}

/** Holds what was to be told against what was. */
export interface Tally {
  change(): number;
  expect(expectation: Pick<Expectation, 'text' | 'channel' | 'lane' | 'change'>): void;
  arrived(channel: string, text: string): void;
  /** What was expected since then and has not arrived may have gone unseen; but `stands` says that it must be told. */
  forgive(since: number, stands: (expectation: Expectation) => boolean): void;
  /** Of those that are due: how many are missing. */
  missing(): number;
  /** Resolves with true when nothing is missing of what is expected now, with false after `patience` milliseconds. */
  complete(patience: number): Promise<boolean>;
  figures(): Figures;
  /** A line for each that is wrong. */
  complaints(): string[];
}

const minute = 60_000;

export function createTally(now: () => number = Date.now): Tally {
  const expectations = new Map<string, Expectation>();
  const pending = new Set<Expectation>();
  const unexpected: string[] = [];
  const waiters = new Set<() => void>();
  const lastOfLane = new Map<string, number>();
  const disordered: string[] = [];
  let changes = 0;

  const keyOf = (channel: string, text: string) => `${channel}\n${text}`;

  return {
    change: () => (changes += 1),
    expect(given) {
      const expectation = { ...given, at: now(), optional: false, arrivals: [] };
      expectations.set(keyOf(given.channel, given.text), expectation);
      pending.add(expectation);
    },
    arrived(channel, text) {
      const expectation = expectations.get(keyOf(channel, text));
      if (!expectation) {
        unexpected.push(`${channel}: ${JSON.stringify(text)} at ${new Date(now()).toISOString()}`);
        return;
      }
      expectation.arrivals.push(now());
      pending.delete(expectation);
      if (expectation.arrivals.length === 1) {
        const last = lastOfLane.get(expectation.lane) ?? 0;
        if (last > expectation.change) disordered.push(`${channel}: ${text} came after change ${last}`);
        lastOfLane.set(expectation.lane, Math.max(last, expectation.change));
      }
      for (const check of waiters) check();
    },
    forgive(since, stands) {
      for (const expectation of pending) {
        if (expectation.at < since || stands(expectation)) continue;
        expectation.optional = true;
        pending.delete(expectation);
      }
      for (const check of waiters) check();
    },
    missing: () => pending.size,
    complete(patience) {
      const awaited = new Set(pending);
      return new Promise((resolve) => {
        const check = () => {
          for (const expectation of awaited) if (!pending.has(expectation)) awaited.delete(expectation);
          if (awaited.size === 0) finish(true);
        };
        const timer = setTimeout(() => finish(false), patience);
        const finish = (isComplete: boolean) => {
          clearTimeout(timer);
          waiters.delete(check);
          resolve(isComplete);
        };
        waiters.add(check);
        check();
      });
    },
    figures() {
      const all = [...expectations.values()];
      const delays = all.flatMap(({ at, arrivals }) => (arrivals[0] === undefined ? [] : [arrivals[0] - at]));
      return {
        changes,
        expected: all.filter(({ optional, arrivals }) => !optional || arrivals.length > 0).length,
        arrived: delays.length,
        lost: pending.size,
        doubled: all.reduce((sum, { arrivals }) => sum + Math.max(0, arrivals.length - 1), 0),
        unexpected: unexpected.length,
        outOfOrder: disordered.length,
        late: delays.filter((delay) => delay > minute).length,
        longestDelay: delays.reduce((most, delay) => Math.max(most, delay), 0),
      };
    },
    complaints() {
      const time = (at: number) => new Date(at).toISOString().slice(11, 23);
      const lost = [...pending].map(
        ({ channel, text, at, change }) => `lost: ${channel}: ${text} (change ${change} at ${time(at)})`,
      );
      const doubled = [...expectations.values()]
        .filter(({ arrivals }) => arrivals.length > 1)
        .map(
          ({ channel, text, at, arrivals }) =>
            `doubled: ${channel}: ${text} (changed ${time(at)}, told ${arrivals.map(time).join(', ')})`,
        );
      return [
        ...lost,
        ...doubled,
        ...disordered.map((line) => `out of order: ${line}`),
        ...unexpected.map((line) => `unexpected: ${line}`),
      ];
    },
  };
}
