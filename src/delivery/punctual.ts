import type { Clock } from '../clock.ts';

/**
 * Wakes what this process has put off when it is due, to the millisecond: a server looks a few times a second whether
 * the time of somebody who waits for it is over. What is forgotten here is handed out by the queue all the same, later.
 */
export interface Punctual {
  note(id: string, at: number): void;
  stop(): void;
}

/** Kept in memory: those behind wait for the server. */
const most = 10_000;

/** `wake` answers whether it was put off: with one that is handed out come all that are due. */
export function createPunctual({
  clock,
  wake,
}: {
  clock: Pick<Clock, 'now' | 'after'>;
  wake(id: string): Promise<boolean>;
}): Punctual {
  /** The first that is due last. */
  const times: { id: string; at: number }[] = [];
  let timer: { at: number; cancel(): void } | undefined;

  function schedule(): void {
    const next = times.at(-1);
    if (timer && (next === undefined || next.at < timer.at)) {
      timer.cancel();
      timer = undefined;
    }
    if (timer || next === undefined) return;
    timer = { at: next.at, cancel: clock.after(Math.max(0, next.at - clock.now()), () => void due()) };
  }

  async function due(): Promise<void> {
    timer = undefined;
    const ids: string[] = [];
    for (let next = times.at(-1); next && next.at <= clock.now(); next = times.at(-1)) {
      ids.push(next.id);
      times.pop();
    }
    schedule();
    try {
      for (const id of ids) if (await wake(id)) return;
    } catch {
      // The queue does not answer: it hands out what is due when it does.
    }
  }

  return {
    note(id, at) {
      let [low, high] = [0, times.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((times[middle]?.at ?? 0) > at) low = middle + 1;
        else high = middle;
      }
      times.splice(low, 0, { id, at });
      if (times.length > most) times.shift();
      schedule();
    },
    stop() {
      times.length = 0;
      timer?.cancel();
      timer = undefined;
    },
  };
}
