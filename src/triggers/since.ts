/**
 * Since when an Application or ApplicationSet is as a condition reads it, so that a wait (`for`) also counts while nobody watches. The
 * newest change among what `when` reads is never before the match began; where a part of it has no time, nobody knows.
 */
import { changedAt } from '../application.ts';
import type { JsonObject } from '../model.ts';
import type { Program } from './expr/compile.ts';

/** Undefined: the expression can never say, since its answer changes with the clock or the past as well. */
export function createSince(when: Program): ((app: JsonObject) => number | undefined) | undefined {
  const readsWindows = when.paths.some(
    ({ path: [variable, member = 'syncWindows'] }) => variable === 'shared' && member === 'syncWindows',
  );
  if (when.timeDependent || readsWindows || when.tracked.size > 0) return undefined;
  const paths = when.paths
    .filter(({ path: [variable] }) => variable === 'app' || variable === 'applicationset')
    .map(({ path: [, ...inside] }) => inside);
  return (app) => {
    const times = paths.map((path) => changedAt(app, path, when.texts)).filter((time) => time !== undefined);
    return times.length > 0 && times.every((time) => time !== 'unknown') ? Math.max(...times) : undefined;
  };
}
