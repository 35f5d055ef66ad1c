import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../model.ts';
import { annotationWriter, project, readMetadata } from './kube-object.ts';

const identity = { uid: 'u', name: 'n', namespace: 'ns', resourceVersion: '1' };

describe('the metadata of an object', () => {
  it('is identity, labels and annotations', () => {
    const annotations = { a: '1', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    expect(readMetadata({ metadata: { ...identity, labels: { l: 'x' }, annotations } })).toEqual({
      ...identity,
      labels: { l: 'x' },
      annotations: { a: '1' },
    });
    expect(readMetadata({ metadata: { ...identity, namespace: null } })).toMatchObject({
      namespace: '',
      labels: {},
    });
  });

  it('is nothing without an identity, and survives labels that are none', () => {
    for (const field of ['uid', 'name', 'resourceVersion']) {
      expect(readMetadata({ metadata: { ...identity, [field]: '' } })).toBeUndefined();
      expect(readMetadata({ metadata: { ...identity, [field]: 7 } })).toBeUndefined();
      const odd = { length: { toString: 0 } };
      expect(readMetadata({ metadata: { ...identity, [field]: odd } })).toBeUndefined();
    }
    expect(readMetadata({ metadata: { ...identity, labels: 'x' } })).toMatchObject({
      labels: {},
      annotations: {},
    });
    fc.assert(fc.property(fc.jsonValue(), (value) => void readMetadata({ metadata: value as JsonObject })));
  });
});

describe('the writer of an annotation', () => {
  const entry = (manager: string, annotation: string, time?: string): JsonObject => ({
    manager,
    ...(time === undefined ? {} : { time }),
    fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {}, [`f:${annotation}`]: {} } } },
  });
  const writer = (...managedFields: Json[]) => annotationWriter({ metadata: { managedFields } }, 'a');

  it('is who last wrote it among those that are noted', () => {
    expect(writer(entry('kubectl', 'b'), entry('argocd-notifications', 'a'))).toBe('argocd-notifications');
    const later = entry('herald', 'a', '2026-01-02T00:00:00Z');
    expect(writer(later, entry('argocd-notifications', 'a', '2026-01-01T00:00:00Z'))).toBe('herald');
  });

  it('is nobody where nobody is noted, whatever stands there', () => {
    expect(writer()).toBeUndefined();
    expect(annotationWriter({ metadata: {} }, 'a')).toBeUndefined();
    expect(
      writer({ manager: 'argocd', fieldsV1: { 'f:status': {} } }, null, entry('kubectl', 'b')),
    ).toBeUndefined();
    // One that is odd hides none of the others.
    expect(writer({ manager: 1 }, entry('herald', 'a'))).toBe('herald');
    fc.assert(
      fc.property(fc.jsonValue(), (value) => void annotationWriter({ metadata: value as JsonObject }, 'a')),
    );
  });
});

describe('the projection', () => {
  it('leaves out what only kubectl reads, and nothing else', () => {
    const object: JsonObject = {
      kind: 'Application',
      metadata: {
        ...identity,
        managedFields: [{}],
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', keep: 'me' },
        finalizers: ['f'],
      },
      spec: { managedFields: 'of the spec stay' },
    };
    expect(project(object)).toEqual({
      kind: 'Application',
      metadata: { ...identity, annotations: { keep: 'me' }, finalizers: ['f'] },
      spec: { managedFields: 'of the spec stay' },
    });
  });

  it('takes any object', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(project({ metadata: structuredClone(value) as JsonObject })).toHaveProperty('metadata');
      }),
    );
  });
});
