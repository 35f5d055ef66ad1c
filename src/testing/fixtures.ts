/**
 * Parts and doubles for tests in this process, such as a ledger in memory; nothing that is shipped uses them. It may
 * import everything but `cli/`.
 */
import { readMetadata } from '../cluster/kube-object.ts';
import { readApplication } from '../cluster/watch-applications.ts';
import { readApplicationSet } from '../cluster/watch-applicationsets.ts';
import type { ConfigSnapshot } from '../cluster/watch-config.ts';
import type { Metrics } from '../metrics/interface.ts';
import type { Application, Json, JsonObject } from '../model.ts';

export const controllerNamespace = 'argocd';

interface Shape {
  namespace?: string;
  name?: string;
  /** Recipients of the service `console`, by trigger. */
  subscriptions?: Record<string, string>;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  status?: JsonObject;
  metadata?: JsonObject;
}

/** An Application as the watch hands it over; subscribed to nothing unless said. */
export function application(uid: string, shape: Shape = {}): Application {
  return read(uid, shape, 'Application', { project: 'default' }, readApplication);
}

/** The same of an ApplicationSet. */
export function applicationSet(uid: string, shape: Shape = {}): Application {
  const spec = {
    generators: [],
    template: { metadata: { name: '{{.name}}' }, spec: { project: 'default' } },
  };
  return read(uid, shape, 'ApplicationSet', spec, readApplicationSet);
}

function read(
  uid: string,
  shape: Shape,
  kind: string,
  spec: JsonObject,
  model: typeof readApplication,
): Application {
  const { namespace = controllerNamespace, name = uid, subscriptions = {}, status = {} } = shape;
  const subscribed = Object.entries(subscriptions).map(([trigger, recipient]) => [
    `notifications.argoproj.io/subscribe.${trigger}.console`,
    recipient,
  ]);
  const metadata: JsonObject = {
    uid,
    namespace,
    name,
    resourceVersion: '1',
    labels: shape.labels ?? {},
    annotations: { ...(Object.fromEntries(subscribed) as Record<string, string>), ...shape.annotations },
    ...shape.metadata,
  };
  const object: JsonObject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind,
    metadata,
    spec,
    status,
  };
  const found = readMetadata(object);
  if (!found) throw new Error('the fixture is no object of a cluster');
  return model(object, found);
}

export const healthy: JsonObject = { health: { status: 'Healthy' } };
export const degraded: JsonObject = { health: { status: 'Degraded' } };
/** No `health`, of which the condition of `on-degraded` asks a field: its evaluation fails. */
export const unknown: JsonObject = {};

export function synced(revision: string, health: Json = 'Healthy'): JsonObject {
  return { health: { status: health }, sync: { status: 'Synced', revision } };
}

/** A ConfigMap with a trigger of each kind. */
export const configMap: Readonly<Record<string, string>> = {
  'herald.service.console': '{}',
  'template.message': 'message: "{{.app.metadata.name}} is {{.app.status.health.status}}"',
  'trigger.on-degraded': `
- when: app.status.health.status == 'Degraded'
  send: [message]
  severity: critical`,
  'trigger.on-synced': `
- when: app.status.sync.status == 'Synced'
  oncePer: app.status.sync.revision
  send: [message]`,
  'trigger.on-deleted': `
- when: app.metadata.deletionTimestamp != nil
  send: [message]`,
};

/** What the watch says of the configuration of one namespace; `data` undefined: there is no ConfigMap. */
export function snapshot(
  data: Readonly<Record<string, string>> | undefined = configMap,
  { namespace = controllerNamespace, secret = {} as Record<string, string> } = {},
): ConfigSnapshot {
  const decoded = Object.entries(secret).map(([key, value]) => [key, Buffer.from(value)] as const);
  return {
    namespace,
    configMap: data && {
      uid: `uid-${namespace}`,
      name: 'argocd-notifications-cm',
      resourceVersion: '1',
      data,
    },
    secret: new Map(decoded),
    labelledSecrets: new Map(),
  };
}

/** The lines of one metric, without its help and without what stands at 0. */
export async function series(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.expose()).split('\n');
  return lines.filter(
    (line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && !line.endsWith(' 0'),
  );
}
