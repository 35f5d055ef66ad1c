import type { Clock } from '../clock.ts';
import { createClockSteps } from '../delivery/clock-steps.ts';
import type { Logger } from '../log.ts';

interface Deps {
  clock: Clock;
  /** Lets everything that was put off be looked at now. */
  hurry(): Promise<unknown>;
  /** Forgets what was reserved by the clock as it was. */
  reset(): void;
  log: Logger;
}

/** To be run every second: hurries what was put off until a time on a clock that was set back since. */
export function createSetBack({ clock, hurry, reset, log }: Deps): () => Promise<void> {
  const wasSetBack = createClockSteps(clock);
  let hurries = 0;
  return async () => {
    if (wasSetBack()) {
      log.warn('The clock was set back: what is put off is looked at now');
      reset();
      // Once more for what was just being put off.
      hurries = 2;
    }
    if (hurries === 0) return;
    await hurry();
    hurries -= 1;
  };
}
