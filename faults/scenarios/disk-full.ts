import { setTimeout as delay } from 'node:timers/promises';
import { between } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import { mountVolume } from '../volume.ts';

/** For a kubelet to see that a process is not well: three times, ten seconds apart. */
const unhealthyAfter = 30_000;

export const diskFull: Scenario = {
  name: 'disk-full',
  about:
    'the volume of the embedded store is full for 5 to 15 s; a process that ends or stays unhealthy is started again',
  stores: ['sqlite'],
  allowsExits: true,
  volume: mountVolume,
  async run({ world, volume, goesOn, pause, fault, cured, kill, start, random }) {
    const [herald] = world.processes;
    while (goesOn()) {
      await pause(2_000, 6_000);
      fault('the volume is full');
      volume?.fill();
      await delay(between(random, 5_000, 15_000));
      volume?.free();
      cured('there is room again');
      if (herald?.isRunning() && !(await herald.ready(unhealthyAfter))) {
        if (herald.isRunning()) await kill();
      }
      if (!herald?.isRunning()) await start();
    }
  },
};
