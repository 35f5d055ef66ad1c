/** What the API server does with the text of one object. */
import { isObject, textOf } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';
import { apiVersion, type Resource, type Target } from './resources.ts';
import { apiError } from './status.ts';

export function metadataOf(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isObject(metadata)) throw apiError(422, 'metadata: Required value');
  return metadata;
}

/** The start of each text, which list items of built-in kinds go without. */
export function kindPrefix(resource: Resource): string {
  return `{"kind":"${resource.kind}","apiVersion":"${apiVersion(resource)}",`;
}

export function serialise(resource: Resource, object: JsonObject): string {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return kindPrefix(resource) + JSON.stringify(rest).slice(1);
}

/** A copy with its kind, and with `stringData` of a Secret encoded. */
export function normalise(resource: Resource, object: JsonObject): JsonObject {
  if (object.kind !== undefined && object.kind !== resource.kind) {
    throw apiError(
      400,
      `the object provided is unrecognized: kind ${textOf(object.kind)} is not ${resource.kind}`,
    );
  }
  if (object.apiVersion !== undefined && object.apiVersion !== apiVersion(resource)) {
    throw apiError(
      400,
      `the API version in the data (${textOf(object.apiVersion)}) does not match the expected one`,
    );
  }
  const copy = {
    ...structuredClone(object),
    kind: resource.kind,
    apiVersion: apiVersion(resource),
  } as JsonObject;
  if (resource.kind === 'Secret' && copy.stringData !== undefined) {
    const plain = Object.entries(copy.stringData as Record<string, string>);
    const encoded = plain.map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    copy.data = { ...(copy.data as JsonObject | undefined), ...Object.fromEntries(encoded) };
    delete copy.stringData;
  }
  return copy;
}

export function validateIdentity(target: Target, object: JsonObject): string {
  const { resource } = target;
  const metadata = metadataOf(object);
  const { name } = metadata;
  if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) || name.length > 253) {
    throw apiError(
      422,
      `${resource.kind} is invalid: metadata.name: Invalid value: ${JSON.stringify(name ?? '')}`,
    );
  }
  if (target.name !== undefined && target.name !== name) {
    throw apiError(
      400,
      `the name of the object (${name}) does not match the name on the URL (${target.name})`,
    );
  }
  if (metadata.namespace !== undefined && metadata.namespace !== target.namespace) {
    throw apiError(
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  return name;
}

export function finalizersOf(metadata: JsonObject): Json[] {
  return Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
}

/** What a change of counts as another generation: the status of Argo CD's kinds too, which is no subresource there. */
export function generated(
  { custom }: Resource,
  { metadata: _metadata, status, ...rest }: JsonObject,
): JsonObject {
  return custom && status !== undefined ? { ...rest, status } : rest;
}
