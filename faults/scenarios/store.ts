import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario, ScenarioContext } from '../scenario.ts';

const servers = ['redis', 'postgres'] as const;

function serverOf({ world }: ScenarioContext) {
  const { server } = world.store;
  if (!server) throw new Error('The store is no server of ours');
  return server;
}

export const storeRestart: Scenario = {
  name: 'store-restart',
  about: "the store's server ends, by SIGKILL or politely, and is back after up to 3 s",
  stores: servers,
  async run(context) {
    const { goesOn, pause, fault, cured, random } = context;
    const server = serverOf(context);
    while (goesOn()) {
      await pause(1_000, 6_000);
      const how = random() < 0.7 ? 'crash' : 'politely';
      fault(`the store ends: ${how}`);
      await server.kill(how);
      await pause(0, 3_000);
      await server.start();
      cured('the store is back');
    }
  },
};

export const storeOutage: Scenario = {
  name: 'store-outage',
  about: 'the store is away for 30 s: killed, or silent behind open connections',
  stores: servers,
  async run(context) {
    const { goesOn, pause, fault, cured, duration, random, world } = context;
    const server = serverOf(context);
    const away = Math.min(30_000, duration / 2);
    while (goesOn()) {
      await pause(1_000, 5_000);
      if (random() < 0.5) {
        fault('the store is killed');
        await server.kill('crash');
        await delay(away);
        await server.start();
      } else {
        fault('the store is silent');
        for (const proxy of world.proxies.stores) await proxy.set('stall');
        await delay(away);
        for (const proxy of world.proxies.stores) await proxy.set('pass');
      }
      cured('the store is back');
      await pause(15_000, 25_000);
    }
  },
};

export const storeAwayAtStart: Scenario = {
  name: 'store-away-at-start',
  about: 'Herald starts while the store is away, which comes 3 to 15 s later',
  stores: servers,
  async run(context) {
    const { goesOn, pause, fault, cured, kill, start, world } = context;
    const server = serverOf(context);
    while (goesOn()) {
      await pause(1_000, 4_000);
      await kill();
      fault('the store is killed');
      await server.kill('crash');
      await start(0, { wait: false });
      await pause(3_000, 15_000);
      await server.start();
      cured('the store is back');
      await world.processes[0]?.ready();
    }
  },
};

/** Changes that the API server remembers: at 25 a second, those of 75 s, as its watch cache does. */
const remembered = 1_875;
/** Milliseconds that each piece takes to the store, and again back: some changes are under way at any moment. */
const slow = 40;

export const storeStarved: Scenario = {
  name: 'store-starved',
  about:
    'the store is slow, changes never pause, the API server remembers those of the last 75 s, and Herald is killed with SIGKILL every few seconds',
  stores: servers,
  rate: 25,
  async run({ goesOn, pause, kill, start, world }) {
    const { cluster } = world.kubernetes;
    for (const proxy of world.proxies.stores) proxy.setLatency(slow);
    const forgetting = setInterval(() => {
      const through = Number(cluster.revision()) - remembered;
      if (through > 0) cluster.compact(`${through}`);
    }, 1_000);
    while (goesOn()) {
      await pause(3_000, 8_000);
      await kill();
      await start();
    }
    clearInterval(forgetting);
    for (const proxy of world.proxies.stores) proxy.setLatency(0);
  },
};
