import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import packageJson from '../package.json' with { type: 'json' };
import { createArgocd } from './argocd/argocd.ts';
import { createFigures } from './bridge/figures.ts';
import { type ShutdownStep, shutDown } from './bridge/shutdown.ts';
import { failingWatches, missingLists, missingRights, stuckWatches, verdict } from './bridge/watch-health.ts';
import { connectOptions } from './cli/connect-options.ts';
import { isInMemory } from './cli/queue-flag.ts';
import type { RunOptions } from './cli/run-flags.ts';
import { systemClock } from './clock.ts';
import { ClusterError } from './cluster/cluster-error.ts';
import { connect } from './cluster/connect.ts';
import { createEventRecorder } from './cluster/events.ts';
import { createWatchScope } from './cluster/scope.ts';
import { type ConfigSnapshot, createConfigWatch } from './cluster/watch-config.ts';
import { createProjectWatch } from './cluster/watch-projects.ts';
import { type Config, type ConfigInput, parseInTurns } from './config/parse-config.ts';
import { createConfigurationMemory } from './configurations/configuration-memory.ts';
import { type ConfigChange, createConfigurations } from './configurations/configurations.ts';
import { createRepo } from './configurations/repo.ts';
import { createBullmqQueue } from './delivery/bullmq-queue.ts';
import { createClockSteps } from './delivery/clock-steps.ts';
import { createDeliver } from './delivery/deliver.ts';
import { createFairness } from './delivery/fairness.ts';
import { createPacing } from './delivery/pacing.ts';
import { reportParked } from './delivery/parked.ts';
import type { DeliveryQueue } from './delivery/queue.ts';
import { reviveParked } from './delivery/revive.ts';
import { createMirror, stillHolds } from './leader/mirror.ts';
import { createStanding } from './leader/standing.ts';
import { createSubscriptionReporter } from './leader/subscription-problems.ts';
import { createTerm, type LeadingTerm, notedProgress, type OpenedStore } from './leader/term.ts';
import type { Ledger } from './ledger/ledger.ts';
import { createLedger } from './ledger/store-ledger.ts';
import { createLog, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Delivery } from './model.ts';
import { createAddressPolicy } from './net/address-policy.ts';
import { createHostCertificates } from './net/host-certificates.ts';
import { createPeriodic } from './periodic.ts';
import type { HealthChecks } from './server/health.ts';
import { createServer } from './server/server.ts';
import { createService } from './services/registry.ts';
import { settledWithin } from './store/deadline.ts';
import { claimStore } from './store/owner.ts';
import { createServiceState, type StoredState, scopedState } from './store/service-state.ts';
import { StoreError } from './store/store.ts';
import { createMembership } from './store/store-membership.ts';
import { waitForStore } from './store/wait-for-store.ts';
import { compileTemplate } from './templates/schema.ts';
import { compileTrigger } from './triggers/schema.ts';

/** Milliseconds. */
const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;
/** A delivery that cannot be sent for so long is given up. */
const maxAge = day;
/**
 * For one attempt to send: above that of a service's call, with two seconds for what has left to arrive. What a killed
 * process was about is taken up again after it.
 */
const attemptTimeout = 11 * second;
/** A store that takes longer to open is not waited for before Applications are watched. */
const patience = 5 * second;
/** How far back a watch of the API server can begin at the least: its cache holds 75 seconds. */
const remembered = minute;
/** Changes kept in memory while the store does not answer; each holds a state of an Application. */
const backlogLimit = 20_000;
/**
 * At the same time: deliveries for each of `--processors-count`, since they mostly wait for answers, a third of them
 * through any one service (delivery/fairness.ts), and Applications that are written to the ledger.
 */
const limits = { deliveries: 150, writes: 32 };

/** `herald run`, to its end. Answers the exit code. */
export async function run(options: RunOptions, notices: readonly string[]): Promise<number> {
  const log = createLog(options.log);
  for (const notice of notices) log.warn({ notice }, 'Notice on the command line');
  try {
    await bridge(options, log);
    return 0;
  } catch (error) {
    log.fatal(
      isExpected(error) ? { error: explained(error, options.queue) } : { err: error },
      'Herald cannot run',
    );
    return 1;
  }
}

/** What a person can mend without knowing the code. */
function isExpected(error: unknown): error is Error {
  if (error instanceof StoreError || error instanceof ClusterError) return true;
  return (
    error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
  );
}

