import { beforeForgetting } from '../forgotten.ts';
import type { Scenario } from '../scenario.ts';

export const watchSilent: Scenario = {
  name: 'watch-silent',
  about: 'watches stay open and show nothing any more, or their connections are half-open',
  // Only time tells such a watch from one on which nothing happens.
  patience: 240_000,
  async run({ world, goesOn, pause, fault, cured, random }) {
    while (goesOn()) {
      await pause(1_000, 5_000);
      if (random() < 0.5) {
        fault('the watches fall silent');
        world.kubernetes.faults.watches.stall();
      } else {
        fault('the connections to the API server are half-open');
        world.proxies.api.vanish();
      }
      cured('nothing more is done to them');
      const asked = world.kubernetes.stats.requests('watch', 'applications');
      await Promise.race([
        world.kubernetes.until(() => world.kubernetes.stats.requests('watch', 'applications') > asked),
        pause(180_000, 180_000),
      ]);
    }
  },
};

export const watch410: Scenario = {
  name: 'watch-410',
  about: 'the API server forgets its history while the watches are broken, sometimes with Herald killed',
  async run(context) {
    const { world, goesOn, pause, fault, cured, kill, start, random } = context;
    const { faults } = world.kubernetes;
    while (goesOn()) {
      await pause(2_000, 6_000);
      fault('the watches break and the history is gone');
      const forgotten = beforeForgetting(context);
      await world.proxies.api.set('refuse');
      const isKilled = random() < 0.25;
      if (isKilled) await kill();
      await pause(100, 2_000);
      faults.expireHistory();
      await world.proxies.api.set('pass');
      if (isKilled) await start(0, { wait: false });
      cured('the API server is back');
      await forgotten();
    }
  },
};

export const watchGarbage: Scenario = {
  name: 'watch-garbage',
  about: 'frames of the watch that are malformed or cut, answers that end in the middle or are no JSON',
  async run({ world, goesOn, pause, fault, cured, random }) {
    const { faults } = world.kubernetes;
    while (goesOn()) {
      await pause(500, 3_000);
      const dice = random();
      if (dice < 0.35) {
        fault('the next frame is malformed');
        faults.watches.spoil('malformed', 'applications');
      } else if (dice < 0.7) {
        fault('the next frame is cut');
        faults.watches.spoil('truncated', 'applications');
      } else if (dice < 0.85) {
        fault('answers are no JSON');
        faults.garble({ times: 2 });
        faults.watches.drop();
      } else {
        fault('answers end in the middle');
        await world.proxies.api.set('truncate');
        world.proxies.api.cut();
        await pause(1_000, 4_000);
        await world.proxies.api.set('pass');
      }
      cured('answers are whole again');
    }
    faults.clear();
  },
};
