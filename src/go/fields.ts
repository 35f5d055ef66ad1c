import type { Json, JsonObject } from '../model.ts';
import { field, fieldKey, type YamlPath } from './yaml.ts';

/** A field under the first of its spellings that is there, with its place. */
export function fieldOf(
  object: JsonObject,
  path: YamlPath,
  spellings: readonly string[],
): { value: Json; path: YamlPath } | undefined {
  for (const spelling of spellings) {
    const key = fieldKey(object, spelling);
    if (key !== undefined) return { value: field(object, spelling) ?? null, path: [...path, key] };
  }
  return undefined;
}
