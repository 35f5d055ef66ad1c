import type { EventRecorder } from '../cluster/events.ts';
import type { Mirror } from '../leader/mirror.ts';
import { createSubscriptionReporter } from '../leader/subscription-problems.ts';
import { createTerm, type LeadingTerm, type OpenedStore } from '../leader/term.ts';
import type { Configuring } from './configuring.ts';
import { type BridgeDeps, type BridgeOptions, limits } from './options.ts';
import type { Watching } from './watching.ts';

interface Deps
  extends Pick<BridgeDeps, 'connection' | 'clock' | 'metrics' | 'log'>,
    Pick<Configuring, 'configurations' | 'repo'> {
  record: EventRecorder['record'];
  watching: Pick<Watching, 'project' | 'projects' | 'lookInto'>;
  mirror: Mirror | undefined;
}

/** Begins terms, as `createLeading` asks for them. */
export function createTermFactory(
  deps: Deps,
  options: BridgeOptions,
): (store: Promise<OpenedStore>, from: string | undefined) => LeadingTerm {
  const { connection, configurations, record, watching, mirror, clock, metrics, log } = deps;
  return (store, from) => {
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
        controllerNamespace: options.scope.namespace,
        imports: options.notifiedAnnotation !== 'ignore',
        writes: limits.writes,
        backlogLimit: limits.backlog,
      },
    );
  };
}
