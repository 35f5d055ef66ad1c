/** Thrown where something would be begun although the demo ends. */
class Ended extends Error {}

/** The demo ends once, whoever asks for it and whatever is just under way, and leaves nothing behind. */
export interface Lifetime {
  readonly isEnding: boolean;
  /** To be undone at the end, the last first. */
  undo(how: () => unknown): void;
  /** Throws {@link Ended} once the end has begun. */
  check(): void;
  /** Undoes everything, then exits. */
  end(code: number): Promise<void>;
}

export function createLifetime(exit: (code: number) => void): Lifetime {
  const undos: (() => unknown)[] = [];
  let isEnding = false;
  return {
    get isEnding() {
      return isEnding;
    },
    undo: (how) => void undos.unshift(how),
    check() {
      if (isEnding) throw new Ended();
    },
    async end(code) {
      if (isEnding) return;
      isEnding = true;
      for (const undo of undos) {
        try {
          await undo();
        } catch {
          // What is left is undone all the same.
        }
      }
      exit(code);
    },
  };
}
