/**
 * Whether one resourceVersion of a collection is older than another. Kubernetes orders them as numbers; of what is no
 * number (some other API server's) nothing is older.
 */
export function isBefore(revision: string, other: string): boolean {
  return isNumber(revision) && isNumber(other) && BigInt(revision) < BigInt(other);
}

function isNumber(revision: string): boolean {
  return /^\d{1,30}$/.test(revision);
}
