import { setTimeout as delay } from 'node:timers/promises';
import type { Process } from './processes.ts';
import { between, pick, type Random } from './random.ts';
import type { Workload } from './workload.ts';
import type { StoreName, World } from './world.ts';

/** One way in which the world fails, again and again until the time is over. */
export interface Scenario {
  name: string;
  /** What happens, for the table. */
  what: string;
  stores: readonly StoreName[];
  /** Of each process. @defaultValue one, `herald` */
  hosts?: readonly string[];
  /** Whether Applications are deleted and made again meanwhile. @defaultValue true */
  deletes?: boolean;
  slack?: NonNullable<Parameters<typeof import('./world.ts').createWorld>[0]['slack']>;
  /** A module that each process loads first. */
  preload?: string;
  /** Messages may come twice: nobody can tell. */
  mayDouble?: boolean;
  /** The store cannot be reached at first. */
  withoutStore?: boolean;
  /** One fault, to its end. The world is whole before and after. */
  fault(context: FaultContext): Promise<void>;
}

export interface FaultContext {
  world: World;
  workload: Workload;
  random: Random;
  /** Milliseconds, evenly between the two. */
  pause(least: number, most: number): Promise<void>;
  /** One of the processes. */
  any(): Process;
  /** SIGKILL. */
  kill(process: Process): Promise<void>;
  /** What caused the trouble is over: from now on recovery is timed. */
  over(): void;
}

export const allStores: readonly StoreName[] = ['pglite', 'redis', 'postgres'];
export const servers: readonly StoreName[] = ['redis', 'postgres'];
export const replicas: readonly string[] = ['herald-a', 'herald-b'];

export interface Counted {
  faults: number;
  kills: number;
  /** Milliseconds from the end of each cause until what was due then has been told. */
  recoveries: number[];
  unrecovered: number;
}

/** Milliseconds after which a recovery is given up. */
const patience = 120_000;

export function createContext(
  world: World,
  workload: Workload,
  random: Random,
  signal: AbortSignal,
): { context: FaultContext; counted: Counted; recovered(): Promise<void> } {
  const counted: Counted = { faults: 0, kills: 0, recoveries: [], unrecovered: 0 };
  const recoveries: Promise<void>[] = [];
  const context: FaultContext = {
    world,
    workload,
    random,
    pause: (least, most) => delay(between(random, least, most), undefined, { signal }).catch(() => undefined),
    any: () => pick(random, world.processes),
    async kill(process) {
      counted.kills += 1;
      await process.end('SIGKILL');
    },
    over() {
      counted.faults += 1;
      const began = performance.now();
      recoveries.push(
        world.tally.complete(patience).then((isComplete) => {
          if (isComplete) counted.recoveries.push(performance.now() - began);
          else counted.unrecovered += 1;
        }),
      );
    },
  };
  return { context, counted, recovered: async () => void (await Promise.all(recoveries)) };
}
