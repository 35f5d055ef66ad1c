import type { Scenario } from '../scenario.ts';

export const term: Scenario = {
  name: 'term',
  about: 'SIGTERM at random moments, and a new process as soon as the old one has ended',
  async run({ goesOn, pause, stop, start, fault }) {
    while (goesOn()) {
      await pause(500, 5_000);
      fault('restart');
      await stop();
      await start();
    }
  },
};
