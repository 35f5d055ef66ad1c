import { createHash } from 'node:crypto';
import type { ApplicationRecord } from '../ledger/rows.ts';
import type { Application, Json, JsonObject } from '../model.ts';

const subscriptionPrefix = 'notifications.argoproj.io/';

/**
 * What the ledger keeps of an Application, a few KB: when it is gone after a restart, its last message is rendered
 * from this. Of `status` only what does not grow with the number of resources.
 */
export function applicationRecord(application: Application): ApplicationRecord {
  const { uid, namespace, name, resourceVersion, object } = application;
  const status = isObject(object.status) ? object.status : {};
  const { sync, health, summary, operationState, reconciledAt } = status;
  return {
    uid,
    namespace,
    name,
    revision: resourceVersion,
    object: {
      apiVersion: object.apiVersion ?? null,
      kind: object.kind ?? null,
      metadata: object.metadata ?? {},
      spec: object.spec ?? {},
      status: definedOf({
        sync: syncOf(sync),
        health,
        summary,
        reconciledAt,
        operationState: operationOf(operationState),
      }),
    },
  };
}

/** Changes when what decides about subscriptions does; status and Argo CD's own annotations are not part of it. */
export function recordFingerprint(record: ApplicationRecord): string {
  const metadata = isObject(record.object.metadata) ? record.object.metadata : {};
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {};
  const subscriptions = Object.entries(annotations).filter(([key]) => key.startsWith(subscriptionPrefix));
  const spec = isObject(record.object.spec) ? record.object.spec : {};
  const decisive = [
    metadata.labels ?? null,
    subscriptions.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    spec.project ?? null,
  ];
  return createHash('sha1').update(JSON.stringify(decisive)).digest('base64url');
}

function syncOf(sync: Json | undefined): Json | undefined {
  if (!isObject(sync)) return undefined;
  const { status, revision, revisions } = sync;
  return definedOf({ status, revision, revisions });
}

function operationOf(state: Json | undefined): Json | undefined {
  if (!isObject(state)) return undefined;
  const { phase, message, startedAt, finishedAt, syncResult, operation } = state;
  const { revision, revisions } = isObject(syncResult) ? syncResult : {};
  return definedOf({
    phase,
    message,
    startedAt,
    finishedAt,
    operation,
    ...(isObject(syncResult) ? { syncResult: definedOf({ revision, revisions }) } : {}),
  });
}

function definedOf(fields: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined),
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
