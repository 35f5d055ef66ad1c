/**
 * What stands for the revision of an Application with several sources. It has `revisions` in place of `revision`, which
 * is absent or empty, so that the value of `oncePer: app.status.sync.revision` would never vary. Which list is meant is
 * told by the paths that the expression reads.
 */
import { revisionsFor } from '../application.ts';
import { at } from '../json.ts';
import type { Json, JsonObject } from '../model.ts';
import type { ReadPath } from './expr/read-paths.ts';

const isEmpty = (value: Json | undefined): boolean => value === undefined || value === null || value === '';

/** `[a b]` where the expression reads a revision that an Application with several sources does not have. */
export function revisionsRead(paths: readonly ReadPath[], app: JsonObject): string | undefined {
  for (const { path } of paths) {
    const [variable, ...inside] = path;
    if (variable !== 'app' || inside.at(-1) !== 'revision' || !isEmpty(at(app, ...inside))) continue;
    const list = revisionsFor(app, inside);
    if (list.length > 0) return `[${list.join(' ')}]`;
  }
  return undefined;
}
