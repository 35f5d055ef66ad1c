/**
 * The one place that knows where an ApplicationSet keeps what, and what Herald adds to it. All take the object as the API
 * server shows it.
 */
import { at, isObject, objectAt, objectsAt, textAt } from './json.ts';
import type { JsonObject, OtherKind } from './model.ts';

/** Absent for an Application; the parts of Argo CD's API that are watched say what they are. */
export function kindOf(object: JsonObject): { kind?: OtherKind } {
  return isApplicationSet(object) ? { kind: 'ApplicationSet' } : {};
}

export function isApplicationSet(object: JsonObject): boolean {
  return object.kind === 'ApplicationSet';
}

/** The project of its Applications; '' where each has its own, made of parameters. */
export function projectOfSet(object: JsonObject): string {
  const project = textAt(object, 'spec', 'template', 'spec', 'project') || 'default';
  return project.includes('{{') ? '' : project;
}

/** An Application that an ApplicationSet has made, and that was deleted. */
export interface DeletedApplication {
  uid: string;
  namespace: string;
  name: string;
  project: string;
  /** Name or server of the cluster that it was deployed to. */
  cluster: string;
  /** RFC 3339. */
  deletedAt: string;
}

/** Milliseconds after the last deletion until the list of Applications that were deleted lately is over. */
export const deletionWindow = 600_000;

/** What Herald adds: Applications of it that were deleted lately, the last one first. */
export const deletedField = 'deletedApplications';

export function withDeleted(object: JsonObject, deleted: readonly DeletedApplication[]): JsonObject {
  return { ...object, [deletedField]: deleted.map((each) => ({ ...each })) };
}

export function deletedOf(object: JsonObject): DeletedApplication[] {
  return objectsAt(object, deletedField).map((each) => ({
    uid: textAt(each, 'uid'),
    namespace: textAt(each, 'namespace'),
    name: textAt(each, 'name'),
    project: textAt(each, 'project'),
    cluster: textAt(each, 'cluster'),
    deletedAt: textAt(each, 'deletedAt'),
  }));
}

/** The uid of the ApplicationSet that has made an Application. */
export function madeBy(app: JsonObject): string | undefined {
  const owner = objectsAt(app, 'metadata', 'ownerReferences').find(({ kind }) => kind === 'ApplicationSet');
  return owner && (textAt(owner, 'uid') || undefined);
}

/** What of its status does not grow with the number of its Applications. */
export function briefStatusOfSet(object: JsonObject): JsonObject {
  const { conditions, health, resourcesCount } = objectAt(object, 'status');
  return Object.fromEntries(
    Object.entries({ conditions, health, resourcesCount }).filter(
      (field): field is [string, NonNullable<(typeof field)[1]>] => field[1] !== undefined,
    ),
  );
}

/** It has been looked at: a set that is new has no conditions yet. */
export function isNewbornSet(object: JsonObject): boolean {
  return !isObject(at(object, 'status') ?? null);
}

/** What a condition or a template is about, under the name of its kind: that of the other is nil. */
export function subjectOf(object: JsonObject): Record<string, JsonObject | null> {
  return isApplicationSet(object) ? { app: null, applicationset: object } : { app: object };
}
