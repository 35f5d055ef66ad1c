import type { JsonObject } from '../../src/model.ts';

/** Channels by trigger: `{ 'on-sync-failed': 'alerts' }` becomes a subscription by annotation. */
export type Subscriptions = Record<string, string>;

export interface ApplicationShape {
  namespace?: string;
  project?: string;
  subscriptions?: Subscriptions;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  finalizers?: string[];
  status?: JsonObject;
}

export function application(name: string, shape: ApplicationShape = {}): JsonObject {
  const { namespace = 'argocd', project = 'default', labels = {}, finalizers = [] } = shape;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      namespace,
      labels,
      finalizers,
      annotations: { ...subscribe(shape.subscriptions ?? {}), ...shape.annotations },
    },
    spec: { project, source: { repoURL: 'https://git.example.com/apps.git', path: name } },
    status: shape.status ?? healthy,
  };
}

export function subscribe(subscriptions: Subscriptions): Record<string, string> {
  return Object.fromEntries(
    Object.entries(subscriptions).map(([trigger, channel]) => [
      `notifications.argoproj.io/subscribe.${trigger}.slack`,
      channel,
    ]),
  );
}

export const healthy: JsonObject = { health: { status: 'Healthy' } };
export const degraded: JsonObject = { health: { status: 'Degraded' } };

export function named(name: string, namespace = 'argocd') {
  return { kind: 'Application', namespace, name };
}

/** The statuses of operations, as patches. Argo CD compares an Application right after its operation. */
const startedAt = '2026-11-22T11:00:00Z';
const finishedAt = '2026-11-22T11:01:00Z';
const comparedAt = '2026-11-22T11:01:01Z';

export function running(): JsonObject {
  return { status: { operationState: { phase: 'Running', startedAt, finishedAt: null, message: null } } };
}

export function failed(revision: string, message: string): JsonObject {
  return {
    status: {
      sync: { status: 'OutOfSync', revision },
      operationState: { phase: 'Failed', startedAt, finishedAt, message },
      reconciledAt: comparedAt,
    },
  };
}

export function succeeded(revision: string): JsonObject {
  return {
    status: {
      sync: { status: 'Synced', revision },
      operationState: { phase: 'Succeeded', startedAt, finishedAt, message: 'successfully synced' },
      reconciledAt: comparedAt,
    },
  };
}

/** Of an object in the cluster. */
export function uidOf(object: JsonObject | undefined): string {
  if (object === undefined) throw new Error('There is no such object');
  return (object.metadata as { uid: string }).uid;
}
