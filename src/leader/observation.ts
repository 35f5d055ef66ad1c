import { endedMeanwhile, importAlerts } from '../alerts/notified-annotation.ts';
import { isSyncStatusRefreshed } from '../cluster/sync-status.ts';
import type { DeliveryQueue } from '../delivery/queue.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { JsonObject } from '../model.ts';
import type { Mirror } from './mirror.ts';
import { createObserver, type Observer, type ObserverDeps } from './observer.ts';
import { createProgress, type Progress, together } from './progress.ts';
import { createTermLedger, type TermLedger } from './term-ledger.ts';
import { createLedgerWriter, type LedgerWriter } from './writer.ts';

/** What a term is made of but for its watch: from an event to what is durable and queued. */
export interface Observation {
  ledger: TermLedger;
  /** Of the watch of Applications, and of that of ApplicationSets. */
  progress: Progress;
  progressOfSets: Progress;
  observer: Observer;
  writer: LedgerWriter;
  /** Loads what stands of silences and groups, before anything is decided. Where it is not called, nothing is grouped. */
  begin(): void;
  /** Resolves when what was observed is durable. */
  settled(): Promise<void>;
}

interface Deps
  extends Pick<ObserverDeps, 'configurations' | 'project' | 'repo' | 'metrics' | 'log' | 'clock'> {
  /** While it is not open, everything is kept in memory, in order. */
  store: Promise<{ ledger: Ledger; queue: Pick<DeliveryQueue, 'handOver'>; term: number }>;
  /** The revision up to which the watch has shown everything. */
  shown(): string | undefined;
  /** The same of the watch of ApplicationSets; absent: there is none. */
  shownSets?(): string | undefined;
  /** Absent: argocd-notifications' annotation is not written. */
  mirror?: Pick<Mirror, 'ended' | 'sent'>;
  /** Why it cannot go on: it has been given up, or another process leads. */
  onEnd(reason: string): void;
}

interface Options {
  controllerNamespace: string;
  /** Whether argocd-notifications' annotation is read. */
  imports: boolean;
  /** Applications written at the same time. */
  writes: number;
  /** Changes kept in memory while the store does not answer. */
  backlogLimit: number;
  /** Events that may wait to be evaluated. @defaultValue 100000 */
  eventLimit?: number;
  /** Milliseconds before the store is asked again that did not answer; doubles up to `maxRetryDelay`. @defaultValue 100 */
  retryDelay?: number;
  /** @defaultValue 5000 */
  maxRetryDelay?: number;
  /** Argo CD's gate: whether an Application is evaluated in this state. @defaultValue isSyncStatusRefreshed */
  isRefreshed?(object: JsonObject): boolean;
}

export function createObservation(deps: Deps, options: Options): Observation {
  const { store, mirror, onEnd, metrics, log, clock } = deps;
  const { controllerNamespace, writes, backlogLimit, eventLimit, ...retries } = options;
  const ledger = createTermLedger(store);
  const progress = createProgress(deps.shown);
  const progressOfSets = createProgress(() => deps.shownSets?.());
  const writer = createLedgerWriter(
    {
      ledger,
      queue: { handOver: async (ids) => (await store).queue.handOver(ids) },
      onEnd,
      log,
      metrics,
      clock,
    },
    { concurrency: writes, limit: backlogLimit, ...retries },
  );
  const observer = createObserver(
    {
      ...deps,
      ledger,
      writer,
      progress: { hold: () => together(progress.hold(), progressOfSets.hold()) },
      isRefreshed: options.isRefreshed ?? isSyncStatusRefreshed,
      importAlerts(application, evaluations) {
        if (!options.imports || application.kind) return [];
        const ended = endedMeanwhile(application, evaluations, controllerNamespace);
        if (ended.length > 0) mirror?.ended(application, ended);
        return importAlerts(application, evaluations, { controllerNamespace, now: clock.now() });
      },
      onEnded(application, evaluations) {
        if (!application.kind) mirror?.ended(application, evaluations);
      },
      onNamed: (delivery) => mirror?.sent(delivery),
      onOverflow: () => onEnd('overflow'),
    },
    { ...(eventLimit === undefined ? {} : { limit: eventLimit }), ...retries },
  );
  return {
    ledger,
    progress,
    progressOfSets,
    observer,
    writer,
    begin: observer.alerting.begin,
    async settled() {
      await observer.settled();
      await writer.idle();
    },
  };
}
