import { once } from 'node:events';
import packageJson from '../package.json' with { type: 'json' };
import { createArgocd } from './argocd/argocd.ts';
import { connectOptions } from './cli/connect-options.ts';
import type { RunOptions } from './cli/run-flags.ts';
import { isGone } from './cluster/annotate.ts';
import { ClusterError } from './cluster/cluster-error.ts';
import { connect } from './cluster/connect.ts';
import { createEventRecorder } from './cluster/events.ts';
import { createWatchScope } from './cluster/scope.ts';
import { isSyncStatusRefreshed } from './cluster/sync-status.ts';
import { createApplicationWatch } from './cluster/watch-applications.ts';
import { createApplicationSetWatch } from './cluster/watch-applicationsets.ts';
import { type ConfigSnapshot, createConfigWatch } from './cluster/watch-config.ts';
import { createProjectWatch } from './cluster/watch-projects.ts';
import { type Config, type ConfigInput, parseConfig } from './config/parse-config.ts';
import { createBullmqQueue } from './delivery/bullmq-queue.ts';
import { createPacing } from './delivery/pacing.ts';
import { endedMeanwhile, importEpisodes } from './episodes/notified-annotation.ts';
import { createLedger } from './episodes/store-ledger.ts';
import { createLog, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createConfigurations } from './pipeline/configurations.ts';
import { createDeliver } from './pipeline/deliver.ts';
import { createFigures } from './pipeline/figures.ts';
import { createLedgerWriter } from './pipeline/ledger-writer.ts';
import { createMirror } from './pipeline/mirror.ts';
import { createObserver } from './pipeline/observe.ts';
import { reportParked } from './pipeline/parked.ts';
import { createPeriodic } from './pipeline/periodic.ts';
import { observeDeletion, pruneLedger, reportDeletions, requeueIntents } from './pipeline/recover.ts';
import { createRepo } from './pipeline/repo.ts';
import { type ShutdownStep, shutDown } from './pipeline/shutdown.ts';
import { missingLists, stuckWatches, verdict } from './pipeline/watch-health.ts';
import type { HealthChecks } from './server/health.ts';
import { createServer } from './server/server.ts';
import { createService } from './services/create-service.ts';
import { claimStore } from './store/owner.ts';
import { createServiceState, scopedState } from './store/service-state.ts';
import { StoreError } from './store/store.ts';
import { waitForStore } from './store/wait-for-store.ts';
import { compileTemplate } from './templates/schema.ts';
import { compileTrigger } from './triggers/schema.ts';

/** Milliseconds. */
const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;
/** Conditions that read the clock are evaluated so often, and intents without a job looked for. */
const resync = minute;
/** A delivery that cannot be sent for so long is given up. */
const maxAge = day;
/** What has not matched for so long is forgotten. */
const retention = 90 * day;
/**
 * At the same time: deliveries for each of `--processors-count`, since they mostly wait for answers, and Applications
 * that are written to the ledger. The embedded PostgreSQL has a single session: what waits there for its turn would
 * keep the queue from renewing its locks.
 */
const parallel = { deliveries: 50, writes: 32 };
const parallelEmbedded = { deliveries: 10, writes: 4 };

