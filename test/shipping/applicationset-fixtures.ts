import type { JsonObject } from '../../src/model.ts';

/** ApplicationSets as people write them, with what the controllers of several releases make of their status. */

export const now = Date.UTC(2026, 0, 10, 12);
const lastTransitionTime = '2026-01-10T11:00:00Z';

function set(name: string, spec: JsonObject, status?: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name, namespace: 'argocd', uid: `uid-${name}`, generation: 1, resourceVersion: '1' },
    spec,
    ...(status ? { status } : {}),
    deletedApplications: [],
    ...more,
  };
}

const destination = { server: '{{url}}', namespace: 'guestbook' };
const source = { repoURL: 'https://git.example.com/apps.git', targetRevision: 'HEAD', path: 'apps/{{name}}' };
const template = (project = 'default', more: JsonObject = {}): JsonObject => ({
  metadata: { name: '{{name}}-guestbook' },
  spec: { project, source, destination, ...more },
});

const list = { list: { elements: [{ name: 'dev', url: 'https://1.2.3.4' }] } };
const git = {
  git: {
    repoURL: 'https://git.example.com/apps.git',
    revision: 'HEAD',
    directories: [{ path: 'apps/*' }, { path: 'apps/legacy', exclude: true }],
  },
};
const clusters = { clusters: {}, selector: { matchLabels: { env: 'prod' } } };
const matrix = {
  matrix: { generators: [git, { clusters: { selector: { matchLabels: { env: 'prod' } } } }] },
};

const condition = (type: string, status: string, reason: string, message: string): JsonObject => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime,
});

const upToDate = [
  condition(
    'ParametersGenerated',
    'True',
    'ParametersGenerated',
    'Successfully generated parameters for all Applications',
  ),
  condition(
    'ResourcesUpToDate',
    'True',
    'ApplicationSetUpToDate',
    'All applications have been generated successfully',
  ),
];
const noError = condition(
  'ErrorOccurred',
  'False',
  'ApplicationSetUpToDate',
  'Successfully generated parameters for all Applications',
);

const text =
  'failed to execute go template {{ .cluster }}: template: :1:3: executing "" at <.cluster>: map has no entry for key "cluster"';

const rollout = (entries: [string, string, string, string][]): JsonObject[] =>
  entries.map(([application, status, step, time]) => ({
    application,
    status,
    step,
    lastTransitionTime: time,
    message: `Application resource became ${status}.`,
    targetRevisions: ['4f1c9a2b7d3e5f60718293a4b5c6d7e8f9012345'],
  }));

const rolling = {
  type: 'RollingSync',
  rollingSync: {
    steps: ['dev', 'prod'].map((env) => ({
      matchExpressions: [{ key: 'env', operator: 'In', values: [env] }],
    })),
  },
};

const deletedAt = '2026-01-10T11:59:00Z';
const deleted = (count: number): JsonObject[] =>
  Array.from({ length: count }, (_, i) => ({
    uid: `uid-${i}`,
    namespace: 'argocd',
    name: `app-${i}`,
    project: 'default',
    cluster: i % 2 === 0 ? 'prod-eu' : '',
    deletedAt,
  }));

interface Case {
  set: JsonObject;
  /** Which of the shipped triggers match. */
  matches: string[];
  /** What is said of it. */
  says: string[];
}

const error = 'on-applicationset-error';
const stuck = 'on-applicationset-rollout-stuck';
const lost = 'on-applicationset-applications-deleted';

