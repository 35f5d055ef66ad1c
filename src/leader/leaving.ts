import type { Clock } from '../clock.ts';
import type { Deciding } from './deciding.ts';
import type { About } from './ongoing.ts';
import type { Progress } from './progress.ts';
import type { Tracked } from './tracked.ts';

type Why = NonNullable<About['over']>;

/** Applications that are gone, or not watched any more, of whose alerts something is still to be told. */
export interface Leaving {
  add(entry: Tracked, why: Why): void;
  /** Looks whether more can be told now; false where there is none with this uid. */
  look(uid: string): boolean;
  /** Looks at all of them soon: the configuration has changed. */
  lookAtAll(): void;
  has(uid: string): boolean;
  /** It is watched again. */
  remove(uid: string): void;
  stop(): void;
}

interface Deps {
  deciding: Pick<Deciding, 'pass' | 'isOwed' | 'forget'>;
  progress: Pick<Progress, 'hold'>;
  schedule(uid: string, at: number | undefined): void;
  clock: Pick<Clock, 'now'>;
}

export function createLeaving({ deciding, progress, schedule, clock }: Deps): Leaving {
  const entries = new Map<string, { entry: Tracked; why: Why }>();
  return {
    add(entry, why) {
      const { uid } = entry.application;
      entries.set(uid, { entry, why });
      schedule(uid, clock.now());
    },
    look(uid) {
      const found = entries.get(uid);
      if (!found) return false;
      const { entry, why } = found;
      const hold = progress.hold();
      const about = { observedAt: clock.now(), over: why };
      let due = deciding.pass(entry, about, hold);
      // What was spared until it was told ends now.
      if (isAllTold(entry)) due = deciding.pass(entry, about, hold);
      if (deciding.isOwed(entry)) schedule(uid, due);
      else {
        entries.delete(uid);
        schedule(uid, undefined);
        if (why === 'application deleted') deciding.forget(entry, hold);
      }
      hold.release();
      return true;
    },
    lookAtAll() {
      for (const uid of entries.keys()) schedule(uid, clock.now());
    },
    has: (uid) => entries.has(uid),
    remove(uid) {
      entries.delete(uid);
    },
    stop: () => entries.clear(),
  };
}

function isAllTold({ life }: Tracked): boolean {
  return life !== undefined && life.alerts.size > 0 && life.untold.size === 0;
}
