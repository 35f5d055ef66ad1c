/** Whoever waits until a condition holds of what a simulator has seen. */
export interface Waiting {
  /** Asks all that are waited for. */
  ask(): void;
  /** Rejects after `limit` milliseconds, where one is given. */
  until(condition: () => boolean, limit?: number): Promise<void>;
}

/** `seen` says in the error of who waits in vain what has come instead. */
export function createWaiting(seen: () => string = () => 'nothing'): Waiting {
  const checks = new Set<() => void>();
  return {
    ask() {
      for (const check of checks) check();
    },
    until(condition, limit) {
      if (condition()) return Promise.resolve();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const check = () => {
        if (condition()) resolve();
      };
      const fail = () => reject(new Error(`not within ${limit} ms, after ${seen()}`));
      const timer = limit === undefined ? undefined : setTimeout(fail, limit);
      checks.add(check);
      return promise.finally(() => {
        clearTimeout(timer);
        checks.delete(check);
      });
    },
  };
}
