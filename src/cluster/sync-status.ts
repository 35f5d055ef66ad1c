import { comparisons, operationOf, readTime } from '../application.ts';
import { MINUTE } from '../go/duration.ts';
import { compareTimes, subtractTimes } from '../go/time.ts';
import type { JsonObject } from '../model.ts';

/**
 * So long after its start an operation that is over and has no end is taken for an old one. Argo CD writes phase and end
 * in one go; after a crash the end may be missing for good.
 */
const stuckAfter = 5n * MINUTE;

/**
 * Whether Argo CD has compared the Application again since its last operation ended. Until then its sync status is
 * that of before the operation, and evaluating it would notify of a state that is over. Behaviour of Argo CD's
 * `isAppSyncStatusRefreshed`; vectors: `refresh` in test/conformance/state.json. Unlike there an operation that is stuck
 * (`isOperationStuck`) holds nothing up.
 */
export function isSyncStatusRefreshed(application: JsonObject): boolean {
  const { isOver, finishedAt } = operationOf(application);
  if (!isOver || isOperationStuck(application)) return true;
  const finished = readTime(finishedAt);
  if (finished === undefined) return false;
  return comparisons(application).some((comparedAt) => compareTimes(comparedAt, finished) >= 0);
}

/** Whether the operation is over without an end, although the Application was compared long after its start. */
export function isOperationStuck(application: JsonObject): boolean {
  const { isOver, startedAt, finishedAt } = operationOf(application);
  const started = readTime(startedAt);
  if (!isOver || readTime(finishedAt) !== undefined || started === undefined) return false;
  return comparisons(application).some(
    (comparedAt) => subtractTimes(comparedAt, started).nanoseconds >= stuckAfter,
  );
}
