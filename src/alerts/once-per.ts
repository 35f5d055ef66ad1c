import type { ConditionResult, JsonObject } from '../model.ts';

/**
 * The value that tells the alerts of a condition apart, '' without oncePer.
 *
 * Applications with several sources have no `revision` but `revisions`; argocd-notifications then prints `<nil>`,
 * which never varies, or nothing, which is no oncePer at all. An expression that asks for a revision gets the list.
 */
export function oncePerValue(
  result: Extract<ConditionResult, { status: 'matched' }>,
  expression: string | undefined,
  app: JsonObject,
): string {
  if (result.oncePer.kind === 'value') return result.oncePer.printed;
  if (expression !== undefined && /revision/i.test(expression)) {
    const revisions = revisionsOf(app, /syncResult/.test(expression));
    if (revisions.length > 0) return `[${revisions.join(' ')}]`;
  }
  return result.oncePer.kind === 'nil' ? '<nil>' : '';
}

function revisionsOf(app: JsonObject, ofOperation: boolean): string[] {
  const status = objectAt(app, 'status');
  const synced = objectAt(status, 'sync').revisions;
  const operated = objectAt(objectAt(status, 'operationState'), 'syncResult').revisions;
  const revisions = ofOperation ? (operated ?? synced) : synced;
  return Array.isArray(revisions) ? revisions.filter((revision) => typeof revision === 'string') : [];
}

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}
