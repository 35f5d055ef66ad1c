/**
 * The bridge: everything that `herald run` does but its flags, signals and HTTP server. Of this folder, this is the file
 * to read first; the others are the parts that have a state of their own. It may import all but `cli/`.
 */

import { once } from 'node:events';
import type { Clock } from '../clock.ts';
import type { Connection } from '../cluster/connect.ts';
import { createEventRecorder } from '../cluster/events.ts';
import type { WatchScope } from '../cluster/scope.ts';
import { createConfigWatch } from '../cluster/watch-config.ts';
import { createProjectWatch } from '../cluster/watch-projects.ts';
import { type Asked, createArgocdOf } from '../configurations/argocd.ts';
import { createConfigurationMemory } from '../configurations/configuration-memory.ts';
import { createConfigurations } from '../configurations/configurations.ts';
import { createRepo } from '../configurations/repo.ts';
import { createBullmqQueue } from '../delivery/bullmq-queue.ts';
import { createMirror } from '../leader/mirror.ts';
import { createSubscriptionReporter } from '../leader/subscription-problems.ts';
import { createTerm, type LeadingTerm, notedProgress } from '../leader/term.ts';
import { createLedger } from '../ledger/store-ledger.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { createHostCertificates } from '../net/host-certificates.ts';
import type { HealthChecks } from '../server/health.ts';
import type { createService, ServiceDeps } from '../services/registry.ts';
import { claimStore } from '../store/owner.ts';
import { createServiceState, scopedState } from '../store/service-state.ts';
import type { Store } from '../store/store.ts';
import { createHealth } from './health.ts';
import { createLeading } from './leading.ts';
import { createOpening, type Opened } from './opening.ts';
import { createParse } from './parse.ts';
import { createReplica, type Replica } from './replica.ts';
import { createRevival } from './revival.ts';
import type { ShutdownStep } from './shutdown.ts';

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

interface Deps {
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
  notifiedAnnotation: 'read' | 'write' | 'ignore';
  /** As argocd-notifications counts its workers: 150 deliveries at the same time for each. */
  processors: number;
  /** What the store holds is gone with the process. */
  isInMemory: boolean;
}

/** Milliseconds. */
const second = 1_000;
const day = 24 * 3600 * second;
/** A delivery that cannot be sent for so long is given up. */
const maxAge = day;
/**
 * For one attempt to send: above that of a service's call, with two seconds for what has left to arrive. What a killed
 * process was about is taken up again after it.
 */
const attemptTimeout = 11 * second;
/**
 * At the same time: deliveries for each of `processors`, since they mostly wait for answers, and Applications that are
 * written to the ledger. In memory while the store does not answer: changes, each of which holds a state.
 */
const limits = { deliveries: 150, writes: 32, backlog: 20_000 };

