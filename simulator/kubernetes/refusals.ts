/** What the API server (1.34) refuses of one object, in its words. */
import type { JsonObject } from '../../src/model.ts';
import { qualified, type Resource } from './resources.ts';
import { type ApiError, apiError } from './status.ts';

interface Named {
  resource: Resource;
  name: string;
}

export function notFound(target: Named): ApiError {
  return apiError(404, `${subject(target)} not found`, details(target));
}

export function alreadyExists(target: Named): ApiError {
  return apiError(409, `${subject(target)} already exists`, details(target), 'AlreadyExists');
}

export function conflict(target: Named, why: string): ApiError {
  return apiError(409, `Operation cannot be fulfilled on ${subject(target)}: ${why}`, details(target));
}

/** Of an update of a custom resource that names no revision. */
export function withoutRevision(target: Named): ApiError {
  const message = 'Invalid value: 0: must be specified for an update';
  return apiError(422, `${subject(target)} is invalid: metadata.resourceVersion: ${message}`, {
    ...details(target),
    causes: [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }],
  });
}

/** Of a patch that names the uid of another object. */
export function immutableUid(target: Named, uid: string): ApiError {
  const { group, kind } = target.resource;
  const message = `Invalid value: "${uid}": field is immutable`;
  const named = `${group === '' ? kind : `${kind}.${group}`} "${target.name}"`;
  return apiError(422, `${named} is invalid: metadata.uid: ${message}`, {
    ...details(target),
    kind,
    causes: [{ reason: 'FieldValueInvalid', message, field: 'metadata.uid' }],
  });
}

export function details({ resource, name }: Named): JsonObject {
  const { group, plural } = resource;
  return { name, ...(group === '' ? {} : { group }), kind: plural };
}

function subject({ resource, name }: Named): string {
  return `${qualified(resource)} "${name}"`;
}
