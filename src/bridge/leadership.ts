import type { EventRecorder } from '../cluster/events.ts';
import { createMirror, type Mirror } from '../leader/mirror.ts';
import { createSubscriptionReporter } from '../leader/subscription-problems.ts';
import { createTerm, notedProgress } from '../leader/term.ts';
import type { Configuring } from './configuring.ts';
import { createLeading, type Leading } from './leading.ts';
import type { Opening } from './opening.ts';
import { type BridgeDeps, type BridgeOptions, limits } from './options.ts';
import type { Watching } from './watching.ts';

/** What the one that leads does. */
export interface Leadership {
  leading: Leading;
  /** Writes argocd-notifications' annotation; undefined where that is not wanted. */
  mirror: Mirror | undefined;
}

interface Deps
  extends Pick<BridgeDeps, 'connection' | 'signal' | 'clock' | 'metrics' | 'log'>,
    Pick<Configuring, 'configurations' | 'repo'> {
  opening: Pick<Opening, 'load'>;
  record: EventRecorder['record'];
  watching: Pick<Watching, 'project' | 'projects' | 'lookInto'>;
}

export function createLeadership(deps: Deps, options: BridgeOptions): Leadership {
  const { connection, configurations, opening, record, watching, signal, clock, metrics, log } = deps;
  const controllerNamespace = options.scope.namespace;
  const mirror =
    options.notifiedAnnotation === 'write'
      ? createMirror({ connection, configurations, controllerNamespace, load: opening.load, log, clock })
      : undefined;
  const leading = createLeading({
    createTerm(store, from) {
      const subscriptions = createSubscriptionReporter({ configurations, record, metrics, log, clock });
      for (const project of watching.projects()) subscriptions.check('AppProject', project);
      return createTerm(
        {
          connection,
          store,
          configurations,
          project: watching.project,
          repo: deps.repo.evaluation,
          ...(mirror ? { mirror } : {}),
          lookInto: watching.lookInto,
          subscriptions,
          metrics,
          log,
          clock,
        },
        {
          from,
          scope: options.scope,
          labelSelector: options.appLabelSelector,
          controllerNamespace,
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
  return { leading, mirror };
}
