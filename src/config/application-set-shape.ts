import type { Shape } from '../go/shape.ts';
import { applicationFields, type FieldTable } from './application-fields.ts';
import { metadataFields, shapeOfFields } from './application-shape.ts';

const strings: FieldTable = { '*': 'string' };

const condition: FieldTable = {
  type: 'string',
  status: 'string',
  reason: 'string',
  message: 'string',
  lastTransitionTime: 'string',
};

const resource: FieldTable = {
  group: 'string',
  version: 'string',
  kind: 'string',
  namespace: 'string',
  name: 'string',
  status: 'string',
  health: { status: 'string', message: 'string', lastTransitionTime: 'string' },
  hook: 'boolean',
  requiresDeletionConfirmation: 'boolean',
  requiresPruning: 'boolean',
  syncWave: 'integer',
};

/**
 * The fields of ApplicationSets, of every release from 2.4 to 3.6 (facts of Argo CD's types), and `deletedApplications`,
 * which Herald adds. Generators and patches are the user's.
 */
const fields: FieldTable = {
  apiVersion: 'string',
  kind: 'string',
  metadata: metadataFields,
  spec: {
    applyNestedSelectors: 'boolean',
    generators: ['any'],
    goTemplate: 'boolean',
    goTemplateOptions: ['string'],
    ignoreApplicationDifferences: [
      { name: 'string', jqPathExpressions: ['string'], jsonPointers: ['string'] },
    ],
    preservedFields: { annotations: ['string'], labels: ['string'] },
    strategy: {
      type: 'string',
      deletionOrder: 'string',
      rollingSync: {
        steps: [
          {
            matchExpressions: [{ key: 'string', operator: 'string', values: ['string'] }],
            maxUpdate: 'any',
          },
        ],
      },
    },
    syncPolicy: { applicationsSync: 'string', preserveResourcesOnDeletion: 'boolean' },
    template: {
      metadata: {
        annotations: strings,
        finalizers: ['string'],
        labels: strings,
        name: 'string',
        namespace: 'string',
      },
      spec: applicationFields.spec ?? 'any',
    },
    templatePatch: 'string',
  },
  status: {
    applicationStatus: [
      {
        application: 'string',
        lastTransitionTime: 'string',
        message: 'string',
        status: 'string',
        step: 'string',
        targetRevisions: ['string'],
      },
    ],
    conditions: [condition],
    health: { status: 'string', message: 'string', lastTransitionTime: 'string' },
    resources: [resource],
    resourcesCount: 'integer',
  },
  deletedApplications: [
    {
      cluster: 'string',
      deletedAt: 'string',
      name: 'string',
      namespace: 'string',
      project: 'string',
      uid: 'string',
    },
  ],
};

/** Texts that take certain values only, by path without numbers: constants of Argo CD. */
const words: Readonly<Record<string, readonly string[]>> = {
  'status.conditions.status': ['True', 'False', 'Unknown'],
  'status.applicationStatus.status': ['Waiting', 'Pending', 'Progressing', 'Healthy'],
};

/** As `words`, of which a later release may have more. */
const openWords: Readonly<Record<string, readonly string[]>> = {
  'status.conditions.type': [
    'ErrorOccurred',
    'ParametersGenerated',
    'ResourcesUpToDate',
    'RolloutProgressing',
  ],
  'spec.syncPolicy.applicationsSync': ['create-only', 'create-update', 'create-delete', 'sync'],
};

/** What conditions and templates see as `applicationset`. */
export const applicationSetShape: Shape = shapeOfFields(fields, words, openWords);
