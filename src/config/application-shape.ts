import { ANY, listOf, objectOf, SCALAR, type Shape, TEXT } from '../go/shape.ts';
import { applicationFields, type Field, type FieldTable } from './application-fields.ts';

/** Values of texts, by path without numbers. */
type Words = Readonly<Record<string, readonly string[]>>;

const strings: Field = { '*': 'string' };

/** The metadata of every object; a CustomResourceDefinition does not list it. */
export const metadataFields: FieldTable = {
  annotations: strings,
  creationTimestamp: 'string',
  deletionGracePeriodSeconds: 'integer',
  deletionTimestamp: 'string',
  finalizers: ['string'],
  generateName: 'string',
  generation: 'integer',
  labels: strings,
  managedFields: 'any',
  name: 'string',
  namespace: 'string',
  ownerReferences: [
    {
      apiVersion: 'string',
      blockOwnerDeletion: 'boolean',
      controller: 'boolean',
      kind: 'string',
      name: 'string',
      uid: 'string',
    },
  ],
  resourceVersion: 'string',
  selfLink: 'string',
  uid: 'string',
};

const health = ['Healthy', 'Progressing', 'Degraded', 'Suspended', 'Missing', 'Unknown'];
const sync = ['Synced', 'OutOfSync', 'Unknown'];
const phase = ['Running', 'Terminating', 'Succeeded', 'Failed', 'Error'];
const sourceType = ['Helm', 'Kustomize', 'Directory', 'Plugin'];

/** Texts that take certain values only, by path without numbers: constants of Argo CD. */
const words: Words = {
  'status.health.status': health,
  'status.resources.health.status': health,
  'status.sync.status': sync,
  'status.resources.status': sync,
  'status.operationState.phase': phase,
  'status.operationState.syncResult.resources.hookPhase': phase,
  'status.operationState.syncResult.resources.status': ['Synced', 'SyncFailed', 'Pruned', 'PruneSkipped'],
  'status.sourceHydrator.currentOperation.phase': ['Hydrating', 'Failed', 'Hydrated'],
};

/** As `words`, of which a later release may have more. */
const openWords: Words = {
  'status.conditions.type': [
    'ComparisonError',
    'DeletionError',
    'ExcludedResourceWarning',
    'InvalidSpecError',
    'OrphanedResourceWarning',
    'RepeatedResourceWarning',
    'SharedResourceWarning',
    'SyncError',
    'UnknownError',
  ],
  'status.operationState.syncResult.resources.syncPhase': [
    'PreSync',
    'Sync',
    'PostSync',
    'SyncFail',
    'PreDelete',
    'PostDelete',
  ],
  'status.operationState.syncResult.resources.hookType': [
    'PreSync',
    'Sync',
    'PostSync',
    'SyncFail',
    'Skip',
    'PreDelete',
    'PostDelete',
  ],
  'status.sourceType': sourceType,
  'status.sourceTypes': sourceType,
};

/** What a table of fields describes; `openWords`: as `words`, of which a later release may have more. */
export function shapeOfFields(table: FieldTable, words: Words, openWords: Words): Shape {
  return shapeAt(table, '');

  function shapeAt(field: Field, path: string): Shape {
    if (typeof field === 'string') {
      if (field === 'any') return ANY;
      if (field !== 'string') return SCALAR;
      if (words[path]) return { kind: 'text', words: words[path] };
      return openWords[path] ? { kind: 'text', words: openWords[path], open: true } : TEXT;
    }
    if (isList(field)) return listOf(shapeAt(field[0], path));
    const { '*': element, ...fields } = field;
    if (element !== undefined) return { kind: 'map', element: shapeAt(element, path) };
    return objectOf(
      Object.entries(fields).map(([name, inner]) => [
        name,
        shapeAt(inner, path === '' ? name : `${path}.${name}`),
      ]),
    );
  }
}

function isList(field: Field): field is readonly [Field] {
  return Array.isArray(field);
}

/** What conditions and templates see as `app`. */
export const applicationShape: Shape = shapeOfFields(
  { ...applicationFields, metadata: metadataFields },
  words,
  openWords,
);
