import type { JsonObject } from '../model.ts';
import { type ObjectMetadata, project } from './kube-object.ts';
import { createReflector, type Reflector } from './reflector.ts';
import type { ReflectorDeps, ReflectorTimings } from './reflector-options.ts';
import { argoPath } from './scope.ts';
import type { ReflectorHandlers } from './view.ts';

/** An AppProject as Herald keeps it: its annotations are subscriptions of its Applications. */
export interface AppProject extends ObjectMetadata {
  /** What templates see as `appProject`, without managedFields and last-applied. */
  object: JsonObject;
}

export interface ProjectWatchOptions {
  /** The controller's: AppProjects live nowhere else, also for Applications in other namespaces. */
  namespace: string;
  handlers: ReflectorHandlers<AppProject>;
  timings?: Partial<ReflectorTimings>;
}

export function createProjectWatch(
  deps: ReflectorDeps,
  { namespace, handlers, timings }: ProjectWatchOptions,
): Reflector<AppProject> {
  return createReflector(deps, {
    name: 'appprojects',
    path: argoPath('appprojects', namespace),
    read: (object, metadata) => ({ ...metadata, object: project(object) }),
    handlers,
    // Applications are told of all the same.
    optional: {
      without: 'subscriptions of AppProjects, and appProject in templates',
      mend: 'Allow it in the Role, as config/base/role.yaml does.',
    },
    ...(timings === undefined ? {} : { timings }),
  });
}
