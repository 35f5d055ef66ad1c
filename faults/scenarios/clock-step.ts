import { join } from 'node:path';
import type { Scenario } from '../scenario.ts';

export const clockStep: Scenario = {
  name: 'clock-step',
  about: "Herald's clock jumps by an hour: forth, back, back, forth",
  env: { NODE_OPTIONS: `--import ${join(import.meta.dirname, '..', 'clock.ts')}` },
  async run({ world, goesOn, pause, fault, cured }) {
    while (goesOn()) {
      await pause(4_000, 10_000);
      fault('the clock jumps');
      world.processes[0]?.signal('SIGUSR2');
      cured('it goes on as usual');
    }
  },
};
