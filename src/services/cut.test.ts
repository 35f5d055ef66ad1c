import fc from 'fast-check';
import { expect, it } from 'vitest';
import { codePoints, cutText, utf8Bytes, utf16Units } from './cut.ts';

it.each([utf16Units, codePoints, utf8Bytes])(
  'a text is at most as long as it may be, counted by %o',
  (measure) => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 4, max: 80 }),
        (text, limit) => {
          const cut = cutText(text, limit, measure);
          expect(measure(cut)).toBeLessThanOrEqual(limit);
          const isCut = cut.endsWith('…') && text.startsWith(cut.slice(0, -1)) && cut.isWellFormed();
          expect(measure(text) <= limit ? cut === text : isCut).toBe(true);
        },
      ),
    );
  },
);

it('no character is cut in half', () => {
  expect(cutText('abc👩‍👩‍👧‍👦d', 6)).toBe('abc…');
  expect(cutText('🚀'.repeat(1_025), 1_024, codePoints)).toBe(`${'🚀'.repeat(1_023)}…`);
  expect(cutText('é'.repeat(1_025), 1_024, codePoints)).toBe(`${'é'.repeat(1_023)}…`);
});
