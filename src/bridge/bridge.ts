/**
 * The bridge: everything that `herald run` does but its flags, signals and HTTP server. Of this folder, this is the file
 * to read first; the others are its parts. It may import all but `cli/`.
 */
import { once } from 'node:events';
import { createEventRecorder } from '../cluster/events.ts';
import { createMirror } from '../leader/mirror.ts';
import { type LeadingTerm, notedProgress } from '../leader/term.ts';
import type { HealthChecks } from '../server/health.ts';
import { claimStore } from '../store/owner.ts';
import { scopedState } from '../store/service-state.ts';
import { createConfiguring } from './configuring.ts';
import { createHealth } from './health.ts';
import { createLeading } from './leading.ts';
import { createOpening, type Opened, openedStore } from './opening.ts';
import { attemptTimeout, type BridgeDeps, type BridgeOptions, limits, maxAge } from './options.ts';
import { createReplica, type Replica } from './replica.ts';
import type { ShutdownStep } from './shutdown.ts';
import { createTermFactory } from './term-factory.ts';
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
  const { signal, clock, log } = deps;
  const controllerNamespace = options.scope.namespace;
  const places = limits.deliveries * options.processors;
  const opening = createOpening();
  const events = createEventRecorder(deps);
  const term = () => leading.term();
  const reevaluate: LeadingTerm['observer']['reevaluate'] = async (which) =>
    term()?.observer.reevaluate(which);
  const shared = { ...deps, opening, record: events.record, term, reevaluate };

  const configuring = createConfiguring(shared, options);
  const { configurations, repo, argocd } = configuring;
  const watching = createWatching({ ...shared, ...configuring }, options);
  const mirror =
    options.notifiedAnnotation === 'write'
      ? createMirror({ ...shared, configurations, controllerNamespace, load: opening.load })
      : undefined;
  const createTerm = createTermFactory({ ...shared, ...configuring, watching, mirror }, options);
  const leading = createLeading({
    createTerm,
    notedProgress: ({ ledger }) => notedProgress(ledger),
    signal,
    clock,
    log,
  });
  const watches = () => [...watching.states(), ...(term()?.watches() ?? [])];
  const parts = {
    ...shared,
    configurations,
    repo: repo.lookup,
    project: watching.project,
    leading,
    mirror,
    watches,
  };
  let working: (Opened & Replica) | undefined;

  return {
    health: createHealth({
      watches,
      working: () => working,
      term,
      isInMemory: options.isInMemory,
      now: clock.now,
    }),
    async start() {
      watching.start();
      const configured = watching.ready();
      const waiting = deps.openStore(signal);
      void leading.meanwhile(waiting, configured);
      const store = await waiting;
      if (!store) return;
      const opened = openedStore(store, { log, clock, places });
      opening.resolve(opened);
      working = {
        ...opened,
        ...createReplica({ ...parts, opened }, { controllerNamespace, places, maxAge, attemptTimeout }),
      };
      await Promise.race([configured, aborted(signal)]);
      if (signal.aborted) return;
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
      ['services', configurations.close],
      ['argocd', argocd.close],
      ['store', (left) => working?.store.close(left)],
    ],
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
