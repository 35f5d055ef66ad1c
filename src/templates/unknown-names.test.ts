import { expect, test } from 'vitest';
import { unknownNames } from './unknown-names.ts';

test.each([
  ['{{ (call .time.Now).Minuts }}', ['method time.Time.Minuts 20 Minute']],
  ['{{ (now).Fromat "2006" }}', ['method time.Time.Fromat 9 Format']],
  [
    '{{ ((call .time.Now).Sub (call .time.Parse .app.t)).Minuts }}',
    ['method time.Duration.Minuts 52 Minutes'],
  ],
  ['{{ call .time.Nwo }}', ['field time.Nwo 14 Now']],
  ['{{ .ap.metadata.name }}', ['variable ap 4 app']],
  [
    '{{ range .app.items }}{{ .time.Nwo }}{{ $.strings.Replace }}{{ end }}',
    ['field strings.Replace 50 ReplaceAll'],
  ],
  [
    '{{ with .app }}{{ .x }}{{ else }}{{ .shared.changedImage }}{{ end }}',
    ['field shared.changedImage 44 changedImages'],
  ],
  ['{{ $t := now }}{{ $t.Yeer }}', ['method time.Time.Yeer 21 Year']],
  ['{{ define "x" }}{{ .any }}{{ end }}{{ template "x" .app }}', []],
  ['{{ if true }}{{ .recipient }}{{ .secrets.x }}{{ .context.y }}{{ .serviceType }}{{ end }}', []],
  ['{{ (call .repo.GetCommitMetadata "x").Author }}', []],
])('%s', (source, expected) => {
  const found = unknownNames({ source, dialect: 'go' }).map(({ name, kind, of, offset, suggestion }) =>
    [kind, of === undefined ? name : `${of}.${name}`, offset, suggestion ?? '-'].join(' '),
  );
  expect(found).toEqual(expected);
});

test('mustache and broken texts have none', () => {
  expect(unknownNames({ source: '{{ap.x}}', dialect: 'mustache' })).toEqual([]);
  expect(unknownNames({ source: '{{ .ap.x ', dialect: 'go' })).toEqual([]);
});
