/** A bounded memory of answers, each with its own time to live. The longest unused ones go first. */
export interface Cache<T> {
  get(key: string): T | undefined;
  /** `ttl` in milliseconds. */
  set(key: string, value: T, ttl: number): void;
}

export function createCache<T>(limit: number, now: () => number): Cache<T> {
  const entries = new Map<string, { value: T; until: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (entry.until <= now()) return undefined;
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, ttl) {
      entries.delete(key);
      entries.set(key, { value, until: now() + ttl });
      if (entries.size <= limit) return;
      const [oldest] = entries.keys();
      if (oldest !== undefined) entries.delete(oldest);
    },
  };
}
