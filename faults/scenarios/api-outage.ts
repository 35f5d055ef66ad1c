import { setTimeout as delay } from 'node:timers/promises';
import { between, pick } from '../random.ts';
import type { Scenario } from '../scenario.ts';

export const apiOutage: Scenario = {
  name: 'api-outage',
  about: 'the API server is away for 3 to 20 s: refuses connections, is silent, resets them, or is slow',
  async run({ world, goesOn, pause, fault, cured, random }) {
    const { api } = world.proxies;
    while (goesOn()) {
      await pause(1_000, 5_000);
      const how = pick(random, ['refuse', 'stall', 'cut', 'slow'] as const);
      fault(`the API server: ${how}`);
      if (how === 'cut') {
        api.cut();
      } else if (how === 'slow') {
        api.setLatency(between(random, 200, 2_000));
        await delay(between(random, 3_000, 10_000));
        api.setLatency(0);
      } else {
        await api.set(how);
        await delay(between(random, 3_000, 20_000));
        await api.set('pass');
      }
      cured('the API server is back');
    }
  },
};