/** Where the image was swapped in argocd-notifications' manifests there is no volume, and its root cannot be written. */
function explained(error: Error, queue: string): string {
  const { message } = error;
  const isOnServer = /^(rediss?|postgres(ql)?):/.test(queue);
  if (isOnServer || !(error instanceof StoreError) || !/\b(EROFS|EACCES|EPERM)\b/.test(message))
    return message;
  return (
    `${message}, on a volume where the root file system is read-only; or use redis://, postgres://, ` +
    'or memory:, which at a restart loses what waits'
  );
}

/** The bridge, wired in one straight line, from its start to its end: longer than most functions, and so is the file. */
async function bridge(options: RunOptions, log: Logger): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abort.abort(name));
  const now = Date.now;
  const startedAt = now();

  const connection = connect({ ...connectOptions(options.kube), log });
  const namespace = options.kube.namespace || connection.namespace;
  const scope = createWatchScope(namespace, options.applicationNamespaces);
  const metrics = createMetrics({ version: packageJson.version });
  log.info({ version: packageJson.version, server: connection.server, namespace }, 'Herald starts');
  const inMemory = isInMemory(options.queue);
  metrics.setQueueIsDurable(!inMemory);
  if (inMemory)
    log.warn(
      { queue: options.queue, notifiedAnnotation: options.notifiedAnnotation },
      'The store is in memory: what is not sent yet is lost at a restart, and only the annotation on Applications ' +
        'tells then what was notified',
    );
  for (const { pattern, what } of scope.problems)
    log.warn({ pattern, what }, 'Namespace pattern matches nothing');

  const healthz: Record<string, HealthChecks[string]> = {};
  // The log says why. Every namespace may reach the port, and an error of the store names its host and user.
  const readyz: Record<string, HealthChecks[string]> = { store: () => verdict(['not open yet'], '') };
  const server = createServer(
    {
      metrics,
      version: packageJson.version,
      health: { healthz, readyz },
      onError: (error) => log.warn({ err: error }, 'Request failed'),
    },
    { port: options.metricsPort },
  );
  log.info({ port: await server.open() }, 'Serving /metrics, /healthz and /readyz');

  const events = createEventRecorder({ connection, log });
  const periodic = createPeriodic(signal, log);
  const opening = Promise.withResolvers<{ ledger: Ledger; queue: DeliveryQueue; state: StoredState }>();
  const state: StoredState = {
    get: async (key) => (await opening.promise).state.get(key),
    set: async (...values) => (await opening.promise).state.set(...values),
  };

  const certificatesOf = createHostCertificates({
    onProblem: (problem) => log.warn(problem, 'Certificates in argocd-tls-certs-cm are no good'),
  });
  const tenantAddresses = createAddressPolicy(options.tenantServiceAddresses);
  const configurations = createConfigurations(
    {
      parse: (snapshot, previous) =>
        parseInTurns(
          {
            ...configInput(snapshot, options.secretName, previous),
            ...(snapshot.namespace === namespace ? {} : { isTenant: true, addresses: tenantAddresses }),
          },
          { compileTrigger, compileTemplate },
        ),
      createService: (source, configNamespace) =>
        createService(source, {
          log,
          state: scopedState(state, configNamespace),
          stream: process.stdout,
          certificatesOf,
        }),
      record: events.record,
      metrics,
      log,
    },
    { controllerNamespace: namespace, selfService: options.selfService },
  );
  const mirror =
    options.notifiedAnnotation === 'write'
      ? createMirror({
          connection,
          configurations,
          controllerNamespace: namespace,
          load: async (uid, kinds) => (await opening.promise).ledger.load(uid, kinds),
          log,
          now,
        })
      : undefined;
  const project = (application: { project: string }) => projects.get(namespace, application.project)?.object;
  const argocd = createArgocd({ log, metrics, now }, { namespace, certificatesOf });
  const repo = createRepo(
    {
      argocd,
      configurations,
      reevaluate: (uids) => void leading?.observer.reevaluate(({ uid }) => uids.has(uid)),
    },
    namespace,
  );

  const watching = { connection, log };
  const projects = createProjectWatch(watching, {
    namespace,
    handlers: {
      upsert(changed) {
        leading?.subscriptions.check('AppProject', changed);
        void leading?.observer.reevaluate(({ project }) => project === changed.name);
      },
      delete(last) {
        leading?.subscriptions.forget(last.uid);
        void leading?.observer.reevaluate(({ project }) => project === last.name);
      },
    },
  });
  const config = createConfigWatch(watching, {
    scope,
    configMapName: options.configMapName,
    secretName: options.secretName,
    selfService: options.selfService,
    changed: async (snapshot) => {
      const change = await configurations.updateInTurns(snapshot);
      if (!change) return;
      const isOurs = snapshot.namespace === namespace;
      void leading?.observer.reevaluate(
        (application) => isOurs || application.namespace === snapshot.namespace,
      );
      void leading?.subscriptions.recheck();
      void revive(snapshot, change);
    },
  });

  const configurationMemory = createConfigurationMemory(scopedState(state, 'configuration'));
  /** Once now, and once for what another attempt was under way with. */
  async function revive(snapshot: ConfigSnapshot, change: ConfigChange): Promise<void> {
    try {
      const { ledger, queue } = await opening.promise;
      // At the start everything is new to this process; another may have tried with it before.
      if (!(await configurationMemory.isNew(snapshot))) return;
      await reviveParked({ ledger, queue, log }, change, now() - maxAge);
      await configurationMemory.remember(snapshot);
      await delay(2 * attemptTimeout, undefined, { signal, ref: false });
      await reviveParked({ ledger, queue, log }, change, now() - maxAge);
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'Could not try parked deliveries again');
    }
  }

  /** The term of this process: what it does while it leads. */
  let leading: LeadingTerm | undefined;
  const lead = (opened: Promise<OpenedStore>, from: string | undefined): LeadingTerm => {
    const subscriptions = createSubscriptionReporter({ configurations, record: events.record, metrics, log });
    for (const each of projects.values()) subscriptions.check('AppProject', each);
    return createTerm(
      {
        connection,
        store: opened,
        configurations,
        project,
        repo: repo.evaluation,
        ...(mirror ? { mirror } : {}),
        lookInto: config.lookInto,
        subscriptions,
        metrics,
        log,
        now,
      },
      {
        from,
        scope,
        labelSelector: options.appLabelSelector,
        controllerNamespace: namespace,
        imports: options.notifiedAnnotation !== 'ignore',
        writes: limits.writes,
        backlogLimit,
      },
    );
  };

  const watches = () => [projects.state(), ...config.states(), ...(leading?.watches() ?? [])];
  healthz.watch = () => verdict(stuckWatches(watches(), now()), 'alive');
  readyz.lists = () => {
    const states = watches();
    const obstacles = [...missingLists(states), ...failingWatches(states, now())];
    return verdict(obstacles, ['done', ...missingRights(states)].join('; '));
  };

  for (const watch of [config, projects]) watch.start();
  const waiting = waitForStore(options.queue, { log, signal });
  const configured = Promise.all([config.ready().then(configurations.settled), projects.ready()]);

  // While the store is away Applications are watched all the same, and what they show is kept in order.
  const late = Promise.withResolvers<OpenedStore>();
  let provisional: LeadingTerm | undefined;
  const watchMeanwhile = async () => {
    if (await settledWithin(waiting, patience)) return;
    await Promise.race([configured, waiting]);
    if (isOpen || signal.aborted) return;
    log.info('Watches Applications although the store is away');
    provisional = lead(late.promise, undefined);
    leading = provisional;
    void provisional.over.then(discardProvisional);
  };
  async function discardProvisional(): Promise<void> {
    const discarded = provisional;
    provisional = undefined;
    if (leading === discarded) leading = undefined;
    await discarded?.stop(0);
  }
  let isOpen = false;
  watchMeanwhile().catch(() => undefined);
  const store = await waiting;
  isOpen = true;
  if (!store) {
    await discardProvisional();
    await shutDown([['server', (left) => server.close(left)]], options.shutdownTimeout, log);
    return;
  }

  const ledger = createLedger(store);
  const places = limits.deliveries * options.processors;
  const queue = createBullmqQueue(store, { log, concurrency: places });
  opening.resolve({ ledger, queue, state: createServiceState(store) });
  const standing = createStanding({
    membership: createMembership(store),
    member: { id: randomUUID(), host: process.env.HOSTNAME || hostname() },
    async begin(term) {
      const progress = await notedProgress(ledger);
      // What the API server still remembers is more than what was watched since the start of this process.
      if (progress !== undefined && now() - startedAt < remembered) await discardProvisional();
      const kept = provisional;
      provisional = undefined;
      late.resolve({ ledger, queue, term });
      leading = kept ?? lead(Promise.resolve({ ledger, queue, term }), progress);
      return leading;
    },
    async standBy() {
      leading = undefined;
      await discardProvisional();
    },
    metrics,
    log,
  });
  const mirrorSent = async (delivery: Delivery) => {
    try {
      if (mirror && (await stillHolds(ledger, delivery))) mirror.sent(delivery);
    } catch (error) {
      log.warn({ err: error }, 'Could not mirror what was notified');
    }
  };
  const pacing = createPacing();
  const deliver = createDeliver(
    {
      ledger,
      queue,
      configurations,
      pacing,
      fairness: createFairness({ places, wake: queue.wake, clock: systemClock }),
      members: standing.members,
      project,
      repo: repo.lookup,
      onSent: (delivery) => void mirrorSent(delivery),
      onParked: (delivery, settlement) => reportParked(delivery, settlement, { record: events.record, log }),
      metrics,
      log,
      clock: systemClock,
    },
    { maxAge, attemptTimeout, controllerNamespace: namespace },
  );
  // The log says which: every namespace may reach the port.
  healthz.store = () =>
    verdict(
      [store.lost?.() === undefined ? undefined : 'its files are gone or damaged: restart Herald'],
      'usable',
    );
  readyz.store = async () => {
    await store.ping();
    const takesNothing = leading?.trouble() !== undefined;
    return verdict(
      [takesNothing ? 'takes no changes' : undefined],
      inMemory ? 'answers, in memory' : 'answers',
    );
  };
  readyz.role = () => {
    const isObserving = leading !== undefined && !leading.isReady();
    const obstacles = [
      standing.isKnown() ? undefined : 'not known yet',
      isObserving ? 'Applications are being observed' : undefined,
    ];
    return verdict(obstacles, standing.isLeader() ? 'leads' : 'stands by');
  };
  const wasSetBack = createClockSteps({ now, monotonic: () => performance.now() });
  let hurries = 0;
  periodic.every(second, 'clock', async () => {
    if (wasSetBack()) {
      log.warn('The clock was set back: what is put off is looked at now');
      pacing.reset();
      // Once more for what was just being put off.
      hurries = 2;
    }
    if (hurries === 0) return;
    await queue.hurry();
    hurries -= 1;
  });
  const backlog = () => leading?.backlog() ?? 0;
  periodic.every(5 * second, 'figures', createFigures({ queue, ledger, metrics, watches, backlog }));

  await Promise.race([configured, aborted(signal)]);
  if (!signal.aborted) {
    // Every Argo CD has this project, for as long as it lives.
    const owner = projects.get(namespace, 'default')?.uid;
    if (owner !== undefined) await claimStore(scopedState(state, 'store'), store, owner);
    queue.work(deliver);
    standing.start();
  }

  await aborted(signal);
  log.info({ signal: String(signal.reason) }, 'Herald stops');
  const steps: ShutdownStep[] = [
    // First, so that another process can lead while this one still sends what is under way.
    ['standing', (left) => standing.stop(left * 0.5)],
    ['provisional', () => discardProvisional()],
    ['watches', () => Promise.all([projects, config].map((watch) => watch.stop()))],
    ['queue', (left) => queue.close(left * 0.8)],
    ['mirror', (left) => mirror?.stop(left * 0.5)],
    ['events', (left) => events.stop(Math.min(left * 0.5, 2 * second))],
    ['services', () => configurations.close()],
    ['argocd', () => argocd.close()],
    ['store', (left) => store.close(left)],
    ['server', (left) => server.close(Math.min(left, second))],
    ['connection', () => connection.close()],
  ];
  await shutDown(steps, options.shutdownTimeout, log);
  log.info('Herald has stopped');
}

function configInput(
  { configMap, secret, labelledSecrets }: ConfigSnapshot,
  secretName: string,
  previous: Config | undefined,
): ConfigInput {
  const secrets = [...labelledSecrets].map(([name, data]) => [name, Object.fromEntries(data)] as const);
  return {
    configMap: configMap?.data,
    secret: Object.fromEntries(secret ?? []),
    secrets: new Map(secrets),
    secretName,
    ...(previous ? { previous } : {}),
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
