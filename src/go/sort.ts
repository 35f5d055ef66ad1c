/** Sorting in the order in which Go's sort.Sort leaves equal elements. */

/** Up to this length Go inserts, which keeps equal elements in order. */
const INSERTION = 12;

/** Sorts a copy; `less` may throw. */
export function sortAsGo<T>(items: readonly T[], less: (left: T, right: T) => boolean): T[] {
  const out = [...items];
  if (out.length > INSERTION) return out.sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0));
  for (let end = 1; end < out.length; end++) {
    for (let at = end; at > 0 && less(out[at] as T, out[at - 1] as T); at--) {
      [out[at - 1], out[at]] = [out[at] as T, out[at - 1] as T];
    }
  }
  return out;
}
