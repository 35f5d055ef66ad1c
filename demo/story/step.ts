import type { SimulatedCluster } from '../../simulator/kubernetes/cluster.ts';

/** A message that must arrive: in the channel, once, with this in its text or attachments. */
export interface Expected {
  channel: string;
  contains: string;
  /** It edits one that is there: nobody is pinged. */
  isEdit?: true;
}

/** What a step may do to Herald. */
export interface Bridge {
  kill(): Promise<void>;
  start(): Promise<void>;
  /** As `herald alerts ack` does. */
  acknowledge(application: string, by: string, comment: string): Promise<void>;
}

/** Somebody pushes; answers the revision, of which the repo-server knows the author. */
export type Commit = (author: string, message: string) => string;

/** One change, as an operator would tell it, and what it must cause. */
export interface Step {
  tells: string;
  change(cluster: SimulatedCluster, bridge: Bridge): void | Promise<void>;
  /** Empty: nobody is told. */
  expects: Expected[];
  /** The next one follows at once. */
  isBrief?: true;
  /** Until Herald's alerts are so: `name state` each; what a step that tells nobody is over with. */
  shows?: string[];
}

export const inAlerts = (contains: string): Expected => ({ channel: 'alerts', contains });
export const inDeploys = (contains: string): Expected => ({ channel: 'deploys', contains });
export const inPlatform = (contains: string): Expected => ({ channel: 'platform', contains });
export const edited = (expected: Expected): Expected => ({ ...expected, isEdit: true });
