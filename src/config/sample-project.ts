import type { JsonObject } from '../model.ts';

/** The AppProject of the sample Application, with windows of both kinds. */
export const sampleProject: JsonObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name: 'default', namespace: 'argocd' },
  spec: {
    syncWindows: [
      {
        kind: 'deny',
        schedule: '0 0 * * *',
        duration: '12h',
        applications: ['*'],
        manualSync: true,
        description: 'no deployments in the morning',
      },
      {
        kind: 'allow',
        schedule: '0 14 * * *',
        duration: '2h',
        timeZone: 'Europe/Berlin',
        applications: ['*'],
      },
    ],
  },
};
