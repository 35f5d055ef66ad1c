/**
 * The fields of Applications, of every release from 2.4 to 3.6 (facts of Argo CD's CustomResourceDefinition), written
 * by scripts/application-fields.ts. A list holds what its elements are; `*` stands for names of the user's.
 */
export type Field = 'string' | 'integer' | 'number' | 'boolean' | 'any' | readonly [Field] | FieldTable;
export interface FieldTable {
  readonly [name: string]: Field;
}

const info = { name: 'string', value: 'string' } as const;

const initiatedBy = { automated: 'boolean', username: 'string' } as const;

const retry = {
  backoff: { duration: 'string', factor: 'integer', maxDuration: 'string' },
  limit: 'integer',
  refresh: 'boolean',
} as const;

const extVars = { code: 'boolean', name: 'string', value: 'string' } as const;

const directory = {
  disableExtensionFilter: 'boolean',
  exclude: 'string',
  include: 'string',
  jsonnet: { extVars: [extVars], libs: ['string'], tlas: [extVars] },
  recurse: 'boolean',
} as const;

const helm = {
  apiVersions: ['string'],
  fileParameters: [{ name: 'string', path: 'string' }],
  ignoreMissingValueFiles: 'boolean',
  kubeVersion: 'string',
  namespace: 'string',
  parameters: [{ forceString: 'boolean', name: 'string', value: 'string' }],
  passCredentials: 'boolean',
  releaseName: 'string',
  skipCrds: 'boolean',
  skipSchemaValidation: 'boolean',
  skipTests: 'boolean',
  valueFiles: ['string'],
  values: 'string',
  valuesObject: 'any',
  version: 'string',
} as const;

const kustomize = {
  apiVersions: ['string'],
  commonAnnotations: { '*': 'string' },
  commonAnnotationsEnvsubst: 'boolean',
  commonLabels: { '*': 'string' },
  components: ['string'],
  forceCommonAnnotations: 'boolean',
  forceCommonLabels: 'boolean',
  ignoreMissingComponents: 'boolean',
  images: ['string'],
  kubeVersion: 'string',
  labelIncludeTemplates: 'boolean',
  labelWithoutSelector: 'boolean',
  namePrefix: 'string',
  nameSuffix: 'string',
  namespace: 'string',
  patches: [
    {
      options: { '*': 'boolean' },
      patch: 'string',
      path: 'string',
      target: {
        annotationSelector: 'string',
        group: 'string',
        kind: 'string',
        labelSelector: 'string',
        name: 'string',
        namespace: 'string',
        version: 'string',
      },
    },
  ],
  replicas: [{ count: 'any', name: 'string' }],
  version: 'string',
} as const;

const plugin = {
  env: [info],
  name: 'string',
  parameters: [{ array: ['string'], map: { '*': 'string' }, name: 'string', string: 'string' }],
} as const;

const source = {
  chart: 'string',
  directory: directory,
  helm: helm,
  kustomize: kustomize,
  name: 'string',
  path: 'string',
  plugin: plugin,
  ref: 'string',
  repoURL: 'string',
  tagPrefix: 'string',
  targetRevision: 'string',
} as const;

const apply = { force: 'boolean' } as const;

const operation = {
  info: [info],
  initiatedBy: initiatedBy,
  retry: retry,
  sync: {
    autoHealAttemptsCount: 'integer',
    dryRun: 'boolean',
    manifests: ['string'],
    prune: 'boolean',
    resources: [{ group: 'string', kind: 'string', name: 'string', namespace: 'string' }],
    revision: 'string',
    revisions: ['string'],
    source: source,
    sources: [source],
    syncOptions: ['string'],
    syncStrategy: { apply: apply, hook: apply },
  },
} as const;

const destination = { name: 'string', namespace: 'string', server: 'string' } as const;

const ignoreDifferences = {
  group: 'string',
  jqPathExpressions: ['string'],
  jsonPointers: ['string'],
  kind: 'string',
  managedFieldsManagers: ['string'],
  name: 'string',
  namespace: 'string',
} as const;

const sourceHydrator = {
  drySource: {
    directory: directory,
    helm: helm,
    kustomize: kustomize,
    path: 'string',
    plugin: plugin,
    repoURL: 'string',
    targetRevision: 'string',
  },
  hydrateTo: { targetBranch: 'string' },
  syncSource: { path: 'string', repoURL: 'string', targetBranch: 'string' },
} as const;

const managedNamespaceMetadata = { annotations: { '*': 'string' }, labels: { '*': 'string' } } as const;

const health = { lastTransitionTime: 'string', message: 'string', status: 'string' } as const;

export const applicationFields: FieldTable = {
  apiVersion: 'string',
  kind: 'string',
  metadata: 'any',
  operation: operation,
  spec: {
    destination: destination,
    ignoreDifferences: [ignoreDifferences],
    info: [info],
    project: 'string',
    revisionHistoryLimit: 'integer',
    source: source,
    sourceHydrator: sourceHydrator,
    sources: [source],
    syncPolicy: {
      automated: { allowEmpty: 'boolean', enabled: 'boolean', prune: 'boolean', selfHeal: 'boolean' },
      managedNamespaceMetadata: managedNamespaceMetadata,
      retry: retry,
      syncOptions: ['string'],
    },
  },
  status: {
    conditions: [{ lastTransitionTime: 'string', message: 'string', type: 'string' }],
    controllerNamespace: 'string',
    health: health,
    history: [
      {
        deployStartedAt: 'string',
        deployedAt: 'string',
        id: 'integer',
        initiatedBy: initiatedBy,
        revision: 'string',
        revisions: ['string'],
        source: source,
        sources: [source],
      },
    ],
    observedAt: 'string',
    operationState: {
      finishedAt: 'string',
      message: 'string',
      operation: operation,
      phase: 'string',
      retryCount: 'integer',
      startedAt: 'string',
      syncResult: {
        managedNamespaceMetadata: managedNamespaceMetadata,
        resources: [
          {
            group: 'string',
            hookPhase: 'string',
            hookType: 'string',
            images: ['string'],
            kind: 'string',
            message: 'string',
            name: 'string',
            namespace: 'string',
            status: 'string',
            syncPhase: 'string',
            version: 'string',
          },
        ],
        revision: 'string',
        revisions: ['string'],
        source: source,
        sources: [source],
      },
    },
    reconciledAt: 'string',
    resourceHealthSource: 'string',
    resources: [
      {
        group: 'string',
        health: health,
        hook: 'boolean',
        kind: 'string',
        name: 'string',
        namespace: 'string',
        requiresDeletionConfirmation: 'boolean',
        requiresPruning: 'boolean',
        status: 'string',
        syncWave: 'integer',
        version: 'string',
      },
    ],
    sourceHydrator: {
      currentOperation: {
        drySHA: 'string',
        finishedAt: 'string',
        hydratedSHA: 'string',
        message: 'string',
        phase: 'string',
        sourceHydrator: sourceHydrator,
        startedAt: 'string',
      },
      lastComparedDryRevision: 'string',
      lastSuccessfulOperation: { drySHA: 'string', hydratedSHA: 'string', sourceHydrator: sourceHydrator },
    },
    sourceType: 'string',
    sourceTypes: ['string'],
    summary: { externalURLs: ['string'], images: ['string'], isAppOfApps: 'boolean' },
    sync: {
      comparedTo: {
        destination: destination,
        ignoreDifferences: [ignoreDifferences],
        source: source,
        sources: [source],
      },
      revision: 'string',
      revisions: ['string'],
      status: 'string',
    },
  },
};
