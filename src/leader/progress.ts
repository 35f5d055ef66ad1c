/**
 * Up to which revision everything that the watch has shown is decided and durable: the newest one before the oldest
 * change that is not, however much comes after it.
 */
export interface Progress {
  /** Something that the watch shows now is not durable until this is released. */
  hold(): Hold;
  /** Undefined while nothing is known to be durable. */
  revision(): string | undefined;
}

export interface Hold {
  /** For what follows from it: it is to be released once more. */
  share(): Hold;
  release(): void;
}

/** `shown`: the revision up to which the watch has shown everything and every change has been handed on. */
export function createProgress(shown: () => string | undefined): Progress {
  /** Of each change that is not durable, the revision before it; the oldest first. */
  const held = new Map<Hold, string | undefined>();
  return {
    hold() {
      let shares = 1;
      const hold: Hold = {
        share() {
          shares += 1;
          return hold;
        },
        release() {
          shares -= 1;
          if (shares === 0) held.delete(hold);
        },
      };
      held.set(hold, shown());
      return hold;
    },
    revision() {
      const [oldest] = held.values();
      return held.size > 0 ? oldest : shown();
    },
  };
}

/** As one: it is released where both are. */
export function together(one: Hold, other: Hold | undefined): Hold {
  if (other === undefined) return one;
  const both: Hold = {
    share() {
      one.share();
      other.share();
      return both;
    },
    release() {
      one.release();
      other.release();
    },
  };
  return both;
}
