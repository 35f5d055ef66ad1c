import { randomBytes } from 'node:crypto';
import type { ObjectName, SimulatedCluster } from '../simulator/kubernetes/cluster.ts';
import type { JsonObject } from '../src/model.ts';

/** A message that must arrive: in the channel, once, with this in its text or attachments. */
export interface Expected {
  channel: string;
  contains: string;
}

/** One status change, as an operator would tell it, and what it must cause. */
export interface Step {
  tells: string;
  change(
    cluster: SimulatedCluster,
    bridge: { kill(): Promise<void>; start(): Promise<void> },
  ): void | Promise<void>;
  /** Empty: nobody is told. */
  expects: Expected[];
}

const namespace = 'argocd';
const repo = 'https://github.com/myorg/k8s-manifests.git';

/** What a round plays on. Applications come from nothing at its start and are new to Herald. */
export function applications(round: number): JsonObject[] {
  const revision = sha();
  return [
    application('my-app', revision, { 'on-rollout': 'deploys' }),
    application('payments', revision, { 'on-sync-failed': 'alerts', 'on-sync-succeeded': 'deploys' }),
    application('search', revision, { 'on-health-degraded': 'alerts' }),
    application('catalog', revision, { 'on-sync-succeeded': 'deploys' }),
    application('prometheus-stack', revision, { 'on-sync-status-unknown': 'alerts' }, 'monitoring'),
    application('cert-manager', revision, { 'on-sync-status-unknown': 'alerts' }, 'platform'),
    application('billing', revision, { 'on-health-degraded': 'alerts' }),
    application('app-us-west-2', revision, { 'on-deleted': 'platform' }, 'platform'),
    application('app-eu-west-1', revision, { 'on-deleted': 'platform' }, 'platform'),
  ].map((object) => ({
    ...object,
    metadata: { ...(object.metadata as JsonObject), labels: { round: String(round) } },
  }));
}

