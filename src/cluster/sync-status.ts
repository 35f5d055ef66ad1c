import { compareTimes, type GoTime } from '../go/time.ts';
import { parseRFC3339 } from '../go/time-parse.ts';
import type { Json, JsonObject } from '../model.ts';

/**
 * Whether Argo CD has compared the Application again since its last operation ended. Until then its sync status is
 * that of before the operation, and evaluating it would notify of a state that is over. Behaviour of Argo CD's
 * `isAppSyncStatusRefreshed`; vectors: `refresh` in test/conformance/state.json.
 */
export function isSyncStatusRefreshed(application: JsonObject): boolean {
  const status = asObject(application.status);
  const operation = asObject(status?.operationState);
  const phase = operation?.phase;
  if (phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Error') return true;
  const finishedAt = parseTime(operation?.finishedAt);
  if (finishedAt === undefined) return false;
  return [status?.reconciledAt, status?.observedAt].some((value) => {
    const comparedAt = parseTime(value);
    return comparedAt !== undefined && compareTimes(comparedAt, finishedAt) >= 0;
  });
}

function parseTime(value: Json | undefined): GoTime | undefined {
  if (typeof value !== 'string') return undefined;
  const parsed = parseRFC3339(value);
  return parsed.ok ? parsed.time : undefined;
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
}
