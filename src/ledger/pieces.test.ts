import fc from 'fast-check';
import { expect, it } from 'vitest';
import { delivery, recordRow, toldRow } from '../../test/contract/ledger-fixtures.ts';
import { mostItems } from './ledger.ts';
import { type Part, piecesOf } from './pieces.ts';

it('cuts a change of any size in its order, no part torn apart and the record last', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 4 }), { maxLength: 1_500 }), fc.boolean(), (sizes, clear) => {
      const parts = sizes.map(
        (size, i): Part => ({
          put: Array.from({ length: size }, (_, n) => toldRow(`${i}-${n}`)),
          remove: [{ kind: 'notice', key: `${i}` }],
        }),
      );
      const pieces = piecesOf({ clear, parts, last: { put: [recordRow('u')] } });
      expect(pieces.flatMap(({ put = [] }) => put)).toEqual([
        ...parts.flatMap(({ put = [] }) => put),
        recordRow('u'),
      ]);
      expect(pieces.flatMap(({ remove = [] }) => remove)).toEqual(parts.flatMap(({ remove = [] }) => remove));
      expect(pieces.map((piece) => piece.clear ?? false)).toEqual(pieces.map((_, i) => clear && i === 0));
      for (const { put = [], remove = [] } of pieces) {
        expect(put.length + remove.length).toBeLessThanOrEqual(mostItems);
        const starts = new Set(remove.map(({ key }) => key));
        const rows = new Set(
          put.flatMap(({ kind, key }) => (kind === 'told' ? [key.split('-')[0] ?? ''] : [])),
        );
        for (const part of rows) expect(starts).toContain(part);
      }
    }),
    { numRuns: 20 },
  );
});

it('makes one piece of most changes, and none of nothing', () => {
  expect(piecesOf({ parts: [{ add: [delivery('u')] }], last: { put: [recordRow('u')] } })).toEqual([
    { remove: [], put: [recordRow('u')], add: [delivery('u')] },
  ]);
  expect(piecesOf({ parts: [] })).toEqual([]);
  expect(piecesOf({ clear: true })).toEqual([{ clear: true, remove: [], put: [], add: [] }]);
});
