import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMatcher, matchesNothing, type Operator, printMatcher } from './matcher.ts';
import { parseMatchers } from './matcher-text.ts';

function matcher(operator: Operator, ...values: string[]) {
  const made = createMatcher('x', operator, values);
  if ('error' in made) throw new Error(made.error);
  return made;
}

it('a value of more than 512 characters matches no regular expression', () => {
  const expression = matcher('=~', 'x*');
  expect(expression.matches(['x'.repeat(512)])).toBe(true);
  expect(expression.matches(['x'.repeat(513)])).toBe(false);
  expect(expression.matches(['x'.repeat(512)])).toBe(true);
});

describe('a matcher', () => {
  it.each([
    ['=', ['a'], ['a'], true],
    ['=', ['a'], ['b'], false],
    ['=', ['a', 'b'], ['b'], true],
    ['=', [''], [], true],
    ['=', ['a'], [], false],
    ['!=', ['a'], [], true],
    ['!=', [''], [], false],
    ['!=', ['a', 'b'], ['b'], false],
    ['=~', ['warn.*'], ['warning'], true],
    ['=~', ['warn'], ['warning'], false],
    ['=~', ['arn'], ['warning'], false],
    ['=~', ['a|b'], ['ab'], false],
    ['=~', ['a.b'], ['a\nb'], true],
    ['=~', ['.*'], [], true],
    ['!~', ['warn.*'], [], true],
    ['!~', ['warn.*'], ['warning'], false],
    // Of several values one suffices to match, and all have to differ.
    ['=', ['b'], ['a', 'b'], true],
    ['!=', ['b'], ['a', 'b'], false],
    ['!=', ['c'], ['a', 'b'], true],
  ] as [Operator, string[], string[], boolean][])('%s %j of %j: %j', (operator, values, found, matches) => {
    expect(matcher(operator, ...values).matches(found)).toBe(matches);
  });

  it('says what is wrong with an expression', () => {
    expect(createMatcher('x', '=~', ['('])).toEqual({
      error: expect.stringContaining('bad regular expression'),
    });
    expect(createMatcher('x', '=~', ['(a{1000}){1000}'])).toEqual({
      error: 'the regular expression is too large',
    });
  });

  it('holds for everything where it matches what is missing', () => {
    expect(matchesNothing([matcher('!=', 'a'), matcher('=~', '.*')])).toBe(true);
    expect(matchesNothing([matcher('!=', 'a'), matcher('=', 'b')])).toBe(false);
  });

  it.each([
    [matcher('=', 'a"b'), 'x="a\\"b"'],
    [matcher('!~', 'a.*'), 'x!~"a.*"'],
    [matcher('=', 'a.b', 'c'), 'x=~"a\\\\.b|c"'],
  ])('is printed and read again', (one, text) => {
    expect(printMatcher(one)).toBe(text);
    const parsed = parseMatchers(text);
    const [read] = 'error' in parsed ? [] : parsed.matchers;
    for (const value of ['a"b', 'ax', 'a.b', 'c', 'axb', ''])
      expect(read?.matches([value]), value).toBe(one.matches([value]));
  });
});

it('whatever is compared is printed so that the same is read again, without a doubt', () => {
  const operator = fc.constantFrom<Operator>('=', '!=', '=~', '!~');
  const word = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('a\tb', '\\d', "x'`", '\n', '"'),
  );
  const plain = (text: string) => !/[\ud800-\udfff]/.test(text) || text.isWellFormed();
  fc.assert(
    fc.property(
      word.filter((text) => text !== '' && plain(text)),
      operator,
      word.filter(plain),
      (label, compared, value) => {
        const made = createMatcher(label, compared, [value]);
        if ('error' in made) return;
        const read = parseMatchers(printMatcher(made));
        expect(read).toMatchObject({ matchers: [{ label, operator: compared, values: [value] }] });
        expect(read).not.toHaveProperty('warning');
      },
    ),
  );
});

describe('the matchers of Alertmanager', () => {
  const read = (text: string) => {
    const parsed = parseMatchers(text);
    if ('error' in parsed) return parsed.error;
    return parsed.matchers.map(({ label, operator, values }) => `${label}${operator}${values[0]}`);
  };

  it.each([
    ['severity=warning', ['severity=warning']],
    ['severity = "a b"', ['severity=a b']],
    ['{severity=~"warn.*", project!="x",}', ['severity=~warn.*', 'project!=x']],
    ['a!~b,c=d', ['a!~b', 'c=d']],
    // Names of any characters, in quotes or not.
    ['"app.kubernetes.io/name"=x', ['app.kubernetes.io/name=x']],
    ['app.kubernetes.io/name=x', ['app.kubernetes.io/name=x']],
    ['"a b"="\\u00e9\\t\\x41"', ['a b=é\tA']],
    // Escapes of bytes, which are read as UTF-8.
    ['"a b"="\\xc3\\xa9\\302\\265"', ['a b=éµ']],
    // What only the classic grammar knows.
    ['foo=', ['foo=']],
    ['foo=bar baz', ['foo=bar baz']],
    ['', []],
    ['{}', []],
  ])('%s', (text, matchers) => {
    expect(read(text)).toEqual(matchers);
  });

  it.each([
    '{a=b',
    'a=b}',
    'a',
    '=b',
    'a=="b"',
    'a="b',
    'a=b c=d"',
    'a=~"("',
    '"a b"="\\xff"',
    '"a b"="\\400"',
  ])('%s cannot be read', (text) => {
    expect(typeof read(text)).toBe('string');
  });

  it('the classic grammar wins where they disagree, and says so', () => {
    // \d is no escape of a Go string, but stands for itself in the classic grammar; \x41 is one in both ways.
    const parsed = parseMatchers('a=~"\\x41"');
    expect(parsed).toMatchObject({ matchers: [{ values: ['\\x41'] }], warning: expect.any(String) });
    expect(parseMatchers('a=~"\\d+"')).not.toHaveProperty('warning');
  });
});
