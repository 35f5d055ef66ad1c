/** Who has written which fields: `metadata.managedFields`, as the API server keeps it for updates and merge patches. */
import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../src/json.ts';
import type { Json, JsonObject } from '../../src/model.ts';

/** What the server writes into the metadata itself. */
const ownedByServer = new Set(['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp']);

/**
 * The entries after an update: the manager owns each field whose value it has changed, and whoever had written it before
 * owns it no more. Lists are one field. Nobody is noted for what creates an object here.
 */
export function managedFieldsAfter(
  before: JsonObject,
  after: JsonObject,
  manager: string,
  time: string,
): JsonObject[] {
  const changed = changedFields(withoutServers(before), withoutServers(after));
  const { managedFields } = before.metadata as JsonObject;
  const entries = (Array.isArray(managedFields) ? managedFields : []) as JsonObject[];
  if (changed === undefined) return entries;
  const own = entries.find((entry) => entry.manager === manager);
  const others = entries
    .filter((entry) => entry !== own)
    .map((entry) => ({ ...entry, fieldsV1: without(entry.fieldsV1 as JsonObject, changed) }))
    .filter(({ fieldsV1 }) => Object.keys(fieldsV1).length > 0);
  const fieldsV1 = union((own?.fieldsV1 ?? {}) as JsonObject, changed);
  const { apiVersion } = after;
  return [
    ...others,
    { manager, operation: 'Update', apiVersion: apiVersion ?? '', time, fieldsType: 'FieldsV1', fieldsV1 },
  ];
}

function withoutServers(object: JsonObject): JsonObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  const kept = Object.entries(metadata as JsonObject).filter(([key]) => !ownedByServer.has(key));
  return { ...rest, metadata: Object.fromEntries(kept) };
}

/** `{"f:metadata":{"f:annotations":{"f:key":{}}}}` of what differs; undefined: nothing does. */
function changedFields(before: Json | undefined, after: Json | undefined): JsonObject | undefined {
  if (isDeepStrictEqual(before, after)) return undefined;
  if (!isObject(after) && !isObject(before)) return {};
  const [from, to] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) => {
    const inner = changedFields(from[key], to[key]);
    return inner === undefined ? [] : [[`f:${key}`, inner] as const];
  });
  return Object.fromEntries(fields);
}

function without(fields: JsonObject, taken: JsonObject): JsonObject {
  const left = Object.entries(fields).flatMap(([key, inner]) => {
    const gone = taken[key];
    if (gone === undefined) return [[key, inner] as const];
    const below = without(inner as JsonObject, gone as JsonObject);
    return Object.keys(below).length === 0 ? [] : [[key, below] as const];
  });
  return Object.fromEntries(left);
}

function union(a: JsonObject, b: JsonObject): JsonObject {
  const merged = { ...a };
  for (const [key, inner] of Object.entries(b)) {
    const other = merged[key];
    merged[key] = isObject(other) ? union(other, inner as JsonObject) : inner;
  }
  return merged;
}