/** The day of a platform team: a sync that works, one that fails, health, a loop, two outages, a deletion, a crash. */
export function story(): Step[] {
  const revision = sha();
  return [
    {
      tells: `my-app starts to sync ${short(revision)}`,
      change: (cluster) => patch(cluster, 'my-app', { ...running(), sync: synced(revision) }),
      expects: [{ channel: 'deploys', contains: 'my-app is being rolled out' }],
    },
    {
      tells: `my-app is synced and healthy`,
      change: (cluster) => patch(cluster, 'my-app', succeeded(cluster, 'my-app', revision)),
      expects: [{ channel: 'deploys', contains: 'my-app is live' }],
    },
    {
      tells: 'payments fails to sync: its migration hook gives up',
      change: (cluster) =>
        patch(cluster, 'payments', {
          operationState: {
            phase: 'Failed',
            startedAt: at(-40),
            finishedAt: at(-2),
            message:
              'one or more synchronization tasks completed unsuccessfully, reason: Job "db-migration" failed:\n' +
              'ERROR: relation "orders" already exists <!channel>',
            operation: { sync: { revision }, initiatedBy: { username: 'jane' } },
            syncResult: {
              revision,
              resources: [
                {
                  kind: 'Job',
                  name: 'db-migration',
                  namespace: 'production',
                  hookPhase: 'Failed',
                  hookType: 'PreSync',
                  message: 'Job has reached the specified backoff limit',
                },
              ],
            },
          },
          reconciledAt: at(0),
        }),
      expects: [{ channel: 'alerts', contains: 'Sync of Application payments failed' }],
    },
    {
      tells: 'search is degraded',
      change: (cluster) =>
        patch(cluster, 'search', health('Degraded', 'Deployment "search" exceeded its progress deadline')),
      expects: [{ channel: 'alerts', contains: 'search is degraded' }],
    },
    {
      tells: 'search is healthy again: its alert ends',
      change: (cluster) => patch(cluster, 'search', health('Healthy')),
      expects: [],
    },
    {
      tells: 'search is degraded a second time',
      change: (cluster) =>
        patch(cluster, 'search', health('Degraded', 'Deployment "search" exceeded its progress deadline')),
      expects: [{ channel: 'alerts', contains: 'search is degraded' }],
    },
    {
      tells: `catalog is synced to ${short(revision)}`,
      change: (cluster) => patch(cluster, 'catalog', succeeded(cluster, 'catalog', revision)),
      expects: [{ channel: 'deploys', contains: 'catalog' }],
    },
    {
      tells:
        'catalog is caught in a sync loop, an HPA changes /spec/replicas: three more syncs of the same revision',
      async change(cluster) {
        for (let sync = 0; sync < 3; sync += 1) {
          patch(cluster, 'catalog', running());
          patch(cluster, 'catalog', succeeded(cluster, 'catalog', revision));
        }
      },
      expects: [],
    },
    {
      tells: 'the repo-server runs out of memory: two Applications cannot be compared any more',
      change(cluster) {
        const message =
          'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unavailable desc = connection error: dial tcp: connect: connection refused';
        for (const name of ['prometheus-stack', 'cert-manager']) {
          patch(cluster, name, {
            sync: { status: 'Unknown' },
            conditions: [{ type: 'ComparisonError', message, lastTransitionTime: at(0) }],
          });
        }
      },
      expects: [
        { channel: 'alerts', contains: 'prometheus-stack' },
        { channel: 'alerts', contains: 'cert-manager' },
      ],
    },
    {
      tells: 'the repo-server is back',
      change(cluster) {
        for (const name of ['prometheus-stack', 'cert-manager']) {
          patch(cluster, name, { sync: { status: 'Synced' }, conditions: [] });
        }
      },
      expects: [],
    },
    {
      tells: 'billing crashes: its ExternalSecret is not synced yet',
      change: (cluster) =>
        patch(
          cluster,
          'billing',
          health('Degraded', 'Pod billing-6d4f: CrashLoopBackOff: secret "db-credentials" not found'),
        ),
      expects: [{ channel: 'alerts', contains: 'billing is degraded' }],
    },
    {
      tells:
        'Herald is killed (SIGKILL); while it is down, payments is repaired and synced; Herald starts again',
      async change(cluster, bridge) {
        await bridge.kill();
        patch(cluster, 'payments', succeeded(cluster, 'payments', revision));
        await bridge.start();
      },
      expects: [{ channel: 'deploys', contains: 'payments' }],
    },
    {
      tells: 'a generator of an ApplicationSet matches two clusters less: their Applications are deleted',
      change(cluster) {
        for (const name of ['app-us-west-2', 'app-eu-west-1']) cluster.remove(named(name));
      },
      expects: [
        { channel: 'platform', contains: 'app-us-west-2' },
        { channel: 'platform', contains: 'app-eu-west-1' },
      ],
    },
  ];
}

export function named(name: string): ObjectName {
  return { kind: 'Application', namespace, name };
}

function application(
  name: string,
  revision: string,
  subscriptions: Record<string, string>,
  project = 'production',
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
      destination: { server: 'https://kubernetes.default.svc', namespace: project },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
    status: {
      sync: synced(revision),
      health: { status: 'Healthy', lastTransitionTime: at(-7200) },
      reconciledAt: at(0),
    },
  };
}

function patch(cluster: SimulatedCluster, name: string, status: JsonObject): void {
  cluster.patch(named(name), { status: { reconciledAt: at(1), ...status } });
}

function running(): JsonObject {
  return { operationState: { phase: 'Running', startedAt: at(0), finishedAt: null, message: null } };
}

function succeeded(cluster: SimulatedCluster, name: string, revision: string): JsonObject {
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

function health(status: string, message: string | null = null): JsonObject {
  return { health: { status, message, lastTransitionTime: at(0) } };
}

function synced(revision: string): JsonObject {
  return { status: 'Synced', revision };
}

function at(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

function sha(): string {
  return randomBytes(20).toString('hex');
}

function short(revision: string): string {
  return revision.slice(0, 7);
}
