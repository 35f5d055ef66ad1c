import type { Evaluation } from '../alerts/decide.ts';
import { createParse } from '../bridge/parse.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import { type Configurations, createConfigurations } from '../configurations/configurations.ts';
import { createDeliver } from '../delivery/deliver.ts';
import { createFairness, type Fairness } from '../delivery/fairness.ts';
import { createMemoryQueue } from '../delivery/memory-queue.ts';
import { createPacing } from '../delivery/pacing.ts';
import type { DeliveryProcessor, DeliveryQueue } from '../delivery/queue.ts';
import { createObservation, type Observation } from '../leader/observation.ts';
import type { Ledger, Settlement } from '../ledger/ledger.ts';
import type { Metrics } from '../metrics/interface.ts';
import { createMetrics } from '../metrics.ts';
import type { Application, Delivery, JsonObject } from '../model.ts';
import type { Service } from '../services/service.ts';
import { createSimulatedClock, type SimulatedClock } from '../simulated-clock.ts';
import { controllerNamespace, snapshot } from './fixtures.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { type LogLine, recordLog } from './recorded-log.ts';
import { createRecordingService } from './recording-service.ts';

interface Options {
  ledger?: Ledger;
  queue?: Pick<DeliveryQueue, 'handOver'>;
  /** @defaultValue one of its own, which begins with 2026 */
  clock?: SimulatedClock;
  /** Configurations from the start; that of `fixtures.ts` unless said. */
  snapshots?: readonly ConfigSnapshot[];
  selfService?: boolean;
  service?: Service;
  project?: () => JsonObject | undefined;
  maxAge?: number;
  /** Each start on the same ledger begins a later one. @defaultValue 1 */
  term?: number;
  /** The revision up to which the watch has shown everything. */
  shown?: () => string | undefined;
  fairness?: Fairness;
  /** Of the writer and the observer. */
  backlogLimit?: number;
  /** Milliseconds before they try again, and at the most. @defaultValue at once */
  retries?: { retryDelay: number; maxRetryDelay: number };
}

export interface Pipeline extends Pick<Observation, 'observer' | 'writer' | 'progress' | 'begin'> {
  clock: SimulatedClock;
  deliver: DeliveryProcessor;
  configurations: Configurations;
  metrics: Metrics;
  lines: LogLine[];
  /** What was told of alerts that ended, and of deliveries that were sent or parked. */
  ended: Evaluation[];
  sent: Delivery[];
  /** What was told of oncePer values that count as told without a message. */
  named: Delivery[];
  /** Why observer or writer have given up. */
  ends: string[];
  parked: { delivery: Delivery; settlement: Settlement }[];
  see(application: Application, kind?: 'seen' | 'deleted' | 'unwatched'): void;
  /** Waits until what was seen is evaluated and durable, or nothing more is written; what failed is tried again, and no time passes. */
  done(): Promise<void>;
}

/**
 * For tests of a part: what a term decides and what a worker sends, by hand and on doubles of the store, the queue and
 * of services, on a simulated clock. The whole bridge in this process is `start-bridge.ts`.
 */
export function startPipeline(options: Options = {}): Pipeline {
  const {
    clock = createSimulatedClock(Date.UTC(2026, 0, 1)),
    selfService = false,
    project = () => undefined,
    retries = { retryDelay: 0, maxRetryDelay: 1 },
  } = options;
  const { ledger = createMemoryLedger(), queue = createMemoryQueue(clock) } = options;
  const service = options.service ?? createRecordingService('console');
  const { log, lines } = recordLog();
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const ended: Evaluation[] = [];
  const sent: Delivery[] = [];
  const named: Delivery[] = [];
  const parked: Pipeline['parked'] = [];
  const configurations = createConfigurations(
    {
      parse: createParse({
        scope: { namespace: controllerNamespace },
        secretName: 'argocd-notifications-secret',
        tenantServiceAddresses: [],
      }),
      createService: () => ({ service, problems: [] }),
      record: () => undefined,
      metrics,
      log,
      clock,
    },
    { controllerNamespace, selfService },
  );
  for (const each of options.snapshots ?? [snapshot()]) configurations.update(each);
  const ends: string[] = [];
  const { observer, progress, writer, begin, settled } = createObservation(
    {
      store: Promise.resolve({ ledger, queue, term: options.term ?? 1 }),
      shown: options.shown ?? (() => undefined),
      configurations,
      project,
      mirror: {
        ended: (_application, evaluations) => ended.push(...evaluations),
        sent: (delivery) => named.push(delivery),
      },
      onEnd: (reason) => ends.push(reason),
      metrics,
      log,
      clock,
    },
    {
      controllerNamespace,
      imports: true,
      writes: 2,
      backlogLimit: options.backlogLimit ?? 1_000,
      eventLimit: options.backlogLimit ?? 1_000,
      ...retries,
    },
  );
  const fairness = options.fairness ?? createFairness({ places: 10, wake: async () => false, clock });
  const deliver = createDeliver(
    {
      ledger,
      queue,
      configurations,
      pacing: createPacing(),
      fairness,
      members: () => 1,
      project,
      onSent: (delivery) => sent.push(delivery),
      onParked: (delivery, settlement) => parked.push({ delivery, settlement }),
      metrics,
      log,
      clock,
    },
    { maxAge: options.maxAge ?? Number.MAX_SAFE_INTEGER, attemptTimeout: 60_000, controllerNamespace },
  );
  return {
    clock,
    observer,
    writer,
    begin,
    deliver,
    configurations,
    metrics,
    lines,
    ended,
    sent,
    named,
    progress,
    ends,
    parked,
    see: (application, kind = 'seen') => observer.observe({ application, kind, observedAt: clock.now() }),
    async done() {
      let isDone = false;
      const done = settled().finally(() => {
        isDone = true;
      });
      // What has given up, since another leads, never has everything durable.
      while (!isDone && ends.length === 0) await clock.advance(0);
      if (isDone) await done;
    },
  };
}
