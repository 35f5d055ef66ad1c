import { kindOf } from '../application-set.ts';
import { attemptTimeout, limits, maxAge } from '../bridge/options.ts';
import { isSyncStatusRefreshed } from '../cluster/sync-status.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import { parseInTurns } from '../config/parse-config.ts';
import { type Configurations, createConfigurations } from '../configurations/configurations.ts';
import { createDeliver } from '../delivery/deliver.ts';
import { createFairness } from '../delivery/fairness.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import { createPacing } from '../delivery/pacing.ts';
import { objectAt } from '../json.ts';
import { createObservation } from '../leader/observation.ts';
import { reportDeletions } from '../leader/recover.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createLedger } from '../ledger/store-ledger.ts';
import type { Logger } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import type { Application, JsonObject, Problem } from '../model.ts';
import { createSimulatedClock } from '../simulated-clock.ts';
import { openStore } from '../store/open-store.ts';
import { resolveSubscriptions } from '../subscriptions/resolve.ts';
import { compileTemplate } from '../templates/schema.ts';
import { compileTrigger } from '../triggers/schema.ts';
import { triggersOfComparisons } from './comparisons.ts';
import { copyRows, type KnownLedger } from './copied-ledger.ts';
import { createNotingService } from './noting-service.ts';
import { createTimeline, type TimelineMessage } from './timeline.ts';

/** The configuration that decides. */
export interface ReplayConfig {
  /** `data` of the ConfigMap. */
  configMap: Readonly<Record<string, string>>;
  /** Undefined: not known; services are taken to have what they refer to. */
  secret: Readonly<Record<string, Uint8Array>> | undefined;
  secrets: ReadonlyMap<string, Readonly<Record<string, Uint8Array>>>;
  secretName: string;
}

export interface PlayerOptions {
  /** Unix milliseconds. */
  start: number;
  /** Of Argo CD. */
  namespace: string;
  config: ReplayConfig;
  /** What the ledger holds at the start; absent: nothing. */
  ledger?: KnownLedger;
}

/** The pipeline of `herald run` on a simulated clock: what is seen is decided, rendered and noted. */
export interface Player {
  readonly problems: readonly Problem[];
  now(): number;
  /** `isComparison`: all that is new is when Argo CD has compared it. */
  see(application: Application, isComparison?: boolean): void;
  remove(application: Application): void;
  setProject(name: string, project: JsonObject | undefined): void;
  /** What was seen so far is the state at the start. `isKnown`: there is such an object. */
  ready(
    isKnown?: (kind: 'Application' | 'ApplicationSet', namespace: string, name: string) => boolean,
  ): Promise<void>;
  /** Lets time pass until then, Unix milliseconds, if nothing is to be done before; false: it is, and `until` does it. */
  skip(at: number): boolean;
  /** Lets time pass until then, Unix milliseconds. */
  until(at: number): Promise<void>;
  /** What was decided or sent, and what is not sent yet. */
  end(): Promise<{ messages: TimelineMessage[]; waiting: number }>;
}

/** Of the term in which it is decided; what was copied is of the one before. */
const term = 2;

