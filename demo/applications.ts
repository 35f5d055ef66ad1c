import { randomBytes } from 'node:crypto';
import type { ObjectName, SimulatedCluster } from '../simulator/kubernetes/cluster.ts';
import type { JsonObject } from '../src/model.ts';

const namespace = 'argocd';
const repo = 'https://github.com/myorg/k8s-manifests.git';
/** Cannot be compared while the repo-server is away. */
export const monitoring = [
  'prometheus-stack',
  'loki',
  'tempo',
  'grafana',
  'alertmanager',
  'cert-manager',
  'external-dns',
  'ingress-nginx',
];
/** On the cluster that does not answer. */
export const remote = ['edge-cache', 'edge-router'];
const edge = 'https://edge.example.com';

/** What a round plays on. Applications come from nothing at its start and are new to Herald. */
export function applications(round: number): JsonObject[] {
  const revision = sha();
  return [
    application('my-app', revision, { 'on-rollout': 'deploys' }),
    application('payments', revision, { 'on-sync-failed': 'alerts', 'on-sync-succeeded': 'deploys' }),
    application('search', revision, { 'on-health-degraded': 'alerts' }),
    application('catalog', revision, { 'on-sync-succeeded': 'deploys', 'on-sync-loop': 'alerts' }),
    ...monitoring.map((name) =>
      application(name, revision, { 'on-sync-status-unknown': 'alerts' }, { project: 'monitoring' }),
    ),
    application('edge-agent', revision, { 'on-cluster-unreachable': 'alerts' }, { server: edge }),
    ...remote.map((name) => application(name, revision, { 'on-health-missing': 'alerts' }, { server: edge })),
    application('staging-api', revision, { 'on-health-degraded': 'alerts' }, { project: 'staging' }),
    application('nightly-report', revision, { 'on-health-missing': 'alerts' }, { project: 'batch' }),
    application('billing', revision, { 'on-health-degraded': 'alerts' }),
    application('app-us-west-2', revision, { 'on-deleted': 'platform' }, { project: 'platform' }),
    application('app-eu-west-1', revision, { 'on-deleted': 'platform' }, { project: 'platform' }),
  ].map((object) => ({
    ...object,
    metadata: { ...(object.metadata as JsonObject), labels: { round: String(round) } },
  }));
}

export function named(name: string): ObjectName {
  return { kind: 'Application', namespace, name };
}

function application(
  name: string,
  revision: string,
  subscriptions: Record<string, string>,
  {
    project = 'production',
    server = 'https://kubernetes.default.svc',
  }: { project?: string; server?: string } = {},
): JsonObject {
  const annotations = Object.fromEntries(
    Object.entries(subscriptions).map(([trigger, channel]) => [
      `notifications.argoproj.io/subscribe.${trigger}.slack`,
      channel,
    ]),
  );
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace, annotations },
    spec: {
      project,
      source: { repoURL: repo, targetRevision: 'main', path: `apps/${name}/overlays/production` },
      destination: { server, namespace: project },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
    status: {
      sync: synced(revision),
      health: { status: 'Healthy', lastTransitionTime: at(-7200) },
      reconciledAt: at(0),
    },
  };
}

export function patch(cluster: SimulatedCluster, name: string, status: JsonObject): void {
  cluster.patch(named(name), { status: { reconciledAt: at(1), ...status } });
}

export function annotate(
  cluster: SimulatedCluster,
  name: string,
  annotations: Record<string, string | null>,
): void {
  cluster.patch(named(name), { metadata: { annotations } });
}

export function running(): JsonObject {
  return { operationState: { phase: 'Running', startedAt: at(0), finishedAt: null, message: null } };
}

export function succeeded(cluster: SimulatedCluster, name: string, revision: string): JsonObject {
  const status = cluster.get(named(name))?.status as JsonObject | undefined;
  const before = status?.operationState as JsonObject | undefined;
  return {
    sync: synced(revision),
    health: { status: 'Healthy', lastTransitionTime: at(0), message: null },
    operationState: {
      phase: 'Succeeded',
      startedAt: before?.phase === 'Running' ? (before.startedAt ?? at(-5)) : at(-5),
      finishedAt: at(0),
      message: 'successfully synced (all tasks run)',
      operation: { sync: { revision }, initiatedBy: { automated: true } },
      syncResult: { revision, resources: [] },
    },
  };
}

export function health(status: string, message: string | null = null): JsonObject {
  return { health: { status, message, lastTransitionTime: at(0) } };
}

export function synced(revision: string): JsonObject {
  return { status: 'Synced', revision };
}

export function at(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function sha(): string {
  return randomBytes(20).toString('hex');
}

export function short(revision: string): string {
  return revision.slice(0, 7);
}
