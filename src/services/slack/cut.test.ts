import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut } from './cut.ts';

describe('cut', () => {
  it('leaves what fits', () => {
    expect(cut('abc', 3)).toBe('abc');
  });

  it.each([
    ['a family', 'ab👩‍👩‍👧‍👦cd', 8, 'ab…'],
    ['a flag', 'ab🇩🇪cd', 5, 'ab…'],
    ['an accent', 'abe\u0301cd', 4, 'ab…'],
    ['a line break of two characters', 'ab\r\ncd', 4, 'ab…'],
    ['a link', 'see <https://example.com/a|the app> ok', 20, 'see …'],
    ['a mention', 'ping <@U012ABC> ok', 12, 'ping …'],
    ['an entity', 'a &amp; b', 6, 'a …'],
  ])('cuts before %s', (_, text, limit, expected) => {
    expect(cut(text, limit)).toBe(expected);
  });

  it('cuts a comparison like any text', () => {
    expect(cut('if a < b then stop', 10)).toBe('if a < b …');
  });

  it('closes a code block that would stay open', () => {
    expect(cut(`\`\`\`\n${'x'.repeat(50)}\n\`\`\` end`, 30)).toBe(`\`\`\`\n${'x'.repeat(21)}\n\`\`\`…`);
  });

  it('keeps the limit, cuts no character and keeps a beginning', () => {
    const whole = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 5, max: 200 }),
        (text, limit) => {
          const short = cut(text, limit);
          expect(short.length).toBeLessThanOrEqual(limit);
          if (text.length <= limit || text.includes('```')) return;
          const kept = short.slice(0, -1);
          expect(text.startsWith(kept)).toBe(true);
          expect(short.isWellFormed()).toBe(true);
          const boundaries = new Set([0, ...[...whole.segment(text)].map(({ index }) => index)]);
          expect(boundaries).toContain(kept.length);
        },
      ),
    );
  });

  it('cuts no flag of many in half', () => {
    expect(cut('🇩🇪'.repeat(300), 803)).toBe(`${'🇩🇪'.repeat(200)}…`);
  });

  it('copes with a character without end', () => {
    const zalgo = `a${'\u0301'.repeat(5_000)}`;
    expect(cut(zalgo, 100).length).toBe(100);
  });
});
