import type { Problem } from '../model.ts';
import type { Source } from './config.ts';

/** What a compiler has made of a key. */
export interface Made<T> {
  value?: T | undefined;
  problems: Problem[];
  /** The errors are of entries that were left out of the value, and the others are in force. Absent: one error is one too many. */
  isPartial?: true;
}

/** What each key was made from, and what is in force of it. */
export interface Sources {
  readonly made: ReadonlyMap<string, Source<unknown>>;
  /** Of all keys so far, and what was reported beside. */
  readonly problems: readonly Problem[];
  report(problem: Problem): void;
  /** The answer for a key: the previous one for the same input, else a new one, else the last good one. */
  remember<T>(key: string, input: string, make: () => Made<T>): Source<T>;
  /** The answer for a key that depends on Secrets too, and so is made anew each time: a new one, else the last good one. */
  renew<T>(key: string, make: (before: Source<T> | undefined) => Made<T>): Source<T>;
  /** Characters that were read for `remember` since this was last asked. */
  takeRead(): number;
}

export function createSources(previous: ReadonlyMap<string, Source<unknown>> | undefined): Sources {
  const sources = new Map<string, Source<unknown>>();
  const problems: Problem[] = [];
  let read = 0;
  // Under one key there is always a value of the same type.
  const beforeOf = <T>(key: string) => previous?.get(key) as Source<T> | undefined;
  const keep = <T>(key: string, source: Source<T>): Source<T> => {
    sources.set(key, source);
    problems.push(...source.problems);
    return source;
  };
  return {
    made: sources,
    problems,
    report: (problem) => problems.push(problem),
    remember<T>(key: string, input: string, make: () => Made<T>) {
      const before = beforeOf<T>(key);
      if (before?.input === input) return keep(key, before);
      read += input.length;
      return keep(key, replace(before, input, guarded(key, make)));
    },
    renew<T>(key: string, make: (before: Source<T> | undefined) => Made<T>) {
      const before = beforeOf<T>(key);
      return keep(key, replace(before, '', make(before)));
    },
    takeRead() {
      const characters = read;
      read = 0;
      return characters;
    },
  };
}

function replace<T>(before: Source<T> | undefined, input: string, made: Made<T>): Source<T> {
  const failed = !made.isPartial && made.problems.some((problem) => problem.severity === 'error');
  if (!failed || !before?.good) {
    return { input, value: made.value, good: !failed && made.value !== undefined, problems: made.problems };
  }
  const problems = made.problems.map((problem) =>
    problem.severity === 'error'
      ? { ...problem, what: `${problem.what}; the previous version stays in force` }
      : problem,
  );
  return { input, value: before.value, good: true, isEarlier: true, problems };
}

/** Text that nests beyond the stack is the only input for which compilers throw. */
function guarded<T>(key: string, make: () => Made<T>): Made<T> {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return {
      problems: [{ key, severity: 'error', what: 'the value is nested too deeply', fix: 'Simplify it.' }],
    };
  }
}
