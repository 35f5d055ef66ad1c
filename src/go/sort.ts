/**
 * Pattern-defeating quicksort with the choices of Go's sort.Sort (pivots, thresholds, its fixed sequence of
 * pseudo-random swaps), because the order in which it leaves equal elements is visible: it is not stable.
 */

/** Up to this length elements are inserted one by one, which keeps equal ones in order. */
const INSERTION = 12;
/** From this length on each of the three candidates for the pivot is itself a median of three. */
const NINTHER = 50;
/** Shorter ranges that are almost in order are not mended by shifting. */
const SHIFTING = 50;
/** Out-of-order neighbours that are mended before partitioning. */
const MENDS = 5;

type Hint = 'increasing' | 'decreasing' | 'unknown';

interface Sorter {
  less(left: number, right: number): boolean;
  swap(left: number, right: number): void;
}

function insert(s: Sorter, from: number, to: number): void {
  for (let end = from + 1; end < to; end++) {
    for (let at = end; at > from && s.less(at, at - 1); at--) s.swap(at, at - 1);
  }
}

function sink(s: Sorter, first: number, start: number, length: number): void {
  let root = start;
  for (let child = 2 * root + 1; child < length; child = 2 * root + 1) {
    if (child + 1 < length && s.less(first + child, first + child + 1)) child += 1;
    if (!s.less(first + root, first + child)) return;
    s.swap(first + root, first + child);
    root = child;
  }
}

function heap(s: Sorter, from: number, to: number): void {
  const length = to - from;
  for (let root = Math.floor((length - 1) / 2); root >= 0; root--) sink(s, from, root, length);
  for (let last = length - 1; last >= 0; last--) {
    s.swap(from, from + last);
    sink(s, from, 0, last);
  }
}

/** Swaps three elements near the middle with others, after a partition that was lopsided. */
function scatter(s: Sorter, from: number, to: number): void {
  const length = to - from;
  if (length < 8) return;
  let random = BigInt(length);
  const mask = (1n << BigInt(length.toString(2).length)) - 1n;
  const middle = from + Math.floor(length / 4) * 2;
  for (let at = middle - 1; at <= middle + 1; at++) {
    random ^= BigInt.asUintN(64, random << 13n);
    random ^= random >> 7n;
    random ^= BigInt.asUintN(64, random << 17n);
    const other = Number(random & mask);
    s.swap(at, from + (other >= length ? other - length : other));
  }
}

function choosePivot(s: Sorter, from: number, to: number): { pivot: number; hint: Hint } {
  const length = to - from;
  let swaps = 0;
  const median = (first: number, second: number, third: number): number => {
    let [a, b, c] = [first, second, third];
    const ordered = (left: number, right: number): [number, number] => {
      if (!s.less(right, left)) return [left, right];
      swaps += 1;
      return [right, left];
    };
    [a, b] = ordered(a, b);
    [b, c] = ordered(b, c);
    [a, b] = ordered(a, b);
    return b;
  };
  const quarter = Math.floor(length / 4);
  let candidates: [number, number, number] = [from + quarter, from + quarter * 2, from + quarter * 3];
  if (length >= NINTHER) {
    const [i, j, k] = candidates;
    candidates = [median(i - 1, i, i + 1), median(j - 1, j, j + 1), median(k - 1, k, k + 1)];
  }
  const pivot = length >= 8 ? median(...candidates) : candidates[1];
  return { pivot, hint: swaps === 0 ? 'increasing' : swaps === 12 ? 'decreasing' : 'unknown' };
}

/** Mends a range that is almost in order; whether it is in order now. */
function mend(s: Sorter, from: number, to: number): boolean {
  let at = from + 1;
  for (let step = 0; step < MENDS; step++) {
    while (at < to && !s.less(at, at - 1)) at += 1;
    if (at === to) return true;
    if (to - from < SHIFTING) return false;
    s.swap(at, at - 1);
    if (at - from >= 2)
      for (let left = at - 1; left >= 1 && s.less(left, left - 1); left--) s.swap(left, left - 1);
    if (to - at >= 2)
      for (let right = at + 1; right < to && s.less(right, right - 1); right++) s.swap(right, right - 1);
  }
  return false;
}

/** Smaller elements before the pivot, the others after it. */
function partition(s: Sorter, from: number, to: number, pivot: number): { middle: number; already: boolean } {
  s.swap(from, pivot);
  let left = from + 1;
  let right = to - 1;
  for (let already = true; ; already = false) {
    while (left <= right && s.less(left, from)) left += 1;
    while (left <= right && !s.less(right, from)) right -= 1;
    if (left > right) {
      s.swap(right, from);
      return { middle: right, already };
    }
    s.swap(left, right);
    left += 1;
    right -= 1;
  }
}

/** Elements equal to the pivot first; the start of the greater ones. */
function partitionEqual(s: Sorter, from: number, to: number, pivot: number): number {
  s.swap(from, pivot);
  let left = from + 1;
  let right = to - 1;
  for (;;) {
    while (left <= right && !s.less(from, left)) left += 1;
    while (left <= right && s.less(from, right)) right -= 1;
    if (left > right) return left;
    s.swap(left, right);
    left += 1;
    right -= 1;
  }
}

function reverse(s: Sorter, from: number, to: number): void {
  for (let left = from, right = to - 1; left < right; left++, right--) s.swap(left, right);
}

function quicksort(s: Sorter, start: number, end: number, badChoices: number): void {
  let [from, to, limit] = [start, end, badChoices];
  let balanced = true;
  let partitioned = true;
  for (;;) {
    const length = to - from;
    if (length <= INSERTION) return insert(s, from, to);
    if (limit === 0) return heap(s, from, to);
    if (!balanced) {
      scatter(s, from, to);
      limit -= 1;
    }
    let { pivot, hint } = choosePivot(s, from, to);
    if (hint === 'decreasing') {
      reverse(s, from, to);
      pivot = to - 1 - (pivot - from);
      hint = 'increasing';
    }
    if (balanced && partitioned && hint === 'increasing' && mend(s, from, to)) return;
    if (from > 0 && !s.less(from - 1, pivot)) {
      from = partitionEqual(s, from, to, pivot);
      continue;
    }
    const { middle, already } = partition(s, from, to, pivot);
    partitioned = already;
    const [leftLength, rightLength] = [middle - from, to - middle];
    balanced = Math.min(leftLength, rightLength) >= Math.floor(length / 8);
    if (leftLength < rightLength) {
      quicksort(s, from, middle, limit);
      from = middle + 1;
    } else {
      quicksort(s, middle + 1, to, limit);
      to = middle;
    }
  }
}

/** A sorted copy; `less` may throw. */
export function sortAsGo<T>(items: readonly T[], less: (left: T, right: T) => boolean): T[] {
  const out = [...items];
  const sorter: Sorter = {
    less: (left, right) => less(out[left] as T, out[right] as T),
    swap: (left, right) => {
      [out[left], out[right]] = [out[right] as T, out[left] as T];
    },
  };
  quicksort(sorter, 0, out.length, out.length.toString(2).length);
  return out;
}
