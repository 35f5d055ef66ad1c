/**
 * The candidate that `word` was most likely meant to be, by letters inserted, dropped, changed or swapped;
 * undefined when none is close. Case counts as half a mistake at most.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word === '' || word.length > 100) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 0.5;
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance + 1) continue;
    const distance = editDistance(lower, candidate.toLowerCase()) + 0.1;
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The candidate that a word was meant to be, or one that begins with it: `Replace` for `ReplaceAll`. */
export function likeliest(word: string, candidates: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  return (
    didYouMean(word, candidates) ??
    (word.length < 3 ? undefined : candidates.find((each) => each.toLowerCase().startsWith(lower)))
  );
}

/** A sentence to append to a problem's fix: ` Did you mean x?`, or nothing. */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const meant = didYouMean(word, candidates);
  return meant === undefined ? '' : ` Did you mean ${JSON.stringify(meant)}?`;
}

/** Optimal string alignment: an adjacent swap is one mistake. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + cost,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
