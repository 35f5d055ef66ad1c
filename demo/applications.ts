import type { ObjectName, SimulatedCluster } from '../simulator/kubernetes/cluster.ts';
import { textAt } from '../src/json.ts';
import type { JsonObject } from '../src/model.ts';
import { ago, at, imageOf, synced, syncPolicy, withSecret } from './fields.ts';
import type { Commit } from './story/step.ts';

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
/** Share a chart. */
export const mobile = ['mobile-gateway', 'mobile-push', 'mobile-sync'];
/** Made by the ApplicationSet {@link set}. */
export const regions = ['app-us-west-2', 'app-eu-west-1', 'app-ap-south-1'];
const edge = 'https://edge.example.com';

/** What a round plays on: all of it comes from nothing and is new to Herald. */
export function populate(cluster: SimulatedCluster, commit: Commit): void {
  const revision = commit('Kim <kim@example.com>', 'what ran before');
  const replace = (object: JsonObject) => {
    cluster.remove({ kind: textAt(object, 'kind'), namespace, name: textAt(object, 'metadata', 'name') });
    return cluster.apply(object);
  };
  const uid = textAt(replace(applicationSet()), 'metadata', 'uid');
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: set.name, uid };
  for (const object of applications(revision)) replace(object);
  for (const name of regions)
    replace(application(name, revision, {}, { project: 'platform', metadata: { ownerReferences: [owner] } }));
}

function applications(revision: string): JsonObject[] {
  const degraded = { 'on-health-degraded': 'alerts' };
  const missing = { 'on-health-missing': 'alerts' };
  return [
    application('my-app', revision, { 'on-rollout': 'deploys' }),
    application(
      'storefront',
      revision,
      { 'on-deployed': 'deploys', 'on-rolled-back': 'alerts' },
      {
        status: {
          summary: { images: [imageOf('storefront', '1.4.0')] },
          history: [{ id: 1, revision, deployedAt: ago({ days: 2 }) }],
        },
      },
    ),
    application('payments', revision, { 'on-sync-failed': 'alerts', 'on-sync-succeeded': 'deploys' }),
    ...mobile.map((name) =>
      application(name, revision, { 'on-sync-failed': 'alerts' }, { project: 'mobile' }),
    ),
    application('search', revision, degraded),
    application('recommendations', revision, { 'on-progressing-stuck': 'alerts' }),
    application(
      'checkout',
      revision,
      { ...degraded, 'on-secret-not-ready': 'alerts' },
      { project: 'shop', status: { resources: withSecret('Healthy') } },
    ),
    application('catalog', revision, { 'on-sync-loop': 'alerts' }),
    application('reports', revision, { 'on-out-of-sync': 'alerts' }, { automated: false }),
    ...monitoring.map((name) =>
      application(name, revision, { 'on-sync-status-unknown': 'alerts' }, { project: 'monitoring' }),
    ),
    application('edge-agent', revision, { 'on-cluster-unreachable': 'alerts' }, { server: edge }),
    ...remote.map((name) => application(name, revision, missing, { server: edge })),
    application('staging-api', revision, degraded, { project: 'staging' }),
    application('nightly-report', revision, missing, { project: 'batch' }),
    application('billing', revision, degraded),
    application('invoices', revision, { 'on-suspended': 'platform' }, { project: 'finance' }),
    application('tax', revision, { 'on-auto-sync-off': 'platform' }, { project: 'finance' }),
    application('ledger', revision, { 'on-sync-window-blocked': 'platform' }, { project: 'finance' }),
  ];
}

function applicationSet(): JsonObject {
  const template = {
    metadata: { name: 'app-{{name}}' },
    spec: {
      project: 'platform',
      source: { repoURL: repo, targetRevision: 'main', path: 'apps/regional' },
      destination: { name: '{{name}}', namespace: 'platform' },
    },
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: {
      name: set.name,
      namespace,
      annotations: subscribed({
        'on-applicationset-error': 'platform',
        'on-applicationset-applications-deleted': 'platform',
      }),
    },
    spec: { generators: [{ git: { repoURL: repo, files: [{ path: 'clusters/*.json' }] } }], template },
    status: { resourcesCount: regions.length, conditions: [] },
  };
}

export const set: ObjectName & { name: string } = { kind: 'ApplicationSet', namespace, name: 'regions' };

export function named(name: string): ObjectName {
  return { kind: 'Application', namespace, name };
}

/** Triggers by channel, as annotations. */
function subscribed(subscriptions: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(subscriptions).map(([trigger, channel]) => [
      `notifications.argoproj.io/subscribe.${trigger}.slack`,
      channel,
    ]),
  );
}

function application(
  name: string,
  revision: string,
  subscriptions: Readonly<Record<string, string>>,
  {
    project = 'production',
    server = 'https://kubernetes.default.svc',
    automated = true,
    status = {},
    metadata = {},
  }: {
    project?: string;
    server?: string;
    automated?: boolean;
    status?: JsonObject;
    metadata?: JsonObject;
  } = {},
): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace, annotations: subscribed(subscriptions), ...metadata },
    spec: {
      project,
      source: { repoURL: repo, targetRevision: 'main', path: `apps/${name}/overlays/production` },
      destination: { server, namespace: project },
      ...(automated ? { syncPolicy } : {}),
    },
    status: {
      sync: synced(revision),
      health: { status: 'Healthy', lastTransitionTime: ago({ hours: 2 }) },
      reconciledAt: at(0),
      ...status,
    },
  };
}
