import { silenceProblems } from '../alerts/silence-annotations.ts';
import { compileNamespacePatterns } from '../cluster/namespace-patterns.ts';
import { checkRequests, type Subscribed } from '../config/check-sections.ts';
import type { Config } from '../config/config.ts';
import { suggestion } from '../go/did-you-mean.ts';
import { textOf } from '../json.ts';
import type { Problem } from '../model.ts';
import { type SubscribableConfig, subscriptionProblems } from '../subscriptions/problems.ts';
import { resolveSubscriptions } from '../subscriptions/resolve.ts';
import { applicationOf, metadataOf, stringsOf } from './object-values.ts';
import type { Source } from './source.ts';

/** A problem of an Application or AppProject, or of what one subscribes to. */
export interface ObjectProblem extends Problem {
  /** `Application argocd/guestbook`. */
  object: string;
}

export interface ClusterSubscriptions {
  problems: ObjectProblem[];
  /** `312 Applications and 4 AppProjects`. */
  looked: string;
}

export interface ClusterCheckOptions {
  /** As `--application-namespaces` has them: others than Argo CD's own. */
  applicationNamespaces: readonly string[];
  /** Namespaces of Applications have ConfigMaps of their own. */
  selfService: boolean;
  /** Of Argo CD. */
  namespace: string;
}

/** Everything wrong in the subscriptions and silences of all Applications and AppProjects of the cluster, by object. */
export async function checkClusterSubscriptions(
  source: Source,
  config: Config,
  { applicationNamespaces, selfService, namespace }: ClusterCheckOptions,
): Promise<ClusterSubscriptions> {
  const patterns = compileNamespacePatterns(applicationNamespaces);
  const isWatched = (name: string) => name === namespace || patterns.matches(name);
  const everywhere = applicationNamespaces.length > 0;
  const applications = (await source.list('applications', everywhere ? undefined : namespace))
    .map((object) => applicationOf(object, namespace))
    .filter((application) => isWatched(application.namespace));
  // Where there are none, or they may not be read, nothing is subscribed on them.
  const sets = (await source.list('applicationsets', everywhere ? undefined : namespace).catch(() => []))
    .map((object) => applicationOf({ ...object, kind: 'ApplicationSet' }, namespace))
    .filter((set) => isWatched(set.namespace));
  const projects = await source.list('appprojects', namespace);
  const controller: SubscribableConfig = { namespace, config };
  const own = new Map<string, Promise<Config | undefined>>();

  const configsOf = async (name: string): Promise<{ namespace: string; config: Config }[]> => {
    if (!selfService || name === namespace) return [{ namespace, config }];
    if (!own.has(name)) own.set(name, source.tenantConfig(name));
    const tenant = await own.get(name);
    return [...(tenant ? [{ namespace: name, config: tenant }] : []), { namespace, config }];
  };

  const problems: ObjectProblem[] = [];
  const subscribed = new Map<string, { subscribed: Subscribed; object: string; config: Config }>();
  for (const application of [...applications, ...sets]) {
    const { kind = 'Application' } = application;
    const object = `${kind} ${application.namespace}/${application.name}`;
    const configs = await configsOf(application.namespace);
    const found = [
      ...subscriptionProblems({ ...application, kind }, configs),
      ...silenceProblems(application),
    ];
    problems.push(...found.map((problem) => ({ ...problem, object })));
    const project = projects.find((each) => textOf(metadataOf(each).name) === application.project);
    const ofProject = stringsOf(metadataOf(project).annotations);
    for (const each of configs) {
      const annotated = { ...each.config, subscriptions: [] };
      for (const { trigger, destination } of resolveSubscriptions(application, ofProject, annotated)
        .subscriptions) {
        const key = JSON.stringify([each.namespace, trigger, destination.service]);
        if (subscribed.has(key)) continue;
        const { service } = destination;
        subscribed.set(key, {
          subscribed: { trigger, service, key: `trigger.${trigger}` },
          object,
          config: each.config,
        });
      }
    }
  }
  for (const { subscribed: one, object, config: of } of subscribed.values()) {
    const sections = { ...of, serviceNames: new Set(of.services.keys()), suggest: suggestion };
    problems.push(...checkRequests([one], sections).map((problem) => ({ ...problem, object })));
  }
  for (const project of projects) {
    const { annotations, labels } = metadataOf(project);
    const parts = { annotations: stringsOf(annotations), labels: stringsOf(labels) };
    const found = [
      ...subscriptionProblems({ kind: 'AppProject', ...parts }, [controller]),
      ...silenceProblems(parts),
    ];
    problems.push(
      ...found.map((problem) => ({
        ...problem,
        object: `AppProject ${namespace}/${textOf(metadataOf(project).name)}`,
      })),
    );
  }
  const ofSets = sets.length === 0 ? '' : `, ${sets.length} ApplicationSets`;
  const looked = `${applications.length} Applications${ofSets} and ${projects.length} AppProjects`;
  return { problems, looked };
}
