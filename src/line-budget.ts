/**
 * How many warnings of one kind the log gets: of those that say the same a few, of all together no more in a minute
 * than a person would read. What is over is for the debug level.
 */
export interface LineBudget {
  /** `last`: it may be written, and is the last of this minute, which is worth saying. */
  take(text: string): 'yes' | 'last' | 'no';
}

const alike = 10;
const inAll = 100;
const minute = 60_000;
const mostTexts = 1_000;

export function createLineBudget(now: () => number): LineBudget {
  const times = new Map<string, number>();
  let since = Number.NEGATIVE_INFINITY;
  let left = inAll;
  return {
    take(text) {
      if (now() - since >= minute) {
        since = now();
        left = inAll;
      }
      const count = (times.get(text) ?? 0) + 1;
      if (!times.has(text) && times.size >= mostTexts) times.clear();
      times.set(text, count);
      if (count > alike || left === 0) return 'no';
      left -= 1;
      return left === 0 ? 'last' : 'yes';
    },
  };
}
