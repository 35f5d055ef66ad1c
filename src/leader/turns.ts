import type { Clock } from '../clock.ts';

/**
 * The one lane in which Applications are evaluated, in order. Everything runs on one thread, so what it costs is counted
 * in steps of conditions, and after so many all that follow waits for the next turn of the event loop.
 */
export interface Turns {
  /** Whether the next task is done at once; if not, it waits, and whatever follows behind it. */
  isFree(): boolean;
  /** Does it now, or later. Must not throw. */
  take(task: () => void): void;
  spend(steps: number): void;
  /** Tasks that wait. */
  waiting(): number;
  stop(): void;
}

/** Steps in a turn. */
export const turn = 200_000;

/** `onTurn`: after each turn that was begun because of what was spent. */
export function createTurns({ clock, onTurn }: { clock: Pick<Clock, 'turn'>; onTurn(): void }): Turns {
  let tasks: (() => void)[] = [];
  let spent = 0;
  let isEnding = false;

  function begin(): void {
    isEnding = false;
    spent = 0;
    const due = tasks;
    tasks = [];
    for (const [index, task] of due.entries()) {
      if (spent >= turn) {
        tasks = [...due.slice(index), ...tasks];
        break;
      }
      task();
    }
    onTurn();
  }

  const isFree = (): boolean => tasks.length === 0 && spent < turn;

  return {
    isFree,
    take(task) {
      if (isFree()) task();
      else tasks.push(task);
    },
    spend(steps) {
      spent += steps;
      if (isEnding) return;
      isEnding = true;
      void clock.turn().then(begin);
    },
    waiting: () => tasks.length,
    stop() {
      tasks = [];
    },
  };
}