/** `herald run`, to its end. Answers the exit code. */
export async function run(options: RunOptions, notices: readonly string[]): Promise<number> {
  const log = createLog(options.log);
  for (const notice of notices) log.warn({ notice }, 'Notice on the command line');
  try {
    await bridge(options, log);
    return 0;
  } catch (error) {
    log.fatal(isExpected(error) ? { error: error.message } : { err: error }, 'Herald cannot run');
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

/** The bridge, wired in one straight line, from its start to its end: longer than most functions, and so is the file. */
async function bridge(options: RunOptions, log: Logger): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abort.abort(name));
  const now = Date.now;

  const connection = connect(connectOptions(options.kube));
  const namespace = options.kube.namespace || connection.namespace;
  const scope = createWatchScope(namespace, options.applicationNamespaces);
  const metrics = createMetrics({ version: packageJson.version });
  log.info({ version: packageJson.version, server: connection.server, namespace }, 'Herald starts');
  for (const { pattern, what } of scope.problems)
    log.warn({ pattern, what }, 'Namespace pattern matches nothing');

  const healthz: Record<string, HealthChecks[string]> = {};
  const readyz: Record<string, HealthChecks[string]> = { store: () => verdict(['not open yet'], '') };
  const server = createServer(
    { metrics, health: { healthz, readyz }, onError: (error) => log.warn({ err: error }, 'Request failed') },
    { port: options.metricsPort },
  );
  log.info({ port: await server.open() }, 'Serving /metrics, /healthz and /readyz');

  const store = await waitForStore(options.queue, {
    log,
    signal,
    onTrouble: (reason) => {
      readyz.store = () => verdict([reason], '');
    },
  });
  if (!store) {
    await shutDown([['server', (left) => server.close(left)]], options.shutdownTimeout, log);
    return;
  }
  const limits = store.kind === 'postgres' && store.embedded ? parallelEmbedded : parallel;
  const ledger = createLedger(store);
  const queue = createBullmqQueue(store, { log, concurrency: limits.deliveries * options.processors });
  const state = createServiceState(store);
  const events = createEventRecorder({ connection, log });
  const periodic = createPeriodic(signal, log);

  const configurations = createConfigurations(
    {
      parse: (snapshot, previous) =>
        parseConfig(
          {
            ...configInput(snapshot, options.secretName, previous),
            isTenant: snapshot.namespace !== namespace,
          },
          { compileTrigger, compileTemplate },
        ),
      createService: (source, configNamespace) =>
        createService(source, { log, state: scopedState(state, configNamespace), stream: process.stdout }),
      record: events.record,
      metrics,
      log,
    },
    { controllerNamespace: namespace, selfService: options.selfService },
  );
  const mirror = createMirror({ connection, configurations, controllerNamespace: namespace, log, now });
  const mirrors = options.notifiedAnnotation === 'write';
  const writer = createLedgerWriter({ ledger, queue, log, metrics }, { concurrency: limits.writes });
  const project = (application: { project: string }) => projects.get(namespace, application.project)?.object;
  const argocd = createArgocd({ log, metrics, now }, { namespace });
  const repo = createRepo(
    {
      argocd,
      configurations,
      reevaluate: (uids) => void observer.reevaluate(({ uid }) => uids.has(uid)),
    },
    namespace,
  );
  const observer = createObserver({
    ledger,
    writer,
    configurations,
    project,
    repo: repo.evaluation,
    isRefreshed: isSyncStatusRefreshed,
    importEpisodes: (application, evaluations) => {
      if (options.notifiedAnnotation === 'ignore') return [];
      const over = endedMeanwhile(application, evaluations, namespace);
      if (mirrors && over.length > 0) mirror.ended(application, over);
      return importEpisodes(application, evaluations, { controllerNamespace: namespace, now: now() });
    },
    onEnded: (application, evaluations) => {
      if (mirrors) mirror.ended(application, evaluations);
    },
    metrics,
    log,
    now,
  });
  const deliver = createDeliver(
    {
      ledger,
      configurations,
      pacing: createPacing(),
      project,
      repo: repo.lookup,
      onSent: (delivery) => {
        const { oncePer, application, episode } = delivery;
        const isOver = oncePer === '' && observer.isOver(application.uid, episode);
        if (mirrors && !isOver) mirror.sent(delivery);
      },
      onParked: (delivery, settlement) => reportParked(delivery, settlement, { record: events.record, log }),
      metrics,
      log,
      now,
    },
    { maxAge, attemptTimeout: 30 * second },
  );

  const watching = { connection, log };
  const applications = createApplicationWatch(watching, {
    scope,
    labelSelector: options.appLabelSelector,
    handlers: {
      upsert: (application) => observer.observe({ application, kind: 'seen', observedAt: now() }),
      delete: (application) => {
        // A watch with a selector also reports what merely ceased to match.
        const isDeleted = options.appLabelSelector === '' || isGone(connection, application);
        void observeDeletion(observer, application, isDeleted, log);
      },
    },
  });
  const projects = createProjectWatch(watching, {
    namespace,
    handlers: {
      upsert: ({ name }) => void observer.reevaluate((application) => application.project === name),
      delete: ({ name }) => void observer.reevaluate((application) => application.project === name),
    },
  });
  const applicationSets = createApplicationSetWatch(watching, {
    scope,
    handlers: { upsert: metrics.setApplicationSet, delete: metrics.forgetApplicationSet },
  });
  const config = createConfigWatch(watching, {
    scope,
    configMapName: options.configMapName,
    secretName: options.secretName,
    selfService: options.selfService,
    changed: (snapshot) => {
      configurations.update(snapshot);
      const isOurs = snapshot.namespace === namespace;
      void observer.reevaluate((application) => isOurs || application.namespace === snapshot.namespace);
    },
  });
  const watches = () =>
    [applications, projects, applicationSets].map((watch) => watch.state()).concat(config.states());

  let isObserving = false;
  // Applications are watched once their configuration is known: until then the watch of them is not stuck.
  healthz.watch = () => {
    const started = watches().filter(({ name }) => isObserving || name !== applications.state().name);
    return verdict(stuckWatches(started, now()), 'alive');
  };
  readyz.lists = () => verdict(missingLists(watches()), 'done');
  readyz.store = async () => {
    await store.ping();
    return verdict([writer.trouble()], 'answers');
  };

  for (const watch of [config, projects, applicationSets]) watch.start();
  await Promise.race([Promise.all([config.ready(), projects.ready()]), aborted(signal)]);
  if (!signal.aborted) {
    // Every Argo CD has this project, for as long as it lives.
    const owner = projects.get(namespace, 'default')?.uid;
    if (owner !== undefined) await claimStore(scopedState(state, 'store'), store, owner);
    queue.work(deliver);
    applications.start();
    isObserving = true;
    await Promise.race([applications.ready().then(() => observer.settled()), aborted(signal)]);
  }
  if (!signal.aborted) log.info({ applications: observer.size() }, 'Every Application has been observed');

  const isWatched = ({ namespace: of }: { namespace: string }) => scope.includes(of);
  let deletionsReported = false;
  periodic.every(resync, 'deletions', async () => {
    if (deletionsReported) return;
    await reportDeletions({
      ledger,
      observer,
      isWatched,
      isGone: (record) => isGone(connection, record),
      now: now(),
    });
    deletionsReported = true;
  });
  periodic.every(resync, 'requeue', async () => {
    await requeueIntents({ ledger, queue, log });
  });
  periodic.every(resync, 'time', () => observer.reevaluate((_application, timeDependent) => timeDependent));
  periodic.every(day, 'prune', () =>
    pruneLedger({ ledger, observer, log, now: now(), before: now() - retention }),
  );
  periodic.every(5 * second, 'figures', createFigures({ queue, ledger, metrics, watches }));

  await aborted(signal);
  log.info({ signal: String(signal.reason) }, 'Herald stops');
  const steps: ShutdownStep[] = [
    [
      'watches',
      () => Promise.all([applications, projects, applicationSets, config].map((watch) => watch.stop())),
    ],
    ['observer', async () => observer.stop()],
    ['queue', (left) => queue.close(left * 0.8)],
    ['ledger', (left) => writer.stop(left * 0.5)],
    ['mirror', (left) => mirror.stop(left * 0.5)],
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
