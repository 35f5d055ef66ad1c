import { describe, expect, it } from 'vitest';
import type { JsonObject, WellState } from '../model.ts';
import { factsOf, lastWellValues } from './last-well.ts';

const app = (revision: string, images: string[], health = 'Degraded'): JsonObject => ({
  status: {
    sync: { status: 'Synced', revision },
    health: { status: health },
    operationState: {
      phase: 'Succeeded',
      syncResult: { revision },
      operation: { initiatedBy: { username: 'jane' } },
    },
    summary: { images },
  },
});
const well: WellState = {
  revisions: ['a'.repeat(40)],
  images: ['registry:5000/acme/api:1.4', 'acme/old:2', 'acme/same:1'],
  initiator: 'automated sync',
  since: 0,
  until: Date.UTC(2026, 0, 2, 3, 4),
};
const told = (...given: Parameters<typeof factsOf>) =>
  factsOf(...given).map(({ name, value }) => `${name}: ${value}`);
const ana = () => 'Ana <ana@example.com>';

describe('what has changed since an Application was well', () => {
  it('is revision, images, the author and who started it', () => {
    const digest = `acme/new@sha256:${'0123456789ab'.repeat(5)}0123`;
    const images = ['registry:5000/acme/api:1.5', digest, 'acme/same:1'];
    expect(told(app('b'.repeat(40), images), well, ana)).toEqual([
      'Last well: 2026-01-02 03:04 UTC',
      'Revision: aaaaaaa → bbbbbbb',
      'Image: registry:5000/acme/api: 1.4 → 1.5',
      'Image: acme/old: 2 → none',
      'Image: acme/new: none → sha256:0123456789ab',
      'Author: Ana',
      'Started by: jane',
    ]);
  });

  it('is nothing where it became unwell as it was, and nobody is asked', () => {
    const ask = () => {
      throw new Error('asked');
    };
    expect(told(app('a'.repeat(40), well.images), well, ask)).toEqual([
      'Last well: 2026-01-02 03:04 UTC',
      'Revision: aaaaaaa',
      'Changed since: neither the deployed revision nor images',
    ]);
  });

  it('is not known where nobody has seen it well', () => {
    expect(told(app('v1.2', ['x:1']), undefined, () => '')).toEqual(['Revision: v1.2', 'Started by: jane']);
    expect(told({}, undefined, ana)).toEqual([]);
    expect(lastWellValues(undefined)).toEqual({});
  });

  it('names ten images, and counts the rest', () => {
    const images = Array.from({ length: 12 }, (_, index) => `i${index}:1`);
    const facts = told(app('b', images, 'Healthy'), { ...well, images: [] }, ana);
    expect(facts.filter((fact) => fact.startsWith('Image'))).toHaveLength(11);
    expect(facts).toContain('Images: and 2 more');
    expect(facts.some((fact) => fact.startsWith('Last well'))).toBe(false);
  });
});
