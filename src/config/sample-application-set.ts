import type { JsonObject } from '../model.ts';

const lastTransitionTime = '2026-01-06T10:01:00Z';

/** An ApplicationSet that fails while it rolls out, with something in every list: what templates are tried on. */
export const sampleApplicationSet: JsonObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'ApplicationSet',
  metadata: {
    name: 'guestbooks',
    namespace: 'argocd',
    uid: '0c2f7d8e-6b1a-4f0e-8a53-2d1e0f9c8b7a',
    generation: 3,
    resourceVersion: '123457',
    creationTimestamp: '2026-01-05T08:00:00Z',
    labels: { team: 'guestbook' },
    annotations: { 'notifications.argoproj.io/subscribe.on-applicationset-error.slack': 'deploys' },
  },
  spec: {
    goTemplate: true,
    goTemplateOptions: ['missingkey=error'],
    generators: [{ list: { elements: [{ cluster: 'staging' }, { cluster: 'production' }] } }],
    strategy: {
      type: 'RollingSync',
      rollingSync: {
        steps: [
          { matchExpressions: [{ key: 'env', operator: 'In', values: ['staging'] }], maxUpdate: '50%' },
        ],
      },
    },
    syncPolicy: { applicationsSync: 'sync', preserveResourcesOnDeletion: false },
    template: {
      metadata: { name: 'guestbook-{{.cluster}}', labels: { env: '{{.cluster}}' } },
      spec: {
        project: 'default',
        source: {
          repoURL: 'https://git.example.com/team/deploy.git',
          path: 'guestbook',
          targetRevision: 'main',
        },
        destination: { name: '{{.cluster}}', namespace: 'guestbook' },
      },
    },
  },
  status: {
    applicationStatus: [
      {
        application: 'guestbook-staging',
        lastTransitionTime,
        message: 'Application resource became Progressing, updating status from Pending to Progressing.',
        status: 'Progressing',
        step: '1',
        targetRevisions: ['4f1c9a2b7d3e5f60718293a4b5c6d7e8f9012345'],
      },
      {
        application: 'guestbook-production',
        lastTransitionTime,
        message: 'Application is out of date with the current AppSet generation, setting status to Waiting.',
        status: 'Waiting',
        step: '2',
        targetRevisions: ['4f1c9a2b7d3e5f60718293a4b5c6d7e8f9012345'],
      },
    ],
    conditions: [
      {
        type: 'ErrorOccurred',
        status: 'True',
        reason: 'RenderTemplateParamsError',
        message: 'map has no entry for key "region"',
        lastTransitionTime,
      },
      {
        type: 'ParametersGenerated',
        status: 'True',
        reason: 'ParametersGenerated',
        message: 'Successfully generated parameters for all Applications',
        lastTransitionTime,
      },
      {
        type: 'ResourcesUpToDate',
        status: 'False',
        reason: 'RenderTemplateParamsError',
        message: 'map has no entry for key "region"',
        lastTransitionTime,
      },
      {
        type: 'RolloutProgressing',
        status: 'True',
        reason: 'ApplicationSetModified',
        message: 'ApplicationSet is performing rollout of step 1',
        lastTransitionTime,
      },
    ],
    health: { status: 'Degraded', message: 'map has no entry for key "region"', lastTransitionTime },
    resources: ['staging', 'production'].map((cluster) => ({
      group: 'argoproj.io',
      version: 'v1alpha1',
      kind: 'Application',
      namespace: 'argocd',
      name: `guestbook-${cluster}`,
      status: 'Synced',
      health: { status: 'Healthy', lastTransitionTime },
    })),
    resourcesCount: 2,
  },
  deletedApplications: [
    {
      uid: '7b0f3a52-5d0e-4c1e-9d3a-1f2e3d4c5b6b',
      namespace: 'argocd',
      name: 'guestbook-test',
      project: 'default',
      cluster: 'test',
      deletedAt: '2026-01-06T10:00:30Z',
    },
  ],
};
