/**
 * What became of one vector. `documented`: it records a defect of the engine, and Herald does what `detail` says.
 * `skipped`: the engine's own answer changes from run to run, so there is nothing to compare.
 */
export interface Verdict {
  name: string;
  group: string;
  status: 'passed' | 'documented' | 'failed' | 'skipped';
  /** Of `documented`: the reason; of `failed`: what differs. */
  detail?: string;
}

/** Deep equality without regard to the order of keys; shows both sides where they differ. */
export function difference(what: string, expected: unknown, actual: unknown): string | undefined {
  const left = JSON.stringify(sorted(expected));
  const right = JSON.stringify(sorted(actual));
  return left === right ? undefined : `${what}: expected ${left}, got ${right}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
