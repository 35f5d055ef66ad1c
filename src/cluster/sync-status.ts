import { MINUTE } from '../go/duration.ts';
import { compareTimes, type GoTime, subtractTimes } from '../go/time.ts';
import { parseRFC3339 } from '../go/time-parse.ts';
import type { Json, JsonObject } from '../model.ts';

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
  if (finishedAt === undefined) return false;
  return comparisons(application).some((comparedAt) => compareTimes(comparedAt, finishedAt) >= 0);
}

/** Whether the operation is over without an end, although the Application was compared long after its start. */
export function isOperationStuck(application: JsonObject): boolean {
  const { isOver, startedAt, finishedAt } = operationOf(application);
  if (!isOver || finishedAt !== undefined || startedAt === undefined) return false;
  return comparisons(application).some(
    (comparedAt) => subtractTimes(comparedAt, startedAt).nanoseconds >= stuckAfter,
  );
}

function operationOf(application: JsonObject): {
  isOver: boolean;
  startedAt: GoTime | undefined;
  finishedAt: GoTime | undefined;
} {
  const operation = asObject(asObject(application.status)?.operationState);
  const phase = operation?.phase;
  return {
    isOver: phase === 'Succeeded' || phase === 'Failed' || phase === 'Error',
    startedAt: parseTime(operation?.startedAt),
    finishedAt: parseTime(operation?.finishedAt),
  };
}

/** When Argo CD compared the Application. */
function comparisons(application: JsonObject): GoTime[] {
  const status = asObject(application.status);
  return [status?.reconciledAt, status?.observedAt].map(parseTime).filter((time) => time !== undefined);
}

function parseTime(value: Json | undefined): GoTime | undefined {
  if (typeof value !== 'string') return undefined;
  const parsed = parseRFC3339(value);
  return parsed.ok ? parsed.time : undefined;
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
}
