/**
 * Up to which revision everything that the watch has shown is decided and durable: the newest one before the oldest
 * change that is not, however much comes after it.
 */
export interface Progress {
  /** Something that was shown, or that follows from it, is not durable until the answer is called. */
  hold(): () => void;
  /** Undefined while nothing is known to be durable. */
  revision(): string | undefined;
}

/** `shown`: the revision up to which the watch has shown everything and every change has been handed on. */
export function createProgress(shown: () => string | undefined): Progress {
  /** Of each change that is not durable, the revision before it; the oldest first. */
  const held = new Map<object, string | undefined>();
  return {
    hold() {
      const token = {};
      held.set(token, shown());
      return () => held.delete(token);
    },
    revision() {
      const [oldest] = held.entries();
      return oldest ? oldest[1] : shown();
    },
  };
}
