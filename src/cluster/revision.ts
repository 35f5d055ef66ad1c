/** The order of resourceVersions: numbers, however large. */

/** A revision to resume from, as a number. 0 is none: it asks a server for any state that it likes. */
export function readRevision(text: string): bigint | undefined {
  return /^[1-9]\d{0,38}$/.test(text) ? BigInt(text) : undefined;
}

/**
 * Whether one resourceVersion of a collection is older than another. Kubernetes orders them as numbers; of what is no
 * number (some other API server's) nothing is older.
 */
export function isBefore(revision: string, other: string): boolean {
  const [one, two] = [readRevision(revision), readRevision(other)];
  return one !== undefined && two !== undefined && one < two;
}
