/**
 * What waits, first in, first out. `Array.shift` moves all that follow where there are more than some ten thousand, so
 * that emptying an array of 50,000 takes seconds.
 */
export interface Fifo<T> {
  readonly length: number;
  push(item: T): void;
  shift(): T | undefined;
  clear(): void;
}

/** What was taken is cut off once it is so many, and half of all. */
const cutAt = 1_000;

export function createFifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  /** Before it are those that were taken. */
  let first = 0;
  return {
    get length() {
      return items.length - first;
    },
    push(item) {
      items.push(item);
    },
    shift() {
      if (first === items.length) return undefined;
      const item = items[first];
      items[first] = undefined;
      first += 1;
      if (first >= cutAt && first * 2 >= items.length) {
        items = items.slice(first);
        first = 0;
      }
      return item;
    },
    clear() {
      items = [];
      first = 0;
    },
  };
}
