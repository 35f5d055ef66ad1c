/**
 * Gathers calls that come while others are under way into one round trip: under load the number of statements falls
 * while the number of answers stays. A call alone is sent at once.
 */
export interface Batcher<Item, Answer> {
  (item: Item): Promise<Answer>;
}

interface Call<Item, Answer> {
  item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export function createBatcher<Item, Answer>(
  /** One answer for each item, in order. */
  run: (items: Item[]) => Promise<Answer[]>,
  options: {
    largest: number;
    concurrency: number;
    /** Whether the items of a failed batch are tried one by one. */
    splits(error: unknown): boolean;
  },
): Batcher<Item, Answer> {
  const waiting: Call<Item, Answer>[] = [];
  let active = 0;

  function next(): void {
    while (active < options.concurrency && waiting.length > 0) {
      active += 1;
      void perform(waiting.splice(0, options.largest)).finally(() => {
        active -= 1;
        next();
      });
    }
  }

  async function perform(calls: Call<Item, Answer>[]): Promise<void> {
    try {
      const answers = await run(calls.map(({ item }) => item));
      for (const [index, call] of calls.entries()) call.resolve(answers[index] as Answer);
    } catch (error) {
      if (calls.length > 1 && options.splits(error)) {
        for (const call of calls) await perform([call]);
      } else {
        for (const call of calls) call.reject(error);
      }
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // After this turn of the event loop, so that calls made together go together.
      queueMicrotask(next);
    });
}
