import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressesIn } from './address.ts';

describe('addresses of a list', () => {
  it.each<[string, string[]]>([
    ['a@b.example', ['a@b.example']],
    [' a@b.example , c@d.example ', ['a@b.example', 'c@d.example']],
    ['a@b.example,,', ['a@b.example']],
    ['"Team, Ops" <ops@b.example>', ['Team, Ops|ops@b.example']],
    ['Ops on call <ops@b.example>, a@b.example', ['Ops on call|ops@b.example', 'a@b.example']],
    ['"a \\"b\\"" <ops@b.example>', ['a "b"|ops@b.example']],
    ['<ops@b.example>', ['ops@b.example']],
    ['Größe <größe@b.example>', ['Größe|größe@b.example']],
    ['', []],
  ])('%s', (list, expected) => {
    const written = addressesIn(list)?.map(({ name, address }) => (name ? `${name}|${address}` : address));
    expect(written).toEqual(expected);
  });

  it.each([
    'ops',
    'a@b.example ops',
    '"Ops" ops@b.example',
    'a@',
    '@b',
    'a@b@c',
    '<a@b',
    'a\n@b',
    '"x\ny" <a@b.c>',
  ])('none: %j', (list) => {
    expect(addressesIn(list)).toBeUndefined();
  });

  it('come back from what they are written as', () => {
    const name = fc.string().filter((text) => !/[\p{Cc}<>]/u.test(text) && text === text.trim());
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const list = names
          .map((each, at) => `"${each.replace(/["\\]/g, '\\$&')}" <a${at}@b.example>`)
          .join(', ');
        expect(addressesIn(list)).toEqual(
          names.map((each, at) => ({ name: each, address: `a${at}@b.example` })),
        );
      }),
    );
  });
});
