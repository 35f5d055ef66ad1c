import type { Evaluation } from '../alerts/decide.ts';
import { importAlerts } from '../alerts/notified-annotation.ts';
import { systemClock } from '../clock.ts';
import { isSyncStatusRefreshed } from '../cluster/sync-status.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import { parseInTurns } from '../config/parse-config.ts';
import { type Configurations, createConfigurations } from '../configurations/configurations.ts';
import { createDeliver } from '../delivery/deliver.ts';
import { createFairness, type Fairness } from '../delivery/fairness.ts';
import { createPacing } from '../delivery/pacing.ts';
import type { DeliveryProcessor, DeliveryQueue } from '../delivery/queue.ts';
import { createObserver, type Observer } from '../leader/observer.ts';
import { createProgress, type Progress } from '../leader/progress.ts';
import { createTermLedger } from '../leader/term-ledger.ts';
import { createLedgerWriter, type LedgerWriter } from '../leader/writer.ts';
import type { Ledger, Settlement } from '../ledger/ledger.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import type { Application, Delivery, JsonObject } from '../model.ts';
import type { Service } from '../services/service.ts';
import { controllerNamespace, snapshot } from './fixtures.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createMemoryQueue } from './memory-queue.ts';
import { type LogLine, recordLog } from './recorded-log.ts';
import { createRecordingService } from './recording-service.ts';

interface Options {
  ledger?: Ledger;
  queue?: Pick<DeliveryQueue, 'add'>;
  now?: () => number;
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
}

export interface Pipeline {
  observer: Observer;
  writer: LedgerWriter;
  deliver: DeliveryProcessor;
  configurations: Configurations;
  metrics: Metrics;
  lines: LogLine[];
  /** What was told of alerts that ended, and of deliveries that were sent or parked. */
  ended: Evaluation[];
  sent: Delivery[];
  /** What was told of oncePer values that count as told without a message. */
  named: Delivery[];
  progress: Progress;
  /** Why observer or writer have given up. */
  ends: string[];
  parked: { delivery: Delivery; settlement: Settlement }[];
  see(application: Application, kind?: 'seen' | 'deleted' | 'unwatched'): void;
  /** Waits until what was seen is evaluated and durable. */
  done(): Promise<void>;
}

/** The parts of the pipeline, wired as in `run.ts`, on doubles of the store and of services. */
export function startPipeline(options: Options = {}): Pipeline {
  const { now = Date.now, selfService = false, project = () => undefined } = options;
  const { ledger = createMemoryLedger(), queue = createMemoryQueue() } = options;
  const service = options.service ?? createRecordingService('console');
  const { log, lines } = recordLog();
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const ended: Evaluation[] = [];
  const sent: Delivery[] = [];
  const named: Delivery[] = [];
  const parked: Pipeline['parked'] = [];
  const configurations = createConfigurations(
    {
      parse: ({ configMap, secret, namespace }, previous) =>
        parseInTurns({
          configMap: configMap?.data,
          secret: Object.fromEntries(secret ?? []),
          isTenant: namespace !== controllerNamespace,
          ...(previous ? { previous } : {}),
        }),
      createService: () => ({ service, problems: [] }),
      record: () => undefined,
      metrics,
      log,
    },
    { controllerNamespace, selfService },
  );
  for (const each of options.snapshots ?? [snapshot()]) configurations.update(each);
  const ends: string[] = [];
  const progress = createProgress(options.shown ?? (() => undefined));
  const termLedger = createTermLedger(Promise.resolve({ ledger, term: options.term ?? 1 }));
  const writer = createLedgerWriter(
    { ledger: termLedger, queue, onEnd: (reason) => ends.push(reason), log, metrics },
    { concurrency: 2, limit: options.backlogLimit ?? 1_000, retryDelay: 0, maxRetryDelay: 1 },
  );
  const observer = createObserver(
    {
      ledger: termLedger,
      writer,
      onOverflow: () => ends.push('overflow'),
      configurations,
      project,
      isRefreshed: isSyncStatusRefreshed,
      progress,
      importAlerts: (application, evaluations) =>
        importAlerts(application, evaluations, { controllerNamespace, now: now() }),
      onEnded: (_application, evaluations) => ended.push(...evaluations),
      onNamed: (delivery) => named.push(delivery),
      metrics,
      log,
      now,
    },
    { limit: options.backlogLimit ?? 1_000, retryDelay: 0, maxRetryDelay: 1 },
  );
  const clock = { ...systemClock, now };
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
    observer,
    writer,
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
    see: (application, kind = 'seen') => observer.observe({ application, kind, observedAt: now() }),
    async done() {
      await observer.settled();
      await writer.idle();
    },
  };
}