export const cases: Record<string, Case> = {
  'new, without a status': {
    set: set('fresh', { generators: [list], template: template() }),
    matches: [],
    says: [],
  },
  'without anything': { set: set('bare', {}), matches: [], says: [] },
  'list, 2.4, up to date': {
    set: set('list', { generators: [list], template: template() }, { conditions: [noError, ...upToDate] }),
    matches: [],
    says: [],
  },
  'list, 3.x, with resources and health': {
    set: set(
      'list3',
      { generators: [list], template: template(), goTemplate: true },
      {
        conditions: [noError, ...upToDate],
        resources: [
          {
            group: 'argoproj.io',
            version: 'v1alpha1',
            kind: 'Application',
            name: 'dev-guestbook',
            namespace: 'argocd',
            status: 'Synced',
            health: { status: 'Healthy' },
          },
        ],
        resourcesCount: 1,
        health: { status: 'Healthy', message: '', lastTransitionTime },
      },
    ),
    matches: [],
    says: [],
  },
  'git, the repository cannot be read': {
    set: set(
      'git',
      { generators: [git], template: template('team') },
      {
        conditions: [
          condition(
            'ErrorOccurred',
            'True',
            'ApplicationGenerationFromParamsError',
            'error generating params from git: rpc error: code = Internal desc = "unable to resolve git revision HEAD"',
          ),
          condition(
            'ParametersGenerated',
            'False',
            'ErrorOccurred',
            'error generating params from git: rpc error: code = Internal desc = "unable to resolve git revision HEAD"',
          ),
          condition(
            'ResourcesUpToDate',
            'False',
            'ApplicationGenerationFromParamsError',
            'error generating params from git: rpc error: code = Internal desc = "unable to resolve git revision HEAD"',
          ),
        ],
      },
    ),
    matches: [error],
    says: ['ApplicationGenerationFromParamsError', 'unable to resolve git revision HEAD', 'git', 'team'],
  },
  'clusters, go template without a key': {
    set: set(
      'clusters',
      {
        generators: [clusters],
        goTemplate: true,
        goTemplateOptions: ['missingkey=error'],
        template: template('{{.metadata.labels.team}}'),
      },
      {
        conditions: [
          condition('ErrorOccurred', 'True', 'RenderTemplateParamsError', text),
          upToDate[0] as JsonObject,
          condition('ResourcesUpToDate', 'False', 'RenderTemplateParamsError', text),
        ],
        resources: [],
        resourcesCount: 12,
      },
    ),
    matches: [error],
    says: ['RenderTemplateParamsError', 'map has no entry for key', '12', 'clusters'],
  },
  'matrix, an Application cannot be updated': {
    set: set(
      'matrix',
      { generators: [matrix, list], template: template() },
      {
        conditions: [
          noError,
          upToDate[0] as JsonObject,
          condition(
            'ResourcesUpToDate',
            'False',
            'UpdateApplicationError',
            'admission webhook "policy" denied the request: <quota>',
          ),
        ],
      },
    ),
    matches: [error],
    says: ['UpdateApplicationError', 'denied the request', 'matrix, list'],
  },
  '2.x, a rollout that sets ParametersGenerated aside': {
    set: set(
      'rolling2',
      { generators: [list], strategy: rolling, template: template() },
      {
        conditions: [
          noError,
          condition(
            'ParametersGenerated',
            'False',
            'ApplicationSetModified',
            'ApplicationSet Rollout Rollout started',
          ),
          upToDate[1] as JsonObject,
          condition(
            'RolloutProgressing',
            'True',
            'ApplicationSetModified',
            'ApplicationSet Rollout Rollout started',
          ),
        ],
        applicationStatus: rollout([
          ['dev-guestbook', 'Progressing', '1', '2026-01-10T11:45:00Z'],
          ['prod-guestbook', 'Waiting', '2', '2026-01-10T11:00:00Z'],
        ]),
      },
    ),
    matches: [],
    says: [],
  },
  '3.x, a rollout that is stuck': {
    set: set(
      'rolling3',
      { generators: [list], strategy: rolling, template: template() },
      {
        conditions: [
          noError,
          ...upToDate,
          condition(
            'RolloutProgressing',
            'True',
            'ApplicationSetModified',
            'ApplicationSet is performing rollout of step 1',
          ),
        ],
        applicationStatus: rollout([
          ['ready-guestbook', 'Healthy', '1', '2026-01-10T10:00:00Z'],
          ['dev-guestbook', 'Progressing', '1', '2026-01-10T11:30:00Z'],
          ['prod-guestbook', 'Waiting', '2', '2026-01-10T10:00:00Z'],
          ['late-guestbook', 'Waiting', '2', '2026-01-10T10:00:00Z'],
        ]),
      },
    ),
    matches: [stuck],
    says: ['dev-guestbook', 'step 1', '2 Applications wait'],
  },
  'two Applications deleted': {
    set: set(
      'lost',
      { generators: [clusters], template: template() },
      { conditions: upToDate },
      { deletedApplications: deleted(2) },
    ),
    matches: [lost],
    says: [
      '2 Applications of ApplicationSet lost were deleted: app-0, app-1',
      'prod-eu',
      'deleted with them',
    ],
  },
  'an outage of a generator': {
    set: set(
      'outage',
      { generators: [clusters], template: template(), syncPolicy: { preserveResourcesOnDeletion: true } },
      { conditions: upToDate },
      { deletedApplications: deleted(215) },
    ),
    matches: [lost],
    says: ['215 Applications of ApplicationSet outage were deleted', 'and 210 more', 'app-19', 'kept'],
  },
};
