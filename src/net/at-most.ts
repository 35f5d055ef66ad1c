/** At most so many at the same time; the others wait in order, and leave the line where their signal aborts. */
export interface AtMost {
  /** Rejects with the signal's reason, or as `action` does. */
  run<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T>;
}

export function createAtMost(places: number): AtMost {
  let free = places;
  const waiting = new Set<() => void>();

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      waiting.delete(resolve);
      reject(signal.reason as Error);
    };
    waiting.add(resolve);
    signal.addEventListener('abort', leave, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', leave));
  }

  function exit(): void {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
      return;
    }
    waiting.delete(next);
    next();
  }

  return {
    async run(signal, action) {
      await enter(signal);
      try {
        return await action();
      } finally {
        exit();
      }
    },
  };
}
