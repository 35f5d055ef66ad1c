import { orAborted } from '../aborted.ts';
import { notifiedAnnotation } from '../alerts/notified-annotation.ts';
import { isApplicationSet, kindOf } from '../application-set.ts';
import type { Clock } from '../clock.ts';
import { isGone } from '../cluster/annotate.ts';
import type { Connection } from '../cluster/connect.ts';
import type { ReflectorState } from '../cluster/reflector-state.ts';
import type { WatchScope } from '../cluster/scope.ts';
import { createApplicationWatch } from '../cluster/watch-applications.ts';
import { createApplicationSetWatch } from '../cluster/watch-applicationsets.ts';
import type { Configurations } from '../configurations/configurations.ts';
import type { Repo } from '../configurations/repo.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { NotedProgress, Row } from '../ledger/rows.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, JsonObject } from '../model.ts';
import { createPeriodic } from '../periodic.ts';
import { settledWithin } from '../store/deadline.ts';
import type { Mirror } from './mirror.ts';
import { createObservation } from './observation.ts';
import type { Observer } from './observer.ts';
import { createOtherController, type OtherController } from './other-controller.ts';
import { observeDeletion, pruneLedger, reportDeletions, requeueIntents } from './recover.ts';
import type { Term } from './standing.ts';
import type { SubscriptionReporter } from './subscription-problems.ts';

/** What a term needs of an opened store. */
export interface OpenedStore {
  ledger: Ledger;
  queue: Pick<DeliveryQueue, 'add' | 'handOver' | 'missing'>;
  term: number;
}

/** A leader's work: watching Applications, deciding, writing what was decided, and sweeping behind itself. */
export interface LeadingTerm extends Term {
  observer: Observer;
  subscriptions: SubscriptionReporter;
  watches(): ReflectorState[];
  /** The first list is done and evaluated, and what happened before it. */
  isReady(): boolean;
  /** Events of the watches that are not evaluated yet. */
  unevaluated(): number;
  /** Changes that are not durable yet. */
  backlog(): number;
  /** Why they are not; undefined while the store answers. */
  trouble(): string | undefined;
  /** When an alert, a group or an evaluation is looked at next, Unix milliseconds. */
  nextDue(): number | undefined;
  /** The clock was set back: what was put off is looked at now. */
  hurry(): void;
  /** Another controller notifies of the same Applications. */
  other: OtherController['seen'];
}

interface Deps {
  connection: Connection;
  /** While it is not open, everything is kept in memory, in order. */
  store: Promise<OpenedStore>;
  configurations: Configurations;
  project(application: { namespace: string; project: string }): JsonObject | undefined;
  repo: Repo['evaluation'];
  /** Absent: argocd-notifications' annotation is not written. */
  mirror?: Mirror;
  /** There are Applications in the namespace. */
  lookInto(namespace: string): void;
  subscriptions: SubscriptionReporter;
  metrics: Metrics;
  log: Logger;
  clock: Clock;
}

interface Options {
  /** Up to which earlier terms have decided. */
  from: NotedProgress | undefined;
  scope: WatchScope;
  labelSelector: string;
  controllerNamespace: string;
  /** Whether argocd-notifications' annotation is read. */
  imports: boolean;
  /** Applications written at the same time. */
  writes: number;
  /** Changes kept in memory while the store does not answer. */
  backlogLimit: number;
}

/** Milliseconds. */
const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;
/** Intents without a job are looked for so often. */
const sweep = 10 * second;
/** What was decided up to a revision is noted so often: a crash makes the next process decide that much again. */
const progressInterval = second;
/** What people silence and acknowledge in the ledger is seen after so long. */
const refreshInterval = 2 * second;
/** ApplicationSets that cannot be listed for so long are not waited for. */
const setsPatience = 10 * second;
/** What happened to ApplicationSets before the first list is known after so long, or never. */
const caughtUpPatience = 5 * minute;
/** What was parked so long ago is forgotten. */
const parkedFor = 90 * day;

