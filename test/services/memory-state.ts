import type { JsonObject } from '../../src/model.ts';
import type { ServiceState } from '../../src/services/service.ts';

export interface MemoryState extends ServiceState {
  /** What was set last, with its ttl in seconds. */
  readonly entries: ReadonlyMap<string, { value: JsonObject; ttl: number }>;
  /** Until undefined is set, calls fail with this error: all of them, or only writes. */
  fail(error: Error | undefined, writesOnly?: boolean): void;
}

/** A ServiceState in memory: it outlives a service made on it, as the store outlives a restart. */
export function createMemoryState(): MemoryState {
  const entries = new Map<string, { value: JsonObject; ttl: number }>();
  let failure: Error | undefined;
  let readable = true;
  return {
    entries,
    async get(key) {
      if (failure !== undefined && !readable) throw failure;
      return entries.get(key)?.value;
    },
    async set(key, value, ttl) {
      if (failure !== undefined) throw failure;
      entries.set(key, { value, ttl });
    },
    fail(error, writesOnly = false) {
      failure = error;
      readable = writesOnly;
    },
  };
}
