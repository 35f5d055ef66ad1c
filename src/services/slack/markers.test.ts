import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMarkers } from './markers.ts';
import { neutraliseMentions } from './mentions.ts';

const shown = (address: string) => `<@${address}>`;

describe('markers', () => {
  it('are replaced wherever they stand, each for its address', () => {
    const markers = createMarkers();
    const ana = markers.mark('ana@example.com');
    const text = `by ${ana}${markers.mark('bo@example.com')}, ${ana}_`;
    expect(markers.addressesIn([text, ana, 'nobody'])).toEqual(['ana@example.com', 'bo@example.com']);
    expect(markers.replace(text, shown)).toBe('by <@ana@example.com><@bo@example.com>, <@ana@example.com>_');
  });

  it('are told apart where addresses hold underscores', () => {
    const markers = createMarkers();
    const text = markers.mark('a__b__c@example.com') + markers.mark('_x_@example.com');
    expect(markers.replace(text, shown)).toBe('<@a__b__c@example.com><@_x_@example.com>');
  });

  it('pass the filter of values and JSON unchanged', () => {
    const mark = createMarkers().mark("o'x+git@example.com");
    expect(neutraliseMentions(mark, { preceding: 'by ', isForeign: () => true })).toBe(mark);
    expect(JSON.stringify(mark)).toBe(`"${mark}"`);
  });

  it('cannot be made up', () => {
    const markers = createMarkers();
    const mark = markers.mark('ana@example.com');
    const forged = [
      '__SLACK_USER_EMAIL__ana@example.com__',
      mark.replace('ana', 'boss'),
      createMarkers().mark('ana@example.com'),
      `__SLACK_USER_EMAIL__boss@example.com__${'0'.repeat(32)}__`,
    ];
    for (const text of forged) {
      expect(markers.addressesIn([text])).toEqual([]);
      expect(markers.replace(text, shown)).toBe(text);
    }
  });

  it('are found in any text, and nothing else is', () => {
    const markers = createMarkers();
    const piece = fc.oneof(
      fc.constantFrom('__', '__SLACK_USER_EMAIL__', '_', 'a@b.c__'),
      fc.string({ maxLength: 5 }),
      fc.record({ address: fc.constantFrom('a@b.c', 'x_y@b.c', 'A+b@c.de') }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.map((each) => (typeof each === 'string' ? each : markers.mark(each.address)));
        const expected = pieces.map((each) => (typeof each === 'string' ? each : '\u0001'));
        expect(markers.replace(text.join(''), () => '\u0001')).toBe(expected.join(''));
      }),
    );
  });
});
