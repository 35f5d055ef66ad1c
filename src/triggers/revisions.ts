/**
 * What stands for the revision of an Application with several sources. It has `revisions` in place of `revision`, which
 * is absent or empty, so that the value of `oncePer: app.status.sync.revision` would never vary. Which list is meant is
 * told by the paths that the expression reads.
 */
import type { Json, JsonObject } from '../model.ts';
import type { ReadPath } from './expr/read-paths.ts';

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as { [key: string]: Json })[key];
  }
  return found;
}

const OPERATION = ['status', 'operationState'];
const SYNC_RESULT = [...OPERATION, 'syncResult'].join('.');

const isEmpty = (value: Json | undefined): boolean => value === undefined || value === null || value === '';

const isRunning = (app: JsonObject): boolean => {
  const phase = at(app, [...OPERATION, 'phase']);
  return phase === 'Running' || phase === 'Terminating';
};

function listAt(app: JsonObject, path: readonly string[]): string[] {
  const list = at(app, path);
  return Array.isArray(list)
    ? (list.filter((item) => typeof item === 'string' && item !== '') as string[])
    : [];
}

/** The list that stands for the revision at a path of the Application. */
function listFor(app: JsonObject, path: readonly string[]): string[] {
  const parent = path.slice(0, -1);
  const beside = listAt(app, [...parent, 'revisions']);
  if (beside.length > 0 || parent.join('.') !== SYNC_RESULT || isRunning(app)) return beside;
  // What an operation has synced is known when it has ended; where none is recorded, what was compared last.
  return listAt(app, ['status', 'sync', 'revisions']);
}

/** `[a b]` where the expression reads a revision that an Application with several sources does not have. */
export function revisionsRead(paths: readonly ReadPath[], app: JsonObject): string | undefined {
  for (const { path } of paths) {
    const [variable, ...inside] = path;
    if (variable !== 'app' || inside.at(-1) !== 'revision' || !isEmpty(at(app, inside))) continue;
    const list = listFor(app, inside);
    if (list.length > 0) return `[${list.join(' ')}]`;
  }
  return undefined;
}
