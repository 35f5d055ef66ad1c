import { describe, expect, test } from 'vitest';
import { UTC } from '../../go/location.ts';
import { SPRIG_LIBRARY } from '../sprig/functions.ts';
import { compileGoTemplate } from './engine.ts';
import { DEFAULT_LIMITS, type Limits } from './run.ts';

const NOW = Date.UTC(2026, 10, 22, 12);

function compile(source: string) {
  return compileGoTemplate('t', source, SPRIG_LIBRARY);
}

function run(source: string, vars: Record<string, unknown> = {}, limits?: Partial<Limits>) {
  const compilation = compile(source);
  if (!compilation.ok) throw new Error(compilation.error.message);
  return compilation.template.execute(vars, {
    now: NOW,
    location: UTC,
    limits: { ...DEFAULT_LIMITS, ...limits },
  });
}

function output(source: string, vars: Record<string, unknown> = {}): string {
  const result = run(source, vars);
  if (!result.ok) throw new Error(result.error.message);
  return result.output;
}

function failure(source: string, vars: Record<string, unknown> = {}, limits?: Partial<Limits>) {
  const result = run(source, vars, limits);
  return result.ok ? `prints ${result.output.slice(0, 100)}` : result.error;
}

describe('actions', () => {
  const vars = { s: 'hello', list: ['a', 'b'], map: { b: 2, a: 1 }, nul: null };

  test.each([
    ['{{.s}}', 'hello'],
    ['a {{- .s -}} b', 'ahellob'],
    ['{{/* comment */ -}}  x', 'x'],
    ['{{.missing.deep}}|{{.nul}}', '<no value>|<no value>'],
    ['{{range $i, $v := .list}}{{if $i}},{{end}}{{$i}}{{$v}}{{end}}', '0a,1b'],
    ['{{range $k, $v := .map}}{{$k}}{{$v}}{{end}}', 'a1b2'],
    ['{{range .missing}}x{{else}}none{{end}}', 'none'],
    ['{{range 5}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}', '02'],
    ['{{with .s}}{{.}}{{else}}none{{end}}', 'hello'],
    ['{{with .nul}}x{{else with .s}}{{.}}{{end}}', 'hello'],
    ['{{define "x"}}[{{.}}]{{end}}{{template "x" .s}}{{block "y" .list}}{{len .}}{{end}}', '[hello]2'],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'],
    ['{{.s | upper | printf "%s-%s" "a"}}', 'a-HELLO'],
    ['{{and .s .nul}}|{{or .nul .s}}|{{not .s}}', '<no value>|hello|false'],
  ])('%s', (source, expected) => {
    expect(output(source, vars)).toBe(expected);
  });

  test('variables of one execution are unknown to the next', () => {
    const compilation = compile('{{.x}}{{$y := .x}}{{$y}}');
    if (!compilation.ok) throw new Error(compilation.error.message);
    const options = { now: NOW, location: UTC };
    expect(compilation.template.execute({ x: 1 }, options)).toEqual({ ok: true, output: '11' });
    expect(compilation.template.execute({ x: 2 }, options)).toEqual({ ok: true, output: '22' });
  });
});

describe('errors', () => {
  test.each([
    ['text {{ nofunc }}', 8, 'function "nofunc" not defined'],
    ['{{ uper .x }}', 3, 'function "uper" not defined Did you mean "upper"?'],
    ['{{ if .x }}', 3, '{{if}} has no {{end}}'],
    ['{{ .x', 0, 'unclosed action'],
    ['{{ $y }}', 3, 'undefined variable "$y"'],
    ['{{ break }}', 3, '{{break}} outside {{range}}'],
  ])('a template that does not compile says where: %s', (source, at, message) => {
    const compilation = compile(source);
    expect(compilation.ok ? undefined : compilation.error).toEqual({ message, at });
  });

  test.each(['env', 'expandenv', 'getHostByName', 'genPrivateKey', 'genSelfSignedCert'])(
    '%s is refused, with a reason',
    (name) => {
      const compilation = compile(`{{ ${name} "HOME" }}`);
      expect(compilation.ok ? '' : compilation.error.message).toMatch(
        new RegExp(`^function "${name}" is not available: it|keys`),
      );
    },
  );

  test('a failure at run time says where', () => {
    expect(failure('ab{{ .s.x }}', { s: 'text' })).toEqual({
      message: "can't evaluate field x in type string",
      at: 5,
    });
    expect(failure('{{ trunc 3 .s }}', { s: 7 })).toEqual({
      message: 'wrong type for value; expected string; got int64',
      at: 11,
    });
  });
});

