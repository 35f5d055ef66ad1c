import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, suggestion } from './did-you-mean.ts';
import { field, parseYaml, unknownFields } from './yaml.ts';

const value = (text: string) => {
  const document = parseYaml(text);
  expect(document.problems).toEqual([]);
  return document.value;
};

describe('parseYaml', () => {
  it('reads scalars by YAML 1.1 as yaml.v2 does', () => {
    expect(value('[y, Yes, on, n, off, True, "y", ~, null, Null]')).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      'y',
      null,
      null,
      null,
    ]);
    expect(value('[010, 0o17, 0x1F, 0b11, 1_000, -5, +5, 08, 18446744073709551616]')).toEqual([
      8,
      15,
      31,
      3,
      1000,
      -5,
      5,
      8,
      2 ** 64,
    ]);
    expect(value('[1e3, .5, 1.50, 190:20:30, 2026-11-22, 1.2.3, 1e, 0x]')).toEqual([
      1000,
      0.5,
      1.5,
      '190:20:30',
      '2026-11-22',
      '1.2.3',
      '1e',
      '0x',
    ]);
  });

  it('gives scalars as Go decodes them into a string field', () => {
    const document = parseYaml('[yes, 1.50, 1e6, 12345678901234567890, ~, 010, -.inf, 0.00001, text, [a]]');
    const texts = (document.value as unknown[]).map((_, index) => document.textAt([index]));
    expect(texts).toEqual([
      'true',
      '1.5',
      '1e+06',
      '12345678901234567890',
      '',
      '8',
      '-Inf',
      '1e-05',
      'text',
      undefined,
    ]);
  });

  it('lets the last duplicate win, merges, and follows anchors', () => {
    expect(value('a: 1\na: 2')).toEqual({ a: 2 });
    expect(value('base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3\nlist: [*b]')).toEqual({
      base: { x: 1, z: 2 },
      use: { x: 1, z: 3 },
      list: [{ x: 1, z: 2 }],
    });
    expect(value('a: {<<: [{x: 1}, {x: 2, z: 3}]}')).toEqual({ a: { x: 1, z: 3 } });
  });

  it('makes strings of keys and keeps __proto__ an ordinary one', () => {
    expect(value('1: one\ntrue: yes\n1.50: f')).toEqual({ '1': 'one', true: true, '1.5': 'f' });
    const parsed = value('__proto__: {polluted: 1}') as Record<string, unknown>;
    expect(Object.keys(parsed)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads the first document only and says that there are more', () => {
    expect(parseYaml('---\na: 1\n---\n[bad')).toMatchObject({ value: { a: 1 }, more: true, problems: [] });
    expect(value('')).toBeNull();
    expect(value('\ufeffmessage: bom\n')).toEqual({ message: 'bom' });
    expect(value('v: !!binary aGk=')).toEqual({ v: 'hi' });
  });

  it.each([
    ['bad: [\n', 1],
    ['a: 1\n\tb: 2\n', 2],
    ['message: {{ .x }}\n', 1],
    ['a: *nope\n', 1],
    ['ok: 1\nm: "\\/"\n', 2],
    ['a: &a [*a]\n', 1],
    ['? {a: 1}\n: 2\n', 1],
  ])('locates what is wrong in %j', (text, line) => {
    const { value, problems } = parseYaml(text);
    expect(value).toBeNull();
    expect(problems).toMatchObject([{ line }]);
  });

  it('bounds aliases and nesting', () => {
    const laughs = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++) {
      const name = String.fromCharCode(97 + i);
      const before = String.fromCharCode(96 + i);
      laughs.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(',')}]`);
    }
    expect(parseYaml(laughs.join('\n')).problems[0]?.what).toContain('too large');
    expect(parseYaml('['.repeat(5_000)).problems).toHaveLength(1);
    expect(parseYaml(`${'['.repeat(2000)}${']'.repeat(2000)}`).problems[0]?.what).toContain(
      'nested too deeply',
    );
  });

  it('accepts continuation lines in any column, and keeps positions', () => {
    const document = parseYaml('- when: a\n  send: [\none,\n  two\n]\n- when: "x\ny"\n  bad: 1\n');
    expect(document.problems).toEqual([]);
    expect(document.value).toEqual([
      { when: 'a', send: ['one', 'two'] },
      { when: 'x y', bad: 1 },
    ]);
    expect(document.at([0, 'send', 0])).toEqual({ line: 3, column: 1 });
    expect(document.at([0, 'send', 1])).toEqual({ line: 4, column: 3 });
    expect(document.keyAt([1, 'bad'])).toEqual({ line: 8, column: 3 });
  });

  it('adds no line break to a block scalar that ends the text', () => {
    expect(value('m: |\n  a')).toEqual({ m: 'a' });
    expect(value('m: |\n  a\n')).toEqual({ m: 'a\n' });
    expect(value('m: >\n  a\n  b')).toEqual({ m: 'a b' });
  });

  it('finds keys, values and positions inside strings of every style', () => {
    const text = [
      '- when: a == 1', //
      '  send: [one, two]',
      'rest: |',
      '    first',
      '      {{ bad }}',
    ].join('\n');
    expect(parseYaml('- when: a == 1\n  send: [one, two]').at([0, 'send', 1])).toEqual({
      line: 2,
      column: 15,
    });
    expect(parseYaml('- when: a == 1\n  send: [one, two]').keyAt([0, 'send'])).toEqual({
      line: 2,
      column: 3,
    });
    expect(parseYaml('- when: a == 1').within([0, 'when'], { line: 1, column: 3 })).toEqual({
      line: 1,
      column: 11,
    });
    expect(parseYaml(text.split('\n').slice(2).join('\n')).within(['rest'], { line: 2, column: 3 })).toEqual({
      line: 3,
      column: 7,
    });
    expect(parseYaml('m: >\n  a b\n  c d\n').within(['m'], { line: 1, column: 7 })).toEqual({
      line: 3,
      column: 5,
    });
    expect(parseYaml(`m: 'it''s x'`).within(['m'], { line: 1, column: 6 })).toEqual({ line: 1, column: 11 });
    expect(parseYaml('m: "a\\n\\"b\\" x"').within(['m'], { line: 2, column: 5 })).toEqual({
      line: 1,
      column: 14,
    });
    expect(parseYaml('a: 1').at(['b', 'c'])).toEqual({ line: 1, column: 1 });
  });

  it('finds a character again wherever it is written', () => {
    const words = fc.array(fc.constantFrom('alpha', 'b', '{{', '}}', 'x=1', ''), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 5 }), (rows) => {
        const body = rows.map((row) => row.join(' ').trim()).filter((row) => row !== '');
        fc.pre(body.length > 0);
        const document = parseYaml(`k:\n  s: |\n${body.map((row) => `     ${row}\n`).join('')}`);
        body.forEach((row, index) => {
          const column = row.length;
          expect(document.within(['k', 's'], { line: index + 1, column })).toEqual({
            line: index + 3,
            column: column + 5,
          });
        });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseYaml(text).at(['a', 0])));
    const alphabet = fc.constantFrom(...'abc:-?[]{}|>&*!\'"#%@`,\n\t \\$<0.'.split(''));
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 60 }), (text) => {
        const document = parseYaml(text);
        document.textAt(['a']);
        document.within([0], { line: 1, column: 1 });
        expect(document.problems.length === 0 || document.value === null).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is too much for the parser', () => {
  /** Near the end of the stack, where a parser that recurses with the text throws. */
  function parseAtDepth(text: string, frames: number): ReturnType<typeof parseYaml> {
    return frames === 0 ? parseYaml(text) : parseAtDepth(text, frames - 1);
  }

  it.each([
    ['dashes', '- '.repeat(20_000), { line: 1, column: 1020 }],
    ['question marks', '? '.repeat(20_000), { line: 1, column: 1020 }],
    ['brackets', '['.repeat(20_000), { line: 1, column: 511 }],
    ['braces', '{a: '.repeat(20_000), { line: 1, column: 2038 }],
    [
      'indentation',
      Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      { line: 510, column: 511 },
    ],
  ])('%s in each other are a problem where they go too deep', (_name, text, at) => {
    expect(parseAtDepth(text, 2_000).problems).toEqual([{ ...at, what: 'the YAML is nested too deeply' }]);
  });

  it.each([
    ['quotes', '"', { line: 1, column: 249_999 }],
    ['line breaks', '\n', { line: 125_001, column: 1 }],
    ['empty lists', '- []\n', { line: 25_000, column: 5 }],
  ])('a flood of %s is not read to its end', (_name, part, at) => {
    const what = 'the YAML has more than 125000 parts';
    expect(parseYaml(part.repeat(900_000 / part.length)).problems).toEqual([{ ...at, what }]);
  });

  it('of a flood of errors the first is told', () => {
    expect(parseYaml('}'.repeat(100_000)).problems).toEqual([
      { line: 1, column: 1, what: 'unexpected flow-map-end token in YAML document' },
    ]);
  });

  it('nothing that a ConfigMap holds in earnest', () => {
    const list = Array.from(
      { length: 5_000 },
      (_, i) => `- recipients: [slack:team-${i}]\n  triggers: [on-deployed]`,
    );
    expect(value(list.join('\n'))).toHaveLength(5_000);
    expect(value(`a: |\n${'  x\n'.repeat(250_000)}`)).toEqual({ a: 'x\n'.repeat(250_000) });
    expect(Error.stackTraceLimit).toBeGreaterThan(0);
  });

  it('is not quoted at length', () => {
    expect(parseYaml('!'.repeat(10_000)).problems[0]?.what.length).toBe(200);
    expect(parseYaml(`- *${'a'.repeat(10_000)}`).problems[0]?.what.length).toBeLessThan(200);
  });
});

describe('field', () => {
  it('matches without regard to case, the last in byte order first', () => {
    expect(field({ When: 'a', when: 'b' }, 'when')).toBe('b');
    expect(field({ WHEN: 'a' }, 'when')).toBe('a');
    expect(field({ whens: 'a' }, 'when')).toBeUndefined();
    expect(unknownFields({ When: 1, sned: 2 }, ['when', 'send'])).toEqual(['sned']);
  });
});

describe('didYouMean', () => {
  it('proposes what is close and nothing else', () => {
    expect(didYouMean('sned', ['when', 'send'])).toBe('send');
    expect(didYouMean('Token', ['token'])).toBe('token');
    expect(didYouMean('dissableUnfurl', ['disableUnfurl'])).toBe('disableUnfurl');
    expect(didYouMean('channels', ['token', 'icon'])).toBeUndefined();
    expect(suggestion('slak', ['slack'])).toBe(' Did you mean "slack"?');
  });
});
