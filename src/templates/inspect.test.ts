import { describe, expect, test } from 'vitest';
import { templateShapes } from '../config/variable-shapes.ts';
import { compileTemplate } from './schema.ts';

const variables = templateShapes();

/** `column: what` of the message; columns are those of the text itself. */
function found(text: string): string[] {
  const { template, problems } = compileTemplate('t', `message: ${JSON.stringify(text)}\n`);
  if (!template) throw new Error(problems[0]?.what);
  return template.strings.flatMap(({ inspect }) =>
    inspect(variables).map(
      ({ at, what, fix, fails }) => `${fails ? 'fails ' : ''}${at + 1}: ${what}. ${fix}`,
    ),
  );
}

const meant = (name: string) => `Did you mean ${JSON.stringify(name)}?`;

describe('Go templates', () => {
  test.each([
    [
      '{{ .app.status.opertionState.phase }}',
      `16: .app.status has no field "opertionState". ${meant('operationState')}`,
    ],
    ['{{ .ap.metadata.name }}', `5: the template has no field "ap". ${meant('app')}`],
    ['{{ .app.name }}', '9: .app has no field "name". Did you mean .app.metadata.name?'],
    [
      '{{ with .app.status }}{{ .helth.status }}{{ else }}{{ .app.kind }}{{ end }}',
      `27: the template has no field "helth". ${meant('health')}`,
    ],
    [
      '{{ range .app.status.conditions }}{{ .typ }}{{ end }}',
      `39: the template has no field "typ". ${meant('type')}`,
    ],
    [
      '{{ range $i, $c := .app.status.conditions }}{{ $c.messag }}{{ end }}',
      `51: $c has no field "messag". ${meant('message')}`,
    ],
    [
      '{{ (index .app.status.history 0).revison }}',
      `34: (index .app.status.history 0) has no field "revison". ${meant('revision')}`,
    ],
    ['{{ index .app.status "helth" }}', `22: .app.status has no field "helth". ${meant('health')}`],
    [
      '{{ $app := .app }}{{ if true }}{{ $app.staus }}{{ end }}',
      `40: $app has no field "staus". ${meant('status')}`,
    ],
    [
      '{{ .app.metadata.labels.team.name }}',
      '30: .app.metadata.labels.team is a text, which has no field "name". A name with a dot needs index: index .app.metadata.labels "team.name".',
    ],
    [
      '{{ if eq .app.status.health.status "Degarded" }}x{{ end }}',
      `36: .app.status.health.status is never "Degarded". ${meant('Degraded')}`,
    ],
    ['{{ .alert.severty }}', `11: .alert has no field "severty". ${meant('severity')}`],
    [
      '{{ range .firing }}{{ .ap.metadata.name }}{{ end }}',
      `24: the template has no field "ap". ${meant('app')}`,
    ],
    [
      '{{ range .alerts }}{{ .app.status.helth }}{{ end }}',
      `35: .app.status has no field "helth". ${meant('health')}`,
    ],
    ['{{ .truncted }}', `5: the template has no field "truncted". ${meant('truncated')}`],
    ['{{ .counts.fireing }}', `12: .counts has no field "fireing". ${meant('firing')}`],
    [
      '{{ if eq .alert.state "resolvd" }}x{{ end }}',
      `23: .alert.state is never "resolvd". ${meant('resolved')}`,
    ],
    ['{{ if eq .reason "repeat" }}x{{ end }}', `18: .reason is never "repeat". ${meant('repeated')}`],
    [
      '{{ if eq .alert.severity "critcal" }}x{{ end }}',
      `26: .alert.severity is never "critcal". ${meant('critical')}`,
    ],
    [
      '{{ .alert.since.Formt "15:04" }}',
      `fails 17: .alert.since is a time.Time, which has no method "Formt". ${meant('Format')}`,
    ],
    [
      '{{ if "Succeded" | ne .app.status.operationState.phase }}x{{ end }}',
      `7: .app.status.operationState.phase is never "Succeded". ${meant('Succeeded')}`,
    ],
    [
      '{{ call .time.Pars .app.status.reconciledAt }}',
      `fails 15: .time has no function "Pars". ${meant('Parse')}`,
    ],
    [
      '{{ (call .time.Now).Minuts }}',
      `fails 21: (call .time.Now) is a time.Time, which has no method "Minuts". ${meant('Minute')}`,
    ],
    [
      '{{ ((call .time.Now).Sub (call .time.Parse .app.status.reconciledAt)).Minuts }}',
      `fails 71: ((call .time.Now).Sub (call .time.Parse .app.status.reconciledAt)) is a time.Duration, which has no method "Minuts". ${meant('Minutes')}`,
    ],
    [
      '{{ (now).Fromat "2006" }}',
      `fails 10: (now) is a time.Time, which has no method "Fromat". ${meant('Format')}`,
    ],
    [
      '{{ (call .repo.GetCommitMetadata .app.status.sync.revision).Autor }}',
      expect.stringContaining(meant('Author')),
    ],
    ['{{ .shared.changedImage }}', expect.stringContaining(meant('changedImages'))],
  ])('%s', (text, said) => {
    expect(found(text)).toEqual([said]);
  });

  test.each([
    '{{ range .resolved }}{{ .app.metadata.name }} {{ .why }} {{ .duration }} {{ .labels.team }}{{ end }}',
    '{{ with .alert.endedAt }}{{ .Format "15:04" }}{{ end }}{{ .groupLabels.project }} {{ .counts.firing }}',
    '{{ if eq .alert.severity "page" }}{{ .alert.acknowledged.by }}{{ end }}',
    '{{ .app.metadata.labels.team }}{{ index .app.metadata.annotations "a.b/c" }}{{ .context.x }}{{ .secrets.y }}',
    '{{ range $k, $v := .app.metadata.labels }}{{ $k }}={{ $v }}{{ end }}',
    '{{ define "x" }}{{ .anything }}{{ end }}{{ template "x" .app }}{{ .recipient }}{{ .serviceType }}',
    '{{ $s := .app }}{{ $s = .appProject }}{{ $s.whatever }}{{ .appProject.spec.x }}',
    '{{ (call .time.Parse .app.status.operationState.startedAt).Local.Format "15:04" }}',
    '{{ .app.spec.source.helm.valuesObject.any.thing }}{{ range .shared.failedResources }}{{ .kind }}{{ end }}',
    '{{ if eq .app.status.sync.status "Synced" "" }}{{ .app.status.operationState.operation.initiatedBy.username }}{{ end }}',
    '{{ with (index .app.status.operationState.syncResult.resources 0).images }}{{ . }}{{ end }}',
    '{{ dict "a" .app.metadata.name | toJson }}{{ (dict "a" "b").c }}',
  ])('nothing is said of %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('mustache', () => {
  test.each([
    [
      '{{app.status.opertionState.phase}}',
      `14: app.status has no field "opertionState". ${meant('operationState')}`,
    ],
    ['{{ap.metadata.name}} {{app.metadata.name}}', `3: the template has no field "ap". ${meant('app')}`],
    [
      '{{#app.status.conditions}}{{typ}}{{/app.status.conditions}}',
      `29: the template has no field "typ". ${meant('type')}`,
    ],
    [
      '{{#app.status}}{{helth.status}}{{/app.status}}',
      `18: the template has no field "helth". ${meant('health')}`,
    ],
    [
      '{{^app.status.helth}}none{{/app.status.helth}}',
      `15: app.status has no field "helth". ${meant('health')}`,
    ],
  ])('%s', (text, said) => {
    expect(found(text)).toEqual([expect.stringContaining(said.slice(0, said.indexOf('.')))]);
    expect(found(text)[0]).toContain(said.slice(said.lastIndexOf('Did')));
  });

  test.each([
    '{{#alerts}}{{app.metadata.name}}: {{severity}} {{labels.team}}{{/alerts}}{{reason}} {{truncated}}',
    '{{#alert.acknowledged}}{{by}}: {{comment}}{{/alert.acknowledged}}',
    '{{#app.status.conditions}}{{type}} {{app.metadata.name}} {{context.x}}{{/app.status.conditions}}',
    '{{#app.metadata.labels}}{{anything}} {{app}}{{/app.metadata.labels}}{{appProject.x.y}}',
    '{{#app.status.summary.images}}{{.}}{{/app.status.summary.images}}{{#shared.failedResources}}{{kind}}{{/shared.failedResources}}',
  ])('nothing is said of %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});
