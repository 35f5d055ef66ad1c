/** What was put off since its configuration had used up its share, and is evaluated as soon as there is room. */
export interface PutOff {
  /** `wait`: milliseconds until there is room. */
  add(uid: string, wait: number): void;
  stop(): void;
}

/** Milliseconds at least between two looks at what waits. */
const pause = 50;

/**
 * `evaluate` answers for how many milliseconds an Application has to wait still; 0 once it has been evaluated, or where
 * there is nothing to evaluate any more. Those that were put off first come first.
 */
export function createPutOff(evaluate: (uid: string) => number): PutOff {
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  function wakeAfter(wait: number): void {
    timer ??= setTimeout(wake, Math.max(wait, pause)).unref();
  }

  function wake(): void {
    timer = undefined;
    let next = Number.POSITIVE_INFINITY;
    // What is put off anew meanwhile comes last, and is looked at next time.
    for (const uid of Array.from(waiting)) {
      const wait = evaluate(uid);
      if (wait > 0) next = Math.min(next, wait);
      else waiting.delete(uid);
    }
    if (waiting.size > 0) wakeAfter(next);
  }

  return {
    add(uid, wait) {
      waiting.add(uid);
      wakeAfter(wait);
    },
    stop() {
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
