import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSelector } from './selector.ts';

const labels = { env: 'prod', tier: '5', 'a.b/c': 'x', empty: '' };

function matches(text: string): boolean {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.selector.matches(labels);
}

describe('parseSelector', () => {
  it.each([
    ['', true],
    [' \t ', true],
    ['env=prod', true],
    ['env == prod', true],
    ['env!=prod', false],
    ['missing!=x', true],
    ['env in (dev, prod)', true],
    ['env notin (dev,qa)', true],
    ['missing notin (a)', true],
    ['env', true],
    ['!env', false],
    ['! missing', true],
    ['tier>4,tier<6', true],
    ['tier>5', false],
    ['env>1', false],
    ['a.b/c=x', true],
    ['empty=', true],
    ['empty in (,a)', true],
    ['env in ()', false],
    ['env notin ()', true],
    ['in in (in)', false],
    ['toString', false],
  ])('%j: %s', (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it.each([
    ['=prod', 1],
    ['env===prod', 6],
    ['env in (prod', 13],
    ['env=prod team=web', 10],
    ['env exists', 5],
    ['env!in (prod)', 4],
    ['a,,b', 3],
    ['a,', 3],
    ['env=-x', 5],
    ['env>x', 5],
    ['a/b/c', 1],
    ['ü=x', 1],
    ['!env=x', 5],
  ])('refuses %j at column %i', (text, column) => {
    expect(parseSelector(text)).toMatchObject({ ok: false, column });
  });

  it('never throws, and points into the text', () => {
    const unit = fc.constantFrom(
      'env',
      'in',
      'notin',
      '=',
      '!',
      '(',
      ')',
      ',',
      '>',
      '<',
      ' ',
      '1',
      '-',
      '/',
      'é',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const parsed = parseSelector(text);
        const sound = parsed.ok
          ? typeof parsed.selector.matches(labels) === 'boolean'
          : parsed.column >= 1 && parsed.column <= text.length + 1;
        expect(sound).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
