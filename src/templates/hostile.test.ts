import { describe, expect, test } from 'vitest';
import { renderNotification } from './render.ts';
import { compileTemplate } from './schema.ts';
import { templateVars } from './vars.ts';

// Templates of a tenant who means harm: each would take minutes or all memory, and must end with an error soon.

const app = {
  text: 'a'.repeat(900_000),
  numbers: Array.from({ length: 100_000 }, (_, index) => index),
};

function render(fields: object, serviceType = 'slack', filterValue?: (value: string) => string) {
  const { template, problems } = compileTemplate('evil', JSON.stringify(fields));
  if (template === undefined) throw new Error(JSON.stringify(problems));
  const vars = templateVars({ app, appProject: {}, context: {}, serviceType, recipient: 'a', now: 0 });
  return renderNotification([template], vars, {
    serviceType,
    jsonFields: ['attachments'],
    template: () => template,
    ...(filterValue && { filterValue }),
  });
}

const loop = (action: string, before = '') =>
  `${before}{{ range until 100000 }}{{ $_ := ${action} }}{{ end }}`;
const long = '{{ $s := repeat 2000000 "é" }}';
const list = '{{ $l := until 100000 }}';

describe('a template ends with an error that names it and its field', () => {
  test.each([
    ['loops in each other', '{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}'],
    ['repeat', '{{ repeat 1000000000 "a" }}'],
    ['many widths', `{{ printf "${'%999999d'.repeat(100)}" ${'1 '.repeat(100)} }}`],
    ['until', '{{ until 100000000 }}'],
    ['doubled texts', '{{ $x := "aaaa" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}'],
    ['doubled dicts', '{{ $x := dict }}{{ range until 60 }}{{ $x = dict "a" $x "b" $x }}{{ end }}{{ $x }}'],
    ['long texts read', loop('len $s', long)],
    ['long texts compared', loop('eq $s (print $s)', long)],
    ['long texts hashed', loop('sha256sum $s', long)],
    ['long texts changed', loop('swapcase $s', long)],
    ['texts split into maps', '{{ split "" (repeat 2000000 "a") }}'],
    ['lists copied', loop('slice $l 1', list)],
    ['lists sorted', loop('sortAlpha $l', list)],
    ['lists searched', loop('has -1 $l', list)],
    ['lists without doubles', '{{ uniq (until 100000) }}'],
    ['chunks', loop('chunk 1 $l', list)],
    [
      'keys',
      loop(
        'keys $d',
        '{{ $d := dict }}{{ range $i := until 9999 }}{{ $_ := set $d (toString $i) 1 }}{{ end }}',
      ),
    ],
    ['regular expressions', '{{ regexMatch "([a-z]?){300}[0-9]" .app.text }}'],
    ['regular expressions compiled', loop('regexMatch (printf "(a{1,900}|%d)" 1) "a"')],
    [
      'methods of namespaces',
      loop('call .strings.ReplaceAll $.app.text "a" "b"').replace('.strings', '$.strings'),
    ],
    [
      'templates that call templates',
      '{{ define "x" }}{{ template "x" }}{{ template "x" }}{{ end }}{{ template "x" }}',
    ],
    ['the output', `{{ range until 100000 }}${'y'.repeat(1_000)}{{ end }}`],
    ['mustache that includes itself twice', '{{! }}{{> evil}}{{> evil}}'],
    ['mustache with lists in each other', '{{#app.numbers}}{{#app.numbers}}{{/app.numbers}}{{/app.numbers}}'],
    ['mustache with long names', `{{#app.numbers}}{{${'a.'.repeat(20_000)}b}}{{/app.numbers}}`],
  ])('%s', (_, message) => {
    const result = render({ message });
    expect(result).toMatchObject({ ok: false, template: 'evil', field: 'message', line: 1 });
    expect(result).toHaveProperty(
      'error',
      expect.stringMatching(/more than \d+ (?:steps|deep)|longer than|too (?:large|deeply)/),
    );
  });

  test('whose values are filtered by what precedes them', () => {
    const attachments = '[{"text":"{{ range until 100000 }}yyyyyyyyyyyyyyy{{ print 1 }}{{ end }}';
    expect(render({ slack: { attachments } }, 'slack', (value) => value)).toMatchObject({
      ok: false,
      field: 'slack.attachments',
    });
  });

  test('whose many strings spend the budget together', () => {
    const body = (at: number) => [`hook${at}`, { body: '{{ range until 90000 }}{{ end }}' }] as const;
    const webhook = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => body(at)));
    expect(render({ webhook }, 'webhook')).toMatchObject({ ok: false, field: 'webhook.hook8.body' });
    const few = Object.fromEntries(Object.entries(webhook).slice(0, 8));
    expect(render({ webhook: few }, 'webhook').ok).toBe(true);
    const large = {
      a: { body: '{{ .app.text }}' },
      b: { body: '{{ .app.text }}' },
      c: { body: '{{ .app.text }}' },
    };
    expect(render({ webhook: large }, 'webhook')).toMatchObject({ ok: false, field: 'webhook.c.body' });
  });
});

describe('a template that is large and honest is rendered', () => {
  test.each([
    ['an Application as JSON', '{{ .app | toJson }}'],
    ['a message for each of many', '{{ range .app.numbers }}{{ if eq . 5 }}{{ . }}{{ end }}{{ end }}'],
    [
      'a regular expression for each of a thousand',
      '{{ range until 1000 }}{{ regexReplaceAll "^v?([0-9]+)\\\\.([0-9]+).*$" "v1.2.3-rc1" "$1" }}{{ end }}',
    ],
    ['texts without doubles', '{{ len (uniq (splitList "," (join "," .app.numbers))) }}'],
  ])('%s', (_, message) => {
    expect(render({ message })).toMatchObject({ ok: true });
  });
});