describe('sandbox', () => {
  const hostile = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];

  test.each(hostile)('no template sees %s of an object, a list, a text or a function', (name) => {
    const vars = { m: {}, f: Object.assign(() => 1, { goType: 'func() int' }) };
    expect(
      output(`{{ .m.${name} }}{{ .${name} }}{{ index .m "${name}" }}{{ hasKey .m "${name}" }}`, vars),
    ).toBe('<no value><no value><no value>false');
    for (const receiver of ['(list 1)', '(print "text")', '.f', '(now)']) {
      expect(failure(`{{ ${receiver}.${name} }}`, vars)).toMatchObject({
        message: expect.stringContaining('field'),
      });
    }
  });

  test.each([
    ['set', '{{ $_ := set (dict) "__proto__" (dict "polluted" 1) }}'],
    ['dict', '{{ $d := dict "__proto__" (dict "polluted" 1) }}{{ $d.polluted }}'],
    ['merge', '{{ $_ := merge (dict) (fromJson "{\\"__proto__\\":{\\"polluted\\":1}}") }}'],
    [
      'mergeOverwrite',
      '{{ $_ := mergeOverwrite (dict "__proto__" (dict)) (fromJson "{\\"__proto__\\":{\\"polluted\\":1}}") }}',
    ],
    ['pick', '{{ $_ := pick (fromJson "{\\"__proto__\\":{\\"polluted\\":1}}") "__proto__" }}'],
    ['deepCopy', '{{ $_ := deepCopy (fromJson "{\\"__proto__\\":{\\"polluted\\":1}}") }}'],
    ['variables', '{{ $_ := set .m "__proto__" (dict "polluted" 1) }}{{ $_ := set .m.constructor "x" 1 }}'],
  ])('%s pollutes no prototype', (_, source) => {
    run(source, { m: {} });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted');
  });

  test('a template that changes a dict does not change the variables of others', () => {
    const vars = { app: { metadata: { name: 'x' } } };
    expect(output('{{ $_ := set .app.metadata "name" "y" }}{{ .app.metadata.name }}', vars)).toBe('y');
    expect(vars).toEqual({ app: { metadata: { name: 'x' } } });
  });

  test.each([
    ['endless recursion', '{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}'],
    [
      'exponential templates',
      `${Array.from({ length: 30 }, (_, at) => `{{ define "t${at}" }}{{ template "t${at + 1}" }}{{ template "t${at + 1}" }}{{ end }}`).join('')}{{ define "t30" }}x{{ end }}{{ template "t0" }}`,
    ],
    ['a huge range', '{{ range 2000000000 }}{{ end }}'],
    ['nested ranges', '{{ range 5000 }}{{ range 5000 }}x{{ end }}{{ end }}'],
    ['repeat', '{{ repeat 2000000000 "x" }}'],
    ['repeat of repeat', '{{ $x := "xxxxxxxx" }}{{ range 40 }}{{ $x = print $x $x }}{{ end }}'],
    ['replace', '{{ $x := repeat 100000 "x" }}{{ replace "" $x $x }}'],
    ['indent', '{{ indent 2000000000 "x" }}'],
    ['join', '{{ $x := repeat 1000000 "x" }}{{ join $x (until 1000) }}'],
    ['wide numbers', `{{ printf "${'%999999d'.repeat(20)}" ${'1 '.repeat(20)} }}`],
    ['until', '{{ until 2000000000 }}'],
    ['untilStep', '{{ untilStep 0 2000000000 1 | len }}'],
    ['seq', '{{ seq 1 2000000000 }}'],
    ['concat', '{{ $x := until 1000 }}{{ range 40 }}{{ $x = concat $x $x }}{{ end }}'],
    ['random text', '{{ randAlphaNum 2000000000 }}'],
    ['a dict that holds itself', '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d }}'],
    ['JSON of a dict that holds itself', '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ toJson $d }}'],
    [
      'JSON of a list that doubles',
      '{{ $x := list "x" }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}',
    ],
    [
      'deepCopy of a list that doubles',
      '{{ $x := list "x" }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ deepCopy $x | len }}',
    ],
    [
      'printing a list that doubles',
      '{{ $x := list "x" }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}',
    ],
    ['password hashes', '{{ range 1000 }}{{ bcrypt "x" }}{{ end }}'],
  ])(
    '%s fails, and says what is too much',
    (_, source) => {
      expect(failure(source)).toMatchObject({
        message: expect.stringMatching(/longer than|more than|too (deep|large)|nested/),
      });
    },
    20_000,
  );

  test.each(['(a+)+$', '(a|aa)+$', '([a-zA-Z]+)*$', '(.*a){20}'])('%s takes linear time', (pattern) => {
    expect(output(`{{ regexMatch \`${pattern}\` .text }}`, { text: `${'a'.repeat(20_000)}!` })).toMatch(
      /true|false/,
    );
  });

  test('a semver constraint does not backtrack without end', () => {
    expect(
      failure('{{ semverCompare .c "1.2.3" }}', { c: `${'1.'.repeat(60)}x ${'>'.repeat(100)}` }),
    ).toMatchObject({});
  });

  test.each([
    ['parentheses', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['blocks', `${'{{if true}}'.repeat(5000)}x${'{{end}}'.repeat(5000)}`],
  ])('%s that nest too deeply are refused', (_, source) => {
    const compilation = compile(source);
    expect(compilation.ok ? 'compiles' : compilation.error.message).toMatch(/too deeply|depth/);
  });

  test('the output has a limit', () => {
    expect(failure('{{ range 20 }}0123456789{{ end }}', {}, { output: 100 })).toMatchObject({
      message: 'the output is longer than 100 characters',
    });
  });
});
