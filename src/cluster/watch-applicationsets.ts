import type { JsonObject } from '../model.ts';
import { type ObjectMetadata, project } from './kube-object.ts';
import { createReflector, type Reflector } from './reflector.ts';
import type { ReflectorDeps, ReflectorTimings } from './reflector-options.ts';
import { argoPath, type WatchScope } from './scope.ts';
import type { ReflectorHandlers } from './view.ts';

/** An ApplicationSet as Herald keeps it. */
export interface ApplicationSet extends ObjectMetadata {
  /** Without managedFields and last-applied. */
  object: JsonObject;
}

export interface ApplicationSetWatchOptions {
  scope: WatchScope;
  handlers: ReflectorHandlers<ApplicationSet>;
  timings?: Partial<ReflectorTimings>;
}

/**
 * ApplicationSets where the CustomResourceDefinition is there and the service account may read them (that of
 * argocd-notifications may not): without, the watch is ready, empty, and asks again every few minutes.
 */
export function createApplicationSetWatch(
  deps: ReflectorDeps,
  { scope, handlers, timings }: ApplicationSetWatchOptions,
): Reflector<ApplicationSet> {
  return createReflector(deps, {
    name: 'applicationsets',
    path: argoPath('applicationsets', scope.onlyOwn ? scope.namespace : undefined),
    read: (object, metadata) =>
      scope.includes(metadata.namespace) ? { ...metadata, object: project(object) } : undefined,
    handlers,
    optional: {
      without: 'the metric herald_applicationset_condition',
      mend: 'Allow it in the Role, as config/base/role.yaml does.',
    },
    ...(timings === undefined ? {} : { timings }),
  });
}
