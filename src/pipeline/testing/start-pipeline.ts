import { isSyncStatusRefreshed } from '../../cluster/sync-status.ts';
import type { ConfigSnapshot } from '../../cluster/watch-config.ts';
import { parseInTurns } from '../../config/parse-config.ts';
import { createFairness } from '../../delivery/fairness.ts';
import { createPacing } from '../../delivery/pacing.ts';
import type { DeliveryProcessor, DeliveryQueue } from '../../delivery/queue.ts';
import type { Evaluation } from '../../episodes/claim.ts';
import type { Ledger, Settlement } from '../../episodes/ledger.ts';
import { importEpisodes } from '../../episodes/notified-annotation.ts';
import { createMetrics, type Metrics } from '../../metrics.ts';
import type { Application, Delivery, JsonObject } from '../../model.ts';
import type { Service } from '../../services/service.ts';
import { type Configurations, createConfigurations } from '../configurations.ts';
import { createDeliver } from '../deliver.ts';
import { createLedgerWriter, type LedgerWriter } from '../ledger-writer.ts';
import { createObserver, type Observer } from '../observe.ts';
import { createTermLedger } from '../term-ledger.ts';
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
  /** What was told of episodes that ended, and of deliveries that were sent or parked. */
  ended: Evaluation[];
  sent: Delivery[];
  /** Of those, the ones whose episode had ended before. */
  over: Delivery[];
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
  const { ledger = createMemoryLedger(), queue = createMemoryQueue(now) } = options;
  const service = options.service ?? createRecordingService('console');
  const { log, lines } = recordLog();
  const metrics = createMetrics({ version: 'test', processMetrics: false });
  const ended: Evaluation[] = [];
  const sent: Delivery[] = [];
  const over: Delivery[] = [];
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
  const termLedger = createTermLedger(Promise.resolve({ ledger, term: 1 }));
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
      importEpisodes: (application, evaluations) =>
        importEpisodes(application, evaluations, { controllerNamespace, now: now() }),
      onEnded: (_application, evaluations) => ended.push(...evaluations),
      metrics,
      log,
      now,
    },
    { limit: options.backlogLimit ?? 1_000, retryDelay: 0, maxRetryDelay: 1 },
  );
  const deliver = createDeliver(
    {
      ledger,
      queue,
      configurations,
      pacing: createPacing(),
      fairness: createFairness({ places: 10, now }),
      members: () => 1,
      project,
      onSent: (delivery, open) => {
        sent.push(delivery);
        if (!open) over.push(delivery);
      },
      onParked: (delivery, settlement) => parked.push({ delivery, settlement }),
      metrics,
      log,
      now,
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
    over,
    ends,
    parked,
    see: (application, kind = 'seen') => observer.observe({ application, kind, observedAt: now() }),
    async done() {
      await observer.settled();
      await writer.idle();
    },
  };
}
