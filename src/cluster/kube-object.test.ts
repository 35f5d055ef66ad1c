import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model.ts';
import { project, readMetadata } from './kube-object.ts';

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
