import type { JsonObject } from '../model.ts';

const revision = '4f1c9a2b7d3e5f60718293a4b5c6d7e8f9012345';
const source = {
  repoURL: 'https://git.example.com/team/deploy.git',
  path: 'guestbook',
  targetRevision: 'main',
};
const destination = { server: 'https://kubernetes.default.svc', namespace: 'guestbook' };

/** An Application after a sync that failed, with something in every list: what templates are tried on. */
export const sampleApplication: JsonObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: {
    name: 'guestbook',
    namespace: 'argocd',
    uid: '7b0f3a52-5d0e-4c1e-9d3a-1f2e3d4c5b6a',
    generation: 12,
    resourceVersion: '123456',
    creationTimestamp: '2026-01-05T08:00:00Z',
    labels: { team: 'guestbook', env: 'production' },
    annotations: { 'notifications.argoproj.io/subscribe.slack': 'deploys' },
  },
  spec: {
    project: 'default',
    source,
    sources: [source],
    destination,
    syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
    info: [{ name: 'url', value: 'https://guestbook.example.com' }],
  },
  status: {
    conditions: [
      { type: 'SyncError', message: 'the sync failed', lastTransitionTime: '2026-01-06T10:01:00Z' },
      { type: 'OrphanedResourceWarning', message: 'orphaned', lastTransitionTime: '2026-01-06T10:01:00Z' },
    ],
    health: {
      status: 'Degraded',
      message: 'a Deployment is not available',
      lastTransitionTime: '2026-01-06T10:01:30Z',
    },
    history: [0, 1].map((id) => ({
      id,
      revision,
      revisions: [revision],
      deployStartedAt: '2026-01-06T09:00:00Z',
      deployedAt: '2026-01-06T09:01:00Z',
      initiatedBy: { username: 'ana' },
      source,
      sources: [source],
    })),
    operationState: {
      phase: 'Failed',
      message: 'one or more objects failed to apply',
      startedAt: '2026-01-06T10:00:00Z',
      finishedAt: '2026-01-06T10:01:00Z',
      retryCount: 1,
      operation: {
        initiatedBy: { username: 'ana' },
        info: [{ name: 'reason', value: 'release' }],
        retry: { limit: 5 },
        sync: { revision, revisions: [revision], syncStrategy: { hook: {} }, prune: true },
      },
      syncResult: {
        revision,
        revisions: [revision],
        source,
        sources: [source],
        resources: ['SyncFailed', 'Synced'].map((status) => ({
          group: 'apps',
          version: 'v1',
          kind: 'Deployment',
          name: `guestbook-${status.toLowerCase()}`,
          namespace: 'guestbook',
          status,
          message: 'configured',
          hookPhase: status === 'Synced' ? 'Running' : 'Failed',
          hookType: 'Sync',
          syncPhase: 'Sync',
          images: ['registry.example.com/guestbook:1.4.2'],
        })),
      },
    },
    reconciledAt: '2026-01-06T10:01:30Z',
    resources: ['Degraded', 'Healthy'].map((status) => ({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
      name: `guestbook-${status.toLowerCase()}`,
      namespace: 'guestbook',
      status: 'Synced',
      health: { status, message: 'not available' },
      syncWave: 1,
    })),
    sourceType: 'Directory',
    sourceTypes: ['Directory'],
    summary: {
      images: ['registry.example.com/guestbook:1.4.2', 'registry.example.com/sidecar:2.0.0'],
      externalURLs: ['https://guestbook.example.com'],
    },
    sync: {
      status: 'OutOfSync',
      revision,
      revisions: [revision],
      comparedTo: { source, sources: [source], destination },
    },
  },
};
