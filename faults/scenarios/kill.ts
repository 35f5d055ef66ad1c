import type { Scenario } from '../scenario.ts';

/** Of kills: how many come before the process has become ready. */
const early = 0.2;

export const kill: Scenario = {
  name: 'kill',
  share: 4,
  about: 'SIGKILL at random moments, also during the start, and a new process at once',
  async run({ goesOn, pause, kill: killOne, start, random }) {
    while (goesOn()) {
      await pause(500, 4_000);
      await killOne();
      if (random() < early && goesOn()) {
        await start(0, { wait: false });
        await pause(0, 2_000);
        await killOne();
      }
      await start();
    }
  },
};
