import { setTimeout as delay } from 'node:timers/promises';
import { between } from '../random.ts';
import type { Scenario } from '../scenario.ts';

export const tokenRevoked: Scenario = {
  name: 'token-revoked',
  about:
    'the token is refused (invalid_auth) for 5 to 20 s, then the Secret gets a new one; nobody retries by hand',
  allowsDisorder: true,
  async run({ world, goesOn, pause, fault, cured, random, duration }) {
    for (let token = 1; goesOn(); token += 1) {
      await pause(2_000, 6_000);
      fault('the token is revoked');
      world.slack.setToken(`xoxb-simulator-${token}`);
      await delay(between(random, 5_000, Math.min(20_000, duration / 2)));
      world.setToken(`xoxb-simulator-${token}`);
      cured('the Secret has the new token');
      // What was parked while the Secret changed is tried again after a while.
      await pause(20_000, 30_000);
    }
  },
};
