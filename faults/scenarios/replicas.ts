import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { between, pick } from '../random.ts';
import type { Scenario } from '../scenario.ts';

const servers = ['redis', 'postgres'] as const;
const hosts = ['herald-a', 'herald-b'];

export const replicasKill: Scenario = {
  name: 'replicas-kill',
  share: 4,
  about: 'two replicas; SIGKILL to either at random moments, and a new process at once',
  stores: servers,
  hosts,
  async run({ goesOn, pause, kill, start, random }) {
    while (goesOn()) {
      await pause(500, 4_000);
      const index = pick(random, [0, 1]);
      await kill(index);
      await start(index);
    }
  },
};

export const replicasRolling: Scenario = {
  name: 'replicas-rolling',
  about: 'two replicas that are restarted one after the other, again and again, as by a rolling update',
  stores: servers,
  hosts,
  async run({ goesOn, pause, stop, start, fault }) {
    while (goesOn()) {
      for (const index of [0, 1]) {
        fault('rolling restart');
        await stop(index);
        await start(index);
      }
      await pause(500, 3_000);
    }
  },
};

export const replicasPartition: Scenario = {
  name: 'replicas-partition',
  about:
    'two replicas; one hears nothing of the store for 20 s, or is stopped (SIGSTOP) for 15 s, and goes on then',
  stores: servers,
  hosts,
  async run({ world, goesOn, pause, fault, cured, random, duration }) {
    while (goesOn()) {
      await pause(1_000, 5_000);
      const index = pick(random, [0, 1]);
      const host = hosts[index];
      if (random() < 0.5) {
        fault(`${host} does not hear the store`);
        await world.proxies.stores[index]?.set('stall');
        await delay(Math.min(20_000, duration / 2));
        await world.proxies.stores[index]?.set('pass');
        cured(`${host} hears the store`);
      } else {
        fault(`${host} is stopped`);
        world.processes[index]?.signal('SIGSTOP');
        await delay(Math.min(15_000, duration / 2));
        world.processes[index]?.signal('SIGCONT');
        cured(`${host} goes on`);
      }
      await pause(5_000, 10_000);
    }
  },
};

/** Milliseconds: about as long as the mark of an attempt lasts, and what has left may take. */
const paused = { least: 9_000, most: 13_000 };
/** Milliseconds in which a replica has to send something. */
const mostWaiting = 10_000;

export const pausedReplica: Scenario = {
  name: 'paused-replica',
  about:
    'two replicas; one is stopped (SIGSTOP) between the mark of an attempt and its request, until about when the other has taken over',
  stores: servers,
  hosts,
  env: { NODE_OPTIONS: `--import ${new URL('../stop-itself.ts', import.meta.url).href}` },
  async run({ world, goesOn, pause, fault, cured, random }) {
    while (goesOn()) {
      await pause(500, 2_500);
      const index = pick(random, [0, 1]);
      const [host, replica] = [hosts[index], world.processes[index]];
      replica?.signal('SIGUSR2');
      const end = performance.now() + mostWaiting;
      while (!isStopped(replica?.pid()) && performance.now() < end) await delay(10);
      if (!isStopped(replica?.pid())) continue;
      fault(`${host} is stopped right before it sends`);
      await delay(between(random, paused.least, paused.most));
      replica?.signal('SIGCONT');
      cured(`${host} goes on`);
    }
    // One that has nothing more to send is armed still, and must not stop when nobody wakes it.
    for (const replica of world.processes) {
      for (let end = performance.now() + mostWaiting; performance.now() < end; await delay(10)) {
        if (isStopped(replica.pid())) replica.signal('SIGCONT');
      }
    }
  },
};

/** As Linux tells of its processes. */
function isStopped(pid: number | undefined): boolean {
  if (pid === undefined || !existsSync(`/proc/${pid}`)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

export const twoByMistake: Scenario = {
  name: 'two-by-mistake',
  about: 'two processes with the same host name on one store; SIGKILL to either now and then',
  stores: servers,
  hosts: ['herald', 'herald'],
  async run({ goesOn, pause, kill, start, random }) {
    while (goesOn()) {
      await pause(3_000, 10_000);
      const index = pick(random, [0, 1]);
      await kill(index);
      await start(index);
    }
  },
};
