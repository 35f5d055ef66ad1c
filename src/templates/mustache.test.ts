import { describe, expect, test } from 'vitest';
import { GoFloat, GoTypedMap } from '../go/value.ts';
import { compileMustache, type MustacheOptions } from './mustache.ts';

function render(source: string, vars: Record<string, unknown>, options: MustacheOptions = {}) {
  const compilation = compileMustache(source);
  return compilation.ok ? compilation.template.execute(vars, options) : compilation;
}

const app = {
  name: 'web & "co"',
  list: [{ kind: 'Pod' }, { kind: 'Job' }],
  none: [],
  zero: 0,
  text: 'x',
  float: new GoFloat(1e6),
  map: { b: 1, a: null },
};

test.each([
  ['{{app.name}} {{{app.name}}} {{&app.name}}', 'web & "co" web & "co" web & "co"'],
  ['{{#app.list}}{{kind}}-{{app.text}} {{/app.list}}', 'Pod-x Job-x '],
  ['{{^app.none}}none{{/app.none}}{{^app.list}}never{{/app.list}}', 'none'],
  ['{{#app.zero}}never{{/app.zero}}{{#app.text}}{{.}}{{/app.text}}', 'x'],
  ['{{app.float}} {{app.map}} {{app.missing.deep}}', '1e+06 map[a:<nil> b:1] '],
  ['{{#context}}{{k}}{{/context}}{{context.k}}', 'vv'],
  ['{{! a comment }}{{=<% %>=}}<% app.text %>', 'x'],
])('%s', (source, output) => {
  const vars = { app, context: new GoTypedMap('string', new Map([['k', 'v']])) };
  expect(render(source, vars)).toEqual({ ok: true, output });
});

test('partials are other templates', () => {
  const partial = (name: string) => (name === 'footer' ? 'by {{app.text}}' : undefined);
  expect(render('{{> footer}}', { app }, { partial })).toEqual({ ok: true, output: 'by x' });
  expect(render('{{> nothing}}', { app }, { partial })).toMatchObject({
    error: { message: 'there is no template "nothing" to include' },
  });
});

describe('sandbox', () => {
  test.each([
    'constructor',
    '__proto__',
    'toString',
    'app.constructor.name',
    'app.__proto__.x',
    'app.text.length',
    'f',
    'f.name',
  ])('{{%s}} is nothing', (path) => {
    const vars = { app, f: () => 'called' };
    expect(render(`{{${path}}}{{#${path}}}x{{/${path}}}`, vars)).toEqual({ ok: true, output: '' });
  });

  test('a partial that includes itself ends', () => {
    expect(render('{{> self}}', {}, { partial: () => 'x{{> self}}' })).toMatchObject({ ok: false });
  });

  test('sections that multiply end', () => {
    const list = Array.from({ length: 200 }, () => 1);
    const source = '{{#l}}'.repeat(5) + 'x' + '{{/l}}'.repeat(5);
    expect(render(source, { l: list })).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('than') },
    });
  });
});

test('an unclosed section says where', () => {
  expect(render('a {{#app}} b', {})).toEqual({
    ok: false,
    error: { message: 'Unclosed section "app"', at: 12 },
  });
});
