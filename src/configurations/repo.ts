import type { Argocd } from '../argocd/argocd.ts';
import { createRepoEvaluation, type RepoEvaluation } from '../argocd/evaluation.ts';
import type { Lookup } from '../argocd/lookup.ts';
import type { Application } from '../model.ts';
import type { ActiveConfig, Configurations } from './configurations.ts';

/** Who answers `repo.GetCommitMetadata` and `repo.GetAppDetails`. */
export interface Repo {
  /** For templates; undefined where no Argo CD is configured. */
  lookup(active: ActiveConfig): Lookup | undefined;
  /** For the conditions of one evaluation; undefined where no Argo CD is configured. */
  evaluation(application: Application, active: ActiveConfig): RepoEvaluation | undefined;
}

interface Deps {
  argocd: Pick<Argocd, 'lookup'>;
  configurations: Pick<Configurations, 'get'>;
  /** Evaluates these Applications again, because what their conditions asked for has arrived. */
  reevaluate(uids: ReadonlySet<string>): void;
}

/** A tenant's configuration without `argocd` is answered by the controller's, as in argocd-notifications. */
export function createRepo(deps: Deps, controllerNamespace: string): Repo {
  let arrived = new Set<string>();

  /** Answers that arrive together make one evaluation. */
  function arrive(uid: string): void {
    if (arrived.size === 0) {
      setImmediate(() => {
        const uids = arrived;
        arrived = new Set();
        deps.reevaluate(uids);
      });
    }
    arrived.add(uid);
  }

  function lookup({ config }: ActiveConfig): Lookup | undefined {
    return deps.argocd.lookup(config.argocd ?? deps.configurations.get(controllerNamespace)?.config.argocd);
  }

  return {
    lookup,
    evaluation(application, active) {
      const found = lookup(active);
      return found && createRepoEvaluation(found, application.object, () => arrive(application.uid));
    },
  };
}
