import type { SlackSimulatorOptions } from '../simulator/slack.ts';
import type { Random } from './random.ts';
import type { StoreName } from './store-server.ts';
import type { World } from './world.ts';

/** What goes on in the cluster while things go wrong around Herald. */
export interface Story {
  /** Makes the Applications. */
  prepare(): void;
  /** Goes on until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** What has to be told before the end: each resolves when the next can be waited for. */
  endings?: readonly (() => void | Promise<void>)[];
  /** The API server has forgotten what happened since then. */
  forgive?(since: number): void;
}

/** What goes wrong, again and again, while changes go on. */
export interface Scenario {
  name: string;
  /** What it does, for the report. */
  about: string;
  /** Alerts with an end, in place of changes that are told once; so long Herald takes to recover, milliseconds. */
  alerts?: { recovery: number };
  /** @defaultValue all */
  stores?: readonly StoreName[];
  /** Of the processes. @defaultValue one, `herald` */
  hosts?: readonly string[];
  slack?: Partial<SlackSimulatorOptions>;
  env?: Record<string, string>;
  /** Doubles are counted and allowed: nobody can know better. */
  allowsDoubles?: boolean;
  /** What was parked and is tried again comes last of its lane: order is counted and not required. */
  allowsDisorder?: boolean;
  /** Processes may end by themselves and are started again, as a kubelet would. */
  allowsExits?: boolean;
  /** Milliseconds without any message after which nothing more is waited for. @defaultValue 90 s */
  patience?: number;
  /** Of the time of all rows together, so many times as much as others. @defaultValue 1 */
  share?: number;
  /** Changes a second, in place of what was asked for. */
  rate?: number;
  /** A place for the embedded store; a text says why there is none here. */
  volume?(): Volume | string;
  /** Returns when the time is over and all is well around Herald again, and started what is to run. */
  run(context: ScenarioContext): Promise<void>;
}

export interface Volume {
  directory: string;
  /** Leaves no byte free. */
  fill(): void;
  free(): void;
  remove(): void;
}

export interface ScenarioContext {
  world: World;
  story: Story;
  random: Random;
  store: StoreName;
  volume: Volume | undefined;
  /** The whole time for faults, milliseconds. */
  duration: number;
  /** Whether there is time for another fault. */
  goesOn(): boolean;
  /** A random time of so many milliseconds; ends when the time for faults is over. */
  pause(least: number, most: number): Promise<void>;
  /** Counts a fault and notes it for the timeline. */
  fault(what: string): void;
  /** Kills the process with SIGKILL, at once, and counts that. Resolves when it is gone. */
  kill(index?: number): Promise<void>;
  /** Starts the process, which cures, and waits until it is ready; without `wait` it does neither. */
  start(index?: number, options?: { wait?: boolean }): Promise<void>;
  /** SIGTERM, and the exit code has to be 0. */
  stop(index?: number): Promise<void>;
  /** What was wrong has ended: recovery is measured from here on. */
  cured(what: string): void;
}
