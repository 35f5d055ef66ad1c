import { operationOf } from '../application.ts';
import { isOperationStuck } from '../cluster/sync-status.ts';
import type { ActiveConfig } from '../configurations/configurations.ts';
import { createLineBudget } from '../line-budget.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application } from '../model.ts';
import { nameOf } from './application-event.ts';
import type { Tracked } from './tracked.ts';

/** What is said of evaluations that come to nothing: each when it is news, and of what is alike for many a few. */
export interface EvaluationProblems {
  /** Conditions that failed, as `trigger: error`; none: they work again. */
  failed(entry: Pick<Tracked, 'application' | 'failures'>, failures: readonly string[]): void;
  /** A subscription to a trigger that the configuration does not hold. */
  unknownTrigger(active: ActiveConfig, trigger: string, application: Application): void;
  /** Looks whether Argo CD itself may have stopped syncing it: said once for each such operation. */
  stuck(entry: Pick<Tracked, 'application' | 'stuck'>): void;
}

interface Deps {
  metrics: Pick<Metrics, 'setStuckOperation'>;
  log: Logger;
  now(): number;
}

export function createEvaluationProblems({ metrics, log, now }: Deps): EvaluationProblems {
  const lines = createLineBudget(now);
  /** Triggers and services told already, by the configuration that cannot serve them. */
  const told = new WeakMap<ActiveConfig, Set<string>>();

  function isFirst(active: ActiveConfig, subject: string): boolean {
    const known = told.get(active) ?? new Set();
    told.set(active, known);
    const { size } = known;
    return known.add(subject).size > size;
  }

  return {
    failed(entry, failures) {
      const text = failures.join('\n');
      const isNews = text !== entry.failures && text !== '';
      entry.failures = text;
      if (!isNews) return;
      // Of what fails alike for ten thousand Applications, such as those that were never synced, a few tell enough.
      const worth = lines.take(text);
      const level = worth === 'no' ? 'debug' : 'warn';
      log[level]({ application: nameOf(entry.application), failures }, 'Conditions could not be evaluated');
      if (worth === 'last') log.warn('More conditions that could not be evaluated are logged at debug level');
    },
    unknownTrigger(active, trigger, application) {
      if (!isFirst(active, `trigger ${trigger}`)) return;
      // Each is also an Event on the Application, and none that stands in the ConfigMap is missing there.
      log[lines.take('unknown trigger') === 'no' ? 'debug' : 'warn'](
        { trigger, namespace: active.namespace, application: nameOf(application) },
        'Subscription to a trigger that is not configured',
      );
    },
    stuck(entry) {
      const { application } = entry;
      const stuck = isOperationStuck(application.object)
        ? operationOf(application.object).startedAt
        : undefined;
      metrics.setStuckOperation(application, stuck);
      if (stuck !== undefined && stuck !== entry.stuck)
        log.warn(
          { application: nameOf(application), startedAt: stuck },
          'Operation is over and has no end (finishedAt): Argo CD may have stopped syncing the Application',
        );
      if (stuck === undefined) delete entry.stuck;
      else entry.stuck = stuck;
    },
  };
}
