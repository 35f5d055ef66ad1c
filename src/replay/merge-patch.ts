import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';

/**
 * What turns one object into another, as a merge patch (RFC 7386); undefined where no such patch can say it, since null
 * means that a key goes.
 */
export function mergePatchOf(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const changes: [string, Json][] = [];
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) changes.push([key, null]);
  for (const [key, value] of Object.entries(after)) {
    const known = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isDeepStrictEqual(known, value)) continue;
    const change = isObject(known) && isObject(value) ? mergePatchOf(known, value) : whole(value);
    if (change === undefined) return undefined;
    changes.push([key, change]);
  }
  return Object.fromEntries(changes);
}

/** A value that stands where there was none of its kind: objects merge, so it may hold no null but inside of lists. */
function whole(value: Json): Json | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) return value;
  return Object.values(value).every((inner) => whole(inner) !== undefined) ? value : undefined;
}

/** What is not changed is shared with `target`, which stays as it is. */
export function applyMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = { ...target };
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete merged[key];
    else define(merged, key, isObject(change) ? applyMergePatch(objectIn(target, key), change) : change);
  }
  return merged;
}

function objectIn(target: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(target, key) ? target[key] : undefined;
  return isObject(value) ? value : {};
}

/** A key such as `__proto__` is one like any other. */
function define(object: JsonObject, key: string, value: Json): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
