import type { Json, JsonObject } from '../model.ts';

/**
 * Argo CD has not looked at the Application yet: it is born without a status or, by Argo CD's own clients, with one whose
 * fields are empty. Conditions that read the status fail then, which is no mistake of theirs.
 */
export function isNewborn({ status }: JsonObject): boolean {
  if (!isObject(status)) return true;
  const isEmpty = isObject(status.sync) && status.sync.status === '';
  return isEmpty && status.reconciledAt === undefined && status.operationState === undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
