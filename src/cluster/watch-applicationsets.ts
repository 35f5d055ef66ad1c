import { deletedOf, projectOfSet, withDeleted } from '../application-set.ts';
import type { Application, JsonObject } from '../model.ts';
import { type ObjectMetadata, project } from './kube-object.ts';
import { createReflector, type Reflector } from './reflector.ts';
import type { ReflectorDeps, ReflectorTimings } from './reflector-options.ts';
import { argoPath, type WatchScope } from './scope.ts';
import type { ReflectorHandlers } from './view.ts';

export interface ApplicationSetWatchOptions {
  scope: WatchScope;
  handlers: ReflectorHandlers<Application>;
  /** Of the reflector. */
  room?(): Promise<void> | undefined;
  timings?: Partial<ReflectorTimings>;
}

/**
 * ApplicationSets where the CustomResourceDefinition is there and the service account may read them (that of
 * argocd-notifications may not): without, the watch is ready, empty, and asks again every few minutes.
 */
export function createApplicationSetWatch(
  deps: ReflectorDeps,
  { scope, handlers, room, timings }: ApplicationSetWatchOptions,
): Reflector<Application> {
  return createReflector(deps, {
    name: 'applicationsets',
    path: argoPath('applicationsets', scope.onlyOwn ? scope.namespace : undefined),
    read: (object, metadata) =>
      scope.includes(metadata.namespace) ? readApplicationSet(object, metadata) : undefined,
    isThin: true,
    handlers,
    ...(room === undefined ? {} : { room }),
    optional: {
      without: 'triggers about ApplicationSets and the metric herald_applicationset_condition',
      mend: 'Allow it in the Role, as config/base/role.yaml does.',
    },
    ...(timings === undefined ? {} : { timings }),
  });
}

/** The model of the object, which it takes over. */
export function readApplicationSet(object: JsonObject, metadata: ObjectMetadata): Application {
  const shown = withDeleted({ ...project(object), kind: 'ApplicationSet' }, deletedOf(object));
  const { uid, namespace, name, resourceVersion, labels, annotations } = metadata;
  return {
    kind: 'ApplicationSet',
    uid,
    namespace,
    name,
    project: projectOfSet(shown),
    resourceVersion,
    labels,
    annotations,
    object: shown,
  };
}
