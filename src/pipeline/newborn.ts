import type { Json, JsonObject } from '../model.ts';

/**
 * Argo CD has not looked at the Application yet: it is born without a status, or, by an ApplicationSet, with one whose
 * fields are empty. Conditions that read the status fail then, which is no mistake of theirs.
 */
export function isNewborn({ status }: JsonObject): boolean {
  if (!isObject(status)) return true;
  const isCompared =
    isObject(status.sync) && typeof status.sync.status === 'string' && status.sync.status !== '';
  return !isCompared && status.reconciledAt === undefined && status.operationState === undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
