/** What of an Application is kept beside its record. */
import { briefStatusOfSet, deletedField, isApplicationSet } from './application-set.ts';
import { isObject, objectAt, textAt } from './json.ts';
import type { Json, JsonObject } from './model.ts';

/**
 * The object with what of its status does not grow with the number of resources, a few KB: when the Application is gone
 * after a restart, its last message is rendered from this.
 */
export function briefOf(app: JsonObject): JsonObject {
  if (isApplicationSet(app)) {
    const { apiVersion = null, kind = null, metadata = {}, spec = {}, [deletedField]: deleted } = app;
    return definedOf({
      apiVersion,
      kind,
      metadata,
      spec,
      status: briefStatusOfSet(app),
      [deletedField]: deleted,
    });
  }
  const { sync, health, summary, operationState, reconciledAt, conditions } = objectAt(app, 'status');
  return {
    apiVersion: app.apiVersion ?? null,
    kind: app.kind ?? null,
    metadata: app.metadata ?? {},
    spec: app.spec ?? {},
    status: definedOf({
      sync: partOf(sync, ['status', 'revision', 'revisions']),
      health,
      summary,
      reconciledAt,
      operationState: briefOperation(operationState),
      conditions: briefConditions(conditions),
    }),
  };
}

/** Characters of what a condition says, which may be all of a tool's output. */
const longestMessage = 500;

function briefConditions(conditions: Json | undefined): Json | undefined {
  if (!Array.isArray(conditions)) return undefined;
  return conditions.filter(isObject).map((condition) => ({
    ...condition,
    message: textAt(condition, 'message').slice(0, longestMessage),
  }));
}

function briefOperation(state: Json | undefined): JsonObject | undefined {
  if (!isObject(state)) return undefined;
  return definedOf({
    ...partOf(state, ['phase', 'message', 'startedAt', 'finishedAt', 'operation']),
    syncResult: partOf(state.syncResult, ['revision', 'revisions']),
  });
}

function partOf(value: Json | undefined, keys: readonly string[]): JsonObject | undefined {
  return isObject(value) ? definedOf(Object.fromEntries(keys.map((key) => [key, value[key]]))) : undefined;
}

function definedOf(fields: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined),
  );
}