export function createTerm(deps: Deps, options: Options): LeadingTerm {
  const { connection, mirror, subscriptions, metrics, log, clock } = deps;
  const { now } = clock;
  const { scope, labelSelector } = options;
  const over = Promise.withResolvers<string>();
  const ending = new AbortController();
  const { signal } = ending;
  let isOver = false;
  void over.promise.then(() => {
    isOver = true;
  });
  const { ledger, progress, progressOfSets, observer, writer, begin, settled } = createObservation(
    {
      ...deps,
      shown: () => applications.revision(),
      shownSets: () => applicationSets.revision(),
      onEnd: over.resolve,
    },
    options,
  );
  const others = createOtherController({ metrics, log, clock });
  const applications = createApplicationWatch(
    { connection, log, clock },
    {
      scope,
      labelSelector,
      notifiedAnnotation,
      room: () => observer.room(),
      handlers: {
        upsert: (application, previous, { isReplayed, isPast = false }) => {
          deps.lookInto(application.namespace);
          if (!isReplayed) others.observed(application, previous);
          subscriptions.check('Application', application);
          mirror?.observed(application);
          observer.observe({ application, kind: 'seen', observedAt: now(), isReplayed, isPast });
        },
        delete: (application, { isReplayed }) => deleted(application, isReplayed),
      },
    },
  );
  const applicationSets = createApplicationSetWatch(
    { connection, log, clock },
    {
      scope,
      room: () => observer.room(),
      handlers: {
        upsert: (application, _previous, { isReplayed, isPast = false }) => {
          deps.lookInto(application.namespace);
          subscriptions.check('ApplicationSet', application);
          metrics.setApplicationSet(application);
          observer.observe({ application, kind: 'seen', observedAt: now(), isReplayed, isPast });
        },
        delete: (application, { isReplayed }) => {
          subscriptions.forget(application.uid);
          metrics.forgetApplicationSet(application);
          observer.observe({ application, kind: 'deleted', observedAt: now(), isReplayed });
        },
      },
    },
  );

  function deleted(application: Application, isReplayed: boolean): void {
    subscriptions.forget(application.uid);
    mirror?.forget(application.uid);
    const event = { application, observedAt: now(), isReplayed };
    if (labelSelector === '') observer.observe({ ...event, kind: 'deleted' });
    // A watch with a selector also reports what merely ceased to match.
    else void observeDeletion(observer, event, isGone(connection, application), log);
  }

  let noted = options.from;
  let notes = 0;
  async function noteProgress(): Promise<void> {
    const revision = progress.revision();
    const sets = progressOfSets.revision();
    if (isOver || revision === undefined) return;
    if (revision === noted?.revision && sets === noted.sets) return;
    const value = { revision, ...(sets === undefined ? {} : { sets }) };
    const { fenced } = await ledger.commit('watch', (notes += 1), { put: [progressRow(value)] });
    if (fenced) over.resolve('fenced');
    noted = value;
  }

  /** What was observed is durable, and noted as such. */
  async function finished(): Promise<void> {
    await settled();
    await noteProgress();
  }

  let deletionsReported = false;
  async function reportGone(): Promise<void> {
    if (deletionsReported) return;
    const { ledger: whole } = await deps.store;
    // Until then the watch itself may tell of them, and of what came before.
    const ofSets = settledWithin(applicationSets.caughtUp(), caughtUpPatience, clock);
    await orAborted(Promise.all([applications.caughtUp(), ofSets]), signal);
    await orAborted(observer.settled(), signal);
    if (signal.aborted) return;
    try {
      await reportDeletions({
        ledger: whole,
        observer,
        held: observer.alerting.scopes(),
        isWatched: ({ namespace }) => scope.includes(namespace),
        // Of what may not be read nobody knows whether it is gone.
        isKnown: ({ object }) => !isApplicationSet(object) || applicationSets.state().forbidden === undefined,
        isGone: (record) => isGone(connection, { ...record, ...kindOf(record.object) }),
        now: now(),
      });
    } finally {
      // Groups do not wait for what cannot be found out.
      await orAborted(observer.goneReported(), signal);
    }
    deletionsReported = true;
  }

  begin();
  applicationSets.start(options.from?.sets);
  applications.start(options.from?.revision);
  let isReady = false;
  // Ready is who can be killed without a loss: what was there at the start is durable, and noted as decided.
  const ready = applications
    .ready()
    .then(() => settledWithin(applicationSets.ready(), setsPatience, clock))
    .then(finished)
    .catch((error: unknown) => log.warn({ err: error }, 'Cannot note what the first list has shown'));
  const periodic = createPeriodic(signal, log, clock);
  // From the start: a process that is killed while it catches up has come so far.
  periodic.every(progressInterval, 'progress', noteProgress);
  periodic.every(sweep, 'requeue', async () => {
    await requeueIntents({ ...(await deps.store), log });
  });
  periodic.every(refreshInterval, 'silences', observer.alerting.refresh);
  void ready.then(() => {
    if (signal.aborted) return;
    log.info({ applications: observer.size() }, 'Every Application has been observed');
    isReady = true;
    observer.complete();
    periodic.every(minute, 'deletions', reportGone);
    periodic.every(day, 'prune', async () => {
      const { ledger: whole } = await deps.store;
      await pruneLedger({
        ledger: whole,
        writer,
        observer,
        log,
        now: now(),
        parked: now() - parkedFor,
      });
    });
  });

  return {
    over: over.promise,
    observer,
    subscriptions,
    watches: () => [applications.state(), applicationSets.state()],
    isReady: () => isReady,
    unevaluated: observer.waiting,
    backlog: () => writer.backlog(),
    trouble: () => writer.trouble(),
    nextDue: observer.nextDue,
    hurry: observer.hurry,
    other: others.seen,
    async stop(deadline) {
      await Promise.all([applications.stop(), applicationSets.stop()]);
      ending.abort();
      await settledWithin(finished(), deadline, clock);
      observer.stop();
      subscriptions.stop();
      others.stop();
      for (const set of applicationSets.values()) metrics.forgetApplicationSet(set);
      await writer.stop(0);
    },
  };
}

/** Up to which earlier terms have decided; undefined before the first. */
export async function notedProgress(ledger: Pick<Ledger, 'load'>): Promise<NotedProgress | undefined> {
  const [row] = await ledger.load('watch', ['progress']);
  return row?.value;
}

function progressRow(value: NotedProgress): Row<'progress'> {
  return { kind: 'progress', key: '', value };
}
