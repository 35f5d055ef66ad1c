import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../model.ts';
import { pack, unpack } from './pack.ts';

describe('pack', () => {
  it('gives back any JSON', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        const value = JSON.parse(text) as Json;
        expect(unpack(pack(value))).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });

  it('takes a fraction of the room', () => {
    const resources = Array.from({ length: 100 }, (_, i) => ({
      kind: 'Deployment',
      name: `app-${i}`,
      namespace: 'x',
    }));
    expect(pack({ resources }).length).toBeLessThan(JSON.stringify({ resources }).length / 5);
  });

  it('refuses what it did not make', () => {
    expect(() => unpack(Buffer.from('{}'))).toThrow('unknown format 123');
    expect(() => unpack(Buffer.alloc(0))).toThrow('unknown format');
    expect(() => unpack(Buffer.of(1, 2, 3))).toThrow('invalid');
  });
});
