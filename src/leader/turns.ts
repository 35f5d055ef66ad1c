import type { Clock } from '../clock.ts';

/**
 * The one lane in which Applications are evaluated, in order. Everything runs on one thread, so what it costs is counted
 * in steps of conditions, and after so many, or so much time, all that follow wait for the next turn of the event loop.
 */
export interface Turns {
  /** Whether the next task is done at once; if not, it waits, and whatever follows behind it. */
  isFree(): boolean;
  /** Does it now, or later. Must not throw. */
  take(task: () => void): void;
  spend(steps: number): void;
  /** Tasks that wait. */
  waiting(): number;
  /** Resolves when none does. */
  idle(): Promise<void>;
  /** Undefined where some more may wait; what resolves when none waits, where there are as many as should be kept. */
  room(): Promise<void> | undefined;
  stop(): void;
}

/** Steps in a turn. */
export const turn = 200_000;
/** Milliseconds in a turn: how long a step takes differs from machine to machine. */
const slice = 20;
/** Tasks that wait before whoever brings more should stop. */
const most = 256;

/** `onTurn`: after each turn that was begun because of what was spent. */
export function createTurns({
  clock,
  onTurn,
}: {
  clock: Pick<Clock, 'turn' | 'monotonic'>;
  onTurn(): void;
}): Turns {
  let tasks: (() => void)[] = [];
  let spent = 0;
  let began = 0;
  let isEnding = false;

  function begin(): void {
    isEnding = false;
    spent = 0;
    const due = tasks;
    tasks = [];
    if (due.length > 0) endLater();
    for (const [index, task] of due.entries()) {
      if (!hasRoom()) {
        tasks = [...due.slice(index), ...tasks];
        break;
      }
      task();
    }
    onTurn();
  }

  function endLater(): void {
    if (isEnding) return;
    isEnding = true;
    began = clock.monotonic();
    void clock.turn().then(begin);
  }

  async function idle(): Promise<void> {
    while (tasks.length > 0) await clock.turn();
  }

  const hasRoom = (): boolean => spent < turn && (!isEnding || clock.monotonic() - began < slice);
  const isFree = (): boolean => tasks.length === 0 && hasRoom();

  return {
    isFree,
    take(task) {
      const isNow = isFree();
      endLater();
      if (isNow) task();
      else tasks.push(task);
    },
    spend(steps) {
      spent += steps;
      endLater();
    },
    waiting: () => tasks.length,
    idle,
    room: () => (tasks.length < most ? undefined : idle()),
    stop() {
      tasks = [];
    },
  };
}
