import type { RepoServerOptions } from '../argocd/repo-server-tls.ts';
import type { Clock } from '../clock.ts';
import type { Connection } from '../cluster/connect.ts';
import type { WatchScope } from '../cluster/scope.ts';
import type { Asked } from '../configurations/argocd.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { createService, ServiceDeps } from '../services/registry.ts';
import type { Store } from '../store/store.ts';

/** What a bridge is given. */
export interface BridgeDeps {
  connection: Connection;
  /** Waits for the store, however long it takes to open; undefined: the signal came first. */
  openStore(signal: AbortSignal): Promise<Store | undefined>;
  createService(
    source: Parameters<typeof createService>[0],
    deps: Pick<ServiceDeps, 'state' | 'certificatesOf'>,
  ): ReturnType<typeof createService>;
  /** Its end begins. */
  signal: AbortSignal;
  clock: Clock;
  metrics: Metrics;
  log: Logger;
}

export interface BridgeOptions extends Pick<Asked, 'repoServer'> {
  /** The controller's namespace is the first of it. */
  scope: WatchScope;
  /** Label selector, '' for all. */
  appLabelSelector: string;
  configMapName: string;
  secretName: string;
  selfService: boolean;
  /** As `createAddressPolicy` takes them. */
  tenantServiceAddresses: readonly string[];
  /** Whom repo functions ask where the ConfigMap says nobody; absent: nobody. */
  repoServer?: RepoServerOptions | undefined;
  notifiedAnnotation: 'read' | 'write' | 'ignore';
  /** As argocd-notifications counts its workers: 150 deliveries at the same time for each. */
  processors: number;
  /** What the store holds is gone with the process. */
  isInMemory: boolean;
}

/** Milliseconds. */
const second = 1_000;

/** Milliseconds. A delivery that cannot be sent for so long is given up. */
export const maxAge = 24 * 3600 * second;

/**
 * Milliseconds for one attempt to send: above that of a service's call, with two seconds for what has left to arrive.
 * What a killed process was about is taken up again after it.
 */
export const attemptTimeout = 11 * second;

/**
 * At the same time, Applications that are written to the ledger. In memory while the store does not answer: changes,
 * each of which holds a state.
 */
export const limits = { writes: 32, backlog: 20_000 };

/** Deliveries at the same time, in all; many, since they mostly wait for answers. A service alone may have a third. */
export function placesOf({ processors }: Pick<BridgeOptions, 'processors'>): number {
  return 450 * processors;
}
