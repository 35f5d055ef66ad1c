import type { Argocd } from '../argocd/argocd.ts';
import type { EventRecorder } from '../cluster/events.ts';
import { createArgocdOf } from '../configurations/argocd.ts';
import { createConfigurationMemory } from '../configurations/configuration-memory.ts';
import { type Configurations, createConfigurations } from '../configurations/configurations.ts';
import { createRepo, type Repo } from '../configurations/repo.ts';
import type { LeadingTerm } from '../leader/term.ts';
import { createHostCertificates } from '../net/host-certificates.ts';
import { scopedState } from '../store/service-state.ts';
import type { Opening } from './opening.ts';
import { attemptTimeout, type BridgeDeps, type BridgeOptions, maxAge } from './options.ts';
import { createParse } from './parse.ts';
import { createRevival } from './revival.ts';

/** The configurations in force, and what depends on them. */
export interface Configuring {
  configurations: Configurations;
  argocd: Argocd;
  repo: Repo;
  revive: ReturnType<typeof createRevival>;
}

interface Deps
  extends Pick<BridgeDeps, 'connection' | 'createService' | 'signal' | 'clock' | 'metrics' | 'log'> {
  opening: Opening;
  record: EventRecorder['record'];
  reevaluate: LeadingTerm['observer']['reevaluate'];
}

export function createConfiguring(deps: Deps, options: BridgeOptions): Configuring {
  const { connection, opening, record, signal, clock, metrics, log } = deps;
  const { namespace } = options.scope;
  const certificatesOf = createHostCertificates({
    onProblem: (problem) => log.warn(problem, 'Certificates in argocd-tls-certs-cm are no good'),
  });
  const configurations = createConfigurations(
    {
      parse: createParse(options),
      createService: (source, configNamespace) =>
        deps.createService(source, { state: scopedState(opening.state, configNamespace), certificatesOf }),
      record,
      metrics,
      log,
      clock,
    },
    { controllerNamespace: namespace, selfService: options.selfService },
  );
  const argocd = createArgocdOf(
    { connection, metrics, log, now: clock.now },
    { ...options, namespace, certificatesOf },
  );
  const reevaluate = (uids: ReadonlySet<string>) => void deps.reevaluate(({ uid }) => uids.has(uid));
  const memory = createConfigurationMemory(scopedState(opening.state, 'configuration'));
  return {
    configurations,
    argocd,
    repo: createRepo({ argocd, configurations, clock, reevaluate }, namespace),
    revive: createRevival(
      { opened: opening.opened, memory, signal, clock, log },
      { maxAge, attempts: 2 * attemptTimeout },
    ),
  };
}
