/**
 * Reads JSON values whose shape nobody vouches for: what is missing, or of another type than it should be, is absent.
 * Only own properties count, so that a key such as `constructor` finds nothing.
 */
import type { Json, JsonObject } from './model.ts';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys and list indexes (as digits). */
export function at(value: unknown, ...path: readonly string[]): Json | undefined {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as JsonObject)[key];
  }
  return found as Json | undefined;
}

/** '' for what is no string. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** '' where there is no string. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  return textOf(at(value, ...path));
}

/** {} where there is no object. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

/** The objects of a list; [] where there is no list. */
export function objectsAt(value: unknown, ...path: readonly string[]): JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

/** The strings of a list that are not empty; [] where there is no list. */
export function textsAt(value: unknown, ...path: readonly string[]): string[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.map(textOf).filter((text) => text !== '') : [];
}
