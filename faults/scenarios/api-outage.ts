import { setTimeout as delay } from 'node:timers/promises';
import { beforeForgetting } from '../forgotten.ts';
import { between, pick } from '../random.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';

export const apiOutage: Scenario = {
  name: 'api-outage',
  about:
    'the API server restarts (refused connections, then 403 and 429 while its caches fill, 410 for every revision, sometimes another token), or is away for 3 to 20 s: refuses, is silent, resets, is slow',
  async run(context) {
    const { world, goesOn, pause, fault, cured, random } = context;
    const { api } = world.proxies;
    while (goesOn()) {
      await pause(1_000, 5_000);
      const how = pick(random, ['restart', 'restart', 'refuse', 'stall', 'cut', 'slow'] as const);
      if (how === 'restart') {
        await restart(context);
        continue;
      }
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

async function restart(context: ScenarioContext): Promise<void> {
  const { world, fault, cured, random } = context;
  const seconds = pick(random, [1, 1, 2, 5, 15, 30] as const);
  const isRotated = random() < 0.3;
  fault(`the API server restarts: ${seconds} s${isRotated ? ', and tokens are rotated' : ''}`);
  const forgotten = beforeForgetting(context);
  await world.kubernetes.shutDown();
  await delay(seconds * 1_000);
  const rolesMs = between(random, 0, 500);
  const token = `token-${Math.floor(random() * 1e9)}`;
  if (isRotated) world.kubernetes.setToken(token);
  await world.kubernetes.startAgain({ rolesMs, storageMs: rolesMs + between(random, 0, 1_500) });
  if (isRotated) {
    // The kubelet writes the new one when it comes to it.
    await delay(between(random, 0, 3_000));
    world.writeApiToken(token);
  }
  cured('the API server is back');
  await forgotten();
}
