/** From when until when something was so, Unix milliseconds; the end is not included. */
export interface Stretch {
  from: number;
  to: number;
}

export function isWithin({ from, to }: Stretch, at: number): boolean {
  return from <= at && at < to;
}

/** What is left of it beside others. */
export function without(whole: Stretch, others: readonly Stretch[]): Stretch[] {
  let left = whole.to > whole.from ? [whole] : [];
  for (const { from, to } of others) {
    if (to <= from) continue;
    left = left.flatMap((each) =>
      [
        { from: each.from, to: Math.min(each.to, from) },
        { from: Math.max(each.from, to), to: each.to },
      ].filter((part) => part.to > part.from),
    );
  }
  return left;
}
