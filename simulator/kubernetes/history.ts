/** The latest changes of one resource, for watches that resume: so many, and not for ever. */
export interface History<Change> {
  add(change: Change, at: number): void;
  /** Changes after the revision, oldest first. */
  after(revision: number): Change[];
  /** Changes at or before this revision are no longer known. */
  compacted(): number;
  /** Forgets what is at or before the revision. */
  compact(through: number): void;
}

export interface HistoryOptions {
  historyLimit: number;
  historyMs: number;
}

export function createHistory<Change extends { resourceVersion: number }>(
  { historyLimit, historyMs }: HistoryOptions,
  compactedAtFirst: number,
): History<Change> {
  let changes: Change[] = [];
  let times: number[] = [];
  /** What is before it is forgotten, and cut off in bulk. */
  let start = 0;
  let compacted = compactedAtFirst;

  /** The position of the first change after the revision. */
  function positionAfter(revision: number): number {
    let low = start;
    let high = changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((changes[middle]?.resourceVersion ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function forgetBefore(position: number): void {
    if (position === start) return;
    compacted = Math.max(compacted, changes[position - 1]?.resourceVersion ?? 0);
    start = position;
    if (start < Math.min(changes.length / 2, 1000)) return;
    changes = changes.slice(start);
    times = times.slice(start);
    start = 0;
  }

  return {
    add(change, at) {
      changes.push(change);
      times.push(at);
      let position = Math.max(start, changes.length - historyLimit);
      while ((times[position] ?? at) < at - historyMs) position += 1;
      forgetBefore(position);
    },
    after: (revision) => changes.slice(positionAfter(revision)),
    compacted: () => compacted,
    compact(through) {
      forgetBefore(positionAfter(through));
      compacted = Math.max(compacted, through);
    },
  };
}
