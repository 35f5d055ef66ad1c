import { readRevision } from './catch-up.ts';

/**
 * Whether one resourceVersion of a collection is older than another. Kubernetes orders them as numbers; of what is no
 * number (some other API server's) nothing is older.
 */
export function isBefore(revision: string, other: string): boolean {
  const [one, two] = [readRevision(revision), readRevision(other)];
  return one !== undefined && two !== undefined && one < two;
}