export function createBridge(deps: Deps, options: BridgeOptions): Bridge {
  const { connection, signal, clock, metrics, log } = deps;
  const { scope, selfService } = options;
  const { namespace } = scope;
  const { now } = clock;
  const places = limits.deliveries * options.processors;

  // The configuration, with its services.
  const opening = createOpening();
  const events = createEventRecorder({ connection, log, clock });
  const certificatesOf = createHostCertificates({
    onProblem: (problem) => log.warn(problem, 'Certificates in argocd-tls-certs-cm are no good'),
  });
  const configurations = createConfigurations(
    {
      parse: createParse(options),
      createService: (source, configNamespace) =>
        deps.createService(source, { state: scopedState(opening.state, configNamespace), certificatesOf }),
      record: events.record,
      metrics,
      log,
      clock,
    },
    { controllerNamespace: namespace, selfService },
  );
  const argocd = createArgocdOf({ connection, metrics, log, now }, { ...options, namespace, certificatesOf });
  const reevaluate: LeadingTerm['observer']['reevaluate'] = async (which) =>
    leading.term()?.observer.reevaluate(which);
  const repo = createRepo(
    { argocd, configurations, clock, reevaluate: (uids) => void reevaluate(({ uid }) => uids.has(uid)) },
    namespace,
  );
  const revive = createRevival(
    {
      opened: opening.opened,
      memory: createConfigurationMemory(scopedState(opening.state, 'configuration')),
      signal,
      clock,
      log,
    },
    { maxAge, attempts: 2 * attemptTimeout },
  );

  // What every replica watches.
  const projects = createProjectWatch(
    { connection, log, clock },
    {
      namespace,
      handlers: {
        upsert(changed) {
          leading.term()?.subscriptions.check('AppProject', changed);
          void reevaluate(({ project }) => project === changed.name);
        },
        delete(last) {
          leading.term()?.subscriptions.forget(last.uid);
          void reevaluate(({ project }) => project === last.name);
        },
      },
    },
  );
  const project = (application: { project: string }) => projects.get(namespace, application.project)?.object;
  const config = createConfigWatch(
    { connection, log, clock },
    {
      ...options,
      async changed(snapshot) {
        const change = await configurations.updateInTurns(snapshot);
        if (!change) return;
        const isOurs = snapshot.namespace === namespace;
        void reevaluate((application) => isOurs || application.namespace === snapshot.namespace);
        void leading.term()?.subscriptions.recheck();
        void revive(snapshot, change);
      },
    },
  );

  // What the one that leads does.
  const mirror =
    options.notifiedAnnotation === 'write'
      ? createMirror({
          connection,
          configurations,
          controllerNamespace: namespace,
          load: opening.load,
          log,
          clock,
        })
      : undefined;
  const leading = createLeading({
    createTerm(store, from) {
      const subscriptions = createSubscriptionReporter({
        configurations,
        record: events.record,
        metrics,
        log,
        clock,
      });
      for (const each of projects.values()) subscriptions.check('AppProject', each);
      return createTerm(
        {
          connection,
          store,
          configurations,
          project,
          repo: repo.evaluation,
          ...(mirror ? { mirror } : {}),
          lookInto: config.lookInto,
          subscriptions,
          metrics,
          log,
          clock,
        },
        {
          from,
          scope,
          labelSelector: options.appLabelSelector,
          controllerNamespace: namespace,
          imports: options.notifiedAnnotation !== 'ignore',
          writes: limits.writes,
          backlogLimit: limits.backlog,
        },
      );
    },
    notedProgress: ({ ledger }) => notedProgress(ledger),
    signal,
    clock,
    log,
  });
  const watches = () => [projects.state(), ...config.states(), ...(leading.term()?.watches() ?? [])];

  // What every replica does with the store, once that is open.
  let working: (Opened & Replica) | undefined;
  function work(store: Store): Opened & Replica {
    const opened: Opened = {
      store,
      ledger: createLedger(store),
      queue: createBullmqQueue(store, { log, concurrency: places, clock }),
      state: createServiceState(store),
    };
    opening.resolve(opened);
    const replica = createReplica(
      {
        opened,
        configurations,
        repo: repo.lookup,
        project,
        leading,
        mirror,
        record: events.record,
        watches,
        signal,
        clock,
        metrics,
        log,
      },
      { controllerNamespace: namespace, places, maxAge, attemptTimeout },
    );
    return { ...opened, ...replica };
  }

  return {
    health: createHealth({
      watches,
      working: () => working,
      term: leading.term,
      isInMemory: options.isInMemory,
      now,
    }),
    async start() {
      config.start();
      projects.start();
      const configured = Promise.all([config.ready().then(configurations.settled), projects.ready()]);
      const waiting = deps.openStore(signal);
      void leading.meanwhile(waiting, configured);
      const store = await waiting;
      if (!store) return;
      working = work(store);
      await Promise.race([configured, aborted(signal)]);
      if (signal.aborted) return;
      // Every Argo CD has this project, for as long as it lives.
      const owner = projects.get(namespace, 'default')?.uid;
      if (owner !== undefined) await claimStore(scopedState(working.state, 'store'), store, owner);
      working.start();
    },
    ending: () => [
      // First, so that another process can lead while this one still sends what is under way.
      ['standing', (left) => working?.standing.stop(left * 0.5)],
      ['provisional', leading.discard],
      ['watches', () => Promise.all([projects, config].map((watch) => watch.stop()))],
      ['queue', (left) => working?.queue.close(left * 0.8)],
      ['mirror', (left) => mirror?.stop(left * 0.5)],
      ['events', (left) => events.stop(Math.min(left * 0.5, 2 * second))],
      ['services', configurations.close],
      ['argocd', argocd.close],
      ['store', (left) => working?.store.close(left)],
    ],
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
