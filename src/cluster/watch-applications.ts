import { projectOf } from '../application.ts';
import type { Application, JsonObject } from '../model.ts';
import { annotationWriter, type ObjectMetadata, project } from './kube-object.ts';
import { createReflector, type Reflector } from './reflector.ts';
import type { ReflectorDeps, ReflectorTimings } from './reflector-options.ts';
import { argoPath, type WatchScope } from './scope.ts';
import type { ReflectorHandlers } from './view.ts';

export interface ApplicationWatchOptions {
  scope: WatchScope;
  /** `--app-label-selector`. */
  labelSelector?: string | undefined;
  /** The annotation of which it is asked who wrote it: argocd-notifications'. */
  notifiedAnnotation?: string;
  handlers: ReflectorHandlers<Application>;
  /** Of the reflector. */
  room?(): Promise<void> | undefined;
  timings?: Partial<ReflectorTimings>;
}

/**
 * Applications of the controller's namespace and of `--application-namespaces`. The watch holds the one copy of each:
 * `values()` is for conditions that depend on the time, without asking the API server again.
 */
export function createApplicationWatch(
  deps: ReflectorDeps,
  options: ApplicationWatchOptions,
): Reflector<Application> {
  const { scope, labelSelector, notifiedAnnotation, handlers, room, timings } = options;
  return createReflector(deps, {
    name: 'applications',
    path: argoPath('applications', scope.onlyOwn ? scope.namespace : undefined),
    labelSelector: labelSelector === '' ? undefined : labelSelector,
    read: (object, metadata) =>
      scope.includes(metadata.namespace) ? readApplication(object, metadata, notifiedAnnotation) : undefined,
    isThin: true,
    handlers,
    ...(room === undefined ? {} : { room }),
    ...(timings === undefined ? {} : { timings }),
  });
}

/** The model of the object, which it takes over. */
export function readApplication(
  object: JsonObject,
  metadata: ObjectMetadata,
  notifiedAnnotation?: string,
): Application {
  const isNotified =
    notifiedAnnotation !== undefined && Object.hasOwn(metadata.annotations, notifiedAnnotation);
  const notifiedBy = isNotified ? annotationWriter(object, notifiedAnnotation) : undefined;
  const projected = project(object);
  const { uid, namespace, name, resourceVersion, labels, annotations } = metadata;
  return {
    uid,
    namespace,
    name,
    project: projectOf(projected),
    resourceVersion,
    labels,
    annotations,
    ...(notifiedBy === undefined ? {} : { notifiedBy }),
    object: projected,
  };
}
