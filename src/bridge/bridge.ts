/**
 * The bridge: everything that `herald run` does but its flags, signals and HTTP server. Of this folder, this is the file
 * to read first; the others are its parts. It may import all but `cli/`.
 */
import { once } from 'node:events';
import { createEventRecorder } from '../cluster/events.ts';
import type { LeadingTerm } from '../leader/term.ts';
import type { HealthChecks } from '../server/health.ts';
import { claimStore } from '../store/owner.ts';
import { scopedState } from '../store/service-state.ts';
import { createConfiguring } from './configuring.ts';
import { createHealth } from './health.ts';
import { createLeadership } from './leadership.ts';
import { createOpening, type Opened, openedStore } from './opening.ts';
import type { BridgeDeps, BridgeOptions } from './options.ts';
import { createReplica, type Replica } from './replica.ts';
import type { ShutdownStep } from './shutdown.ts';
import { createWatching } from './watching.ts';

export interface Bridge {
  health: { healthz: HealthChecks; readyz: HealthChecks };
  /**
   * Resolves when it watches, and sends what is to be sent, or when the signal came first. Rejects with a StoreError or
   * a ClusterError that waiting does not mend.
   */
  start(): Promise<void>;
  /** Its parts in the order in which they are to end, once the signal has come. */
  ending(): ShutdownStep[];
}

export function createBridge(deps: BridgeDeps, options: BridgeOptions): Bridge {
  const opening = createOpening();
  const events = createEventRecorder(deps);
  const term = (): LeadingTerm | undefined => leading.term();
  const reevaluate: LeadingTerm['observer']['reevaluate'] = async (which) =>
    term()?.observer.reevaluate(which);
  const shared = { ...deps, opening, record: events.record, term, reevaluate };

  const configuring = createConfiguring(shared, options);
  const watching = createWatching({ ...shared, ...configuring }, options);
  const { leading, mirror } = createLeadership({ ...shared, ...configuring, watching }, options);
  const watches = () => [...watching.states(), ...(term()?.watches() ?? [])];
  let working: (Opened & Replica) | undefined;

  return {
    health: createHealth({ ...shared, watches, working: () => working }, options),
    async start() {
      watching.start();
      const configured = watching.ready();
      const waiting = deps.openStore(deps.signal);
      void leading.meanwhile(waiting, configured);
      const store = await waiting;
      if (!store) return;
      const opened = openedStore(store, deps, options);
      opening.resolve(opened);
      const replica = createReplica(
        { ...shared, ...configuring, watching, leading, mirror, watches, opened },
        options,
      );
      working = { ...opened, ...replica };
      await Promise.race([configured, aborted(deps.signal)]);
      if (deps.signal.aborted) return;
      const owner = watching.defaultProjectUid();
      if (owner !== undefined) await claimStore(scopedState(opened.state, 'store'), store, owner);
      working.start();
    },
    ending: () => [
      // First, so that another process can lead while this one still sends what is under way.
      ['standing', (left) => working?.standing.stop(left * 0.5)],
      ['provisional', leading.discard],
      ['watches', watching.stop],
      ['queue', (left) => working?.queue.close(left * 0.8)],
      ['mirror', (left) => mirror?.stop(left * 0.5)],
      ['events', (left) => events.stop(Math.min(left * 0.5, 2_000))],
      ['services', configuring.configurations.close],
      ['argocd', configuring.argocd.close],
      ['store', (left) => working?.store.close(left)],
    ],
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