export async function createPlayer(deps: { log: Logger }, options: PlayerOptions): Promise<Player> {
  const { log } = deps;
  const { namespace, config, start } = options;
  const clock = createSimulatedClock(start);
  const timeline = createTimeline();
  const metrics = createMetrics({ version: 'replay', processMetrics: false });
  const store = await openStore('memory:', { log, clock });
  const stored = createLedger(store);
  if (options.ledger) timeline.begin(await clock.until(copyRows(options.ledger, stored, term - 1)));
  let isReady = false;
  const ledger: Ledger = {
    ...stored,
    async commit(scope, by, change) {
      const committed = await stored.commit(scope, by, change);
      timeline.committed(change, clock.now(), !isReady);
      return committed;
    },
  };
  const queue = createMemoryQueue(clock);
  const projects = new Map<string, JsonObject>();
  const problems: Problem[] = [];
  const configurations: Configurations = createConfigurations(
    {
      parse: (_snapshot, previous) =>
        parseInTurns({ ...config, ...(previous ? { previous } : {}) }, { compileTrigger, compileTemplate }),
      createService: (source) => {
        const service = createNotingService(source, {
          note: (delivery, notification) => timeline.sent(delivery, notification, clock.now()),
          isPaced: () => isReady,
        });
        return { ...(service && { service }), problems: [] };
      },
      record: () => undefined,
      metrics,
      log,
      clock,
    },
    { controllerNamespace: namespace, selfService: false },
  );
  configurations.update(snapshotOf(namespace, config));
  problems.push(...(configurations.get(namespace)?.config.problems ?? []));

  let ended: string | undefined;
  const { observer, begin, settled } = createObservation(
    {
      store: Promise.resolve({ ledger, queue, term }),
      shown: () => undefined,
      configurations,
      project: ({ project }) => projects.get(project),
      onEnd: (reason) => {
        ended = reason;
      },
      metrics,
      log,
      clock,
    },
    {
      controllerNamespace: namespace,
      imports: true,
      writes: limits.writes,
      backlogLimit: Number.MAX_SAFE_INTEGER,
      eventLimit: Number.MAX_SAFE_INTEGER,
    },
  );
  const deliver = createDeliver(
    {
      ledger,
      queue,
      configurations,
      pacing: createPacing(),
      fairness: createFairness({ places: 150, wake: queue.wake, clock }),
      members: () => 1,
      project: ({ project }) => projects.get(project),
      onSent: () => undefined,
      onParked: ({ id }, { error }) => timeline.givenUp(id, error, clock.now()),
      metrics,
      log,
      clock,
    },
    { controllerNamespace: namespace, maxAge, attemptTimeout },
  );
  queue.work(deliver);
  begin();

  /** Until all that was seen is durable and what is due is sent. */
  async function settle(): Promise<void> {
    await clock.until(settled());
    await clock.advance(0);
    if (ended !== undefined) throw new Error(`The replay has come to an end of its own: ${ended}`);
  }

  const inForce = configurations.get(namespace)?.config;
  const ofComparisons = inForce ? triggersOfComparisons(inForce) : new Set();
  /** Applications for which it changes nothing that Argo CD compares them once more. */
  const indifferent = new Set<string>();

  /** Its operation is over for those who decide, which a later comparison leaves so, and no trigger asks for more. */
  function isIndifferent(application: Application): boolean {
    if (!inForce || !isSyncStatusRefreshed(application.object)) return false;
    const project = objectAt(projects.get(application.project), 'metadata', 'annotations');
    const { subscriptions } = resolveSubscriptions(application, project as Record<string, string>, inForce);
    return subscriptions.every(({ trigger }) => !ofComparisons.has(trigger));
  }

  /** Something was begun since time has passed. */
  let isBusy = true;

  return {
    problems,
    now: clock.now,
    see(application, isComparison = false) {
      const { uid } = application;
      const isUnread = isComparison && indifferent.has(uid);
      if (!isUnread) {
        isBusy = true;
        if (isIndifferent(application)) indifferent.add(uid);
        else indifferent.delete(uid);
      }
      observer.observe({ application, kind: 'seen', observedAt: clock.now(), isUnread });
    },
    remove(application) {
      isBusy = true;
      indifferent.delete(application.uid);
      observer.observe({ application, kind: 'deleted', observedAt: clock.now() });
    },
    setProject(name, project) {
      isBusy = true;
      indifferent.clear();
      if (project) projects.set(name, project);
      else projects.delete(name);
      if (isReady) void observer.reevaluate((application) => application.project === name);
    },
    async ready(isKnown) {
      await settle();
      if (isKnown)
        await reportDeletions({
          ledger,
          observer,
          held: observer.alerting.scopes(),
          isWatched: () => true,
          isGone: async ({ object, namespace: of, name }) =>
            !isKnown(kindOf(object).kind ?? 'Application', of, name),
          now: clock.now(),
        });
      await settle();
      observer.complete();
      await clock.until(observer.goneReported());
      await settle();
      isReady = true;
    },
    skip(at) {
      const ms = at - clock.now();
      if (ms <= 0) return true;
      if (isBusy || clock.next() <= at) return false;
      clock.skip(ms);
      return true;
    },
    async until(at) {
      await clock.advance(Math.max(0, at - clock.now()));
      isBusy = false;
    },
    async end() {
      await settle();
      const waiting = queue.held().length;
      observer.stop();
      await configurations.close();
      await store.close(0);
      return { messages: timeline.messages(), waiting };
    },
  };
}

function snapshotOf(namespace: string, { configMap, secret = {} }: ReplayConfig): ConfigSnapshot {
  const of = { uid: 'replay', name: 'argocd-notifications-cm', resourceVersion: '1' };
  return {
    namespace,
    configMap: { ...of, data: configMap },
    secret: new Map(Object.entries(secret)),
    labelledSecrets: new Map(),
  };
}
