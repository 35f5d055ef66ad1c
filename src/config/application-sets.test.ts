import { expect, test } from 'vitest';
import type { JsonObject } from '../model.ts';
import { checkConfig } from './check.ts';
import { sampleApplication } from './sample-application.ts';
import { sampleApplicationSet } from './sample-application-set.ts';

/** `severity key line: what. fix` */
function said(data: Record<string, string>, application?: JsonObject) {
  const text = JSON.stringify({
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm' },
    data: { 'service.slack': 'token: xoxb-1\n', ...data },
  });
  return checkConfig({
    files: [{ name: 'cm.yaml', text }],
    now: Date.now(),
    ...(application && { application }),
  }).problems.map(({ severity, key, what, fix }) => `${severity} ${key}: ${what}. ${fix}`);
}

const when = "any(applicationset.status?.conditions ?? [], .type == 'ErrorOccurred' && .status == 'True')";
const trigger = (condition = when, more = '') => `- when: ${condition}\n  send: [t]\n${more}`;
const message = (text: string) => JSON.stringify({ message: text });

test('a trigger and a template about ApplicationSets', () => {
  const text =
    '{{ .applicationset.metadata.name }} {{ range .applicationset.deletedApplications }}{{ .cluster }}{{ end }}';
  expect(said({ 'trigger.a': trigger(), 'template.t': message(text) })).toEqual([]);
  expect(said({ 'trigger.a': trigger(), 'template.t': message('{{applicationset.metadata.name}}') })).toEqual(
    [],
  );
});

test.each([
  ['applicationset.sttus != nil', 'applicationset has no field "sttus". Did you mean "status"?'],
  ["any(applicationset.status.conditions, .staus == 'True')", 'has no field "staus". Did you mean "status"?'],
  [
    "any(applicationset.status.applicationStatus, .status == 'Progresing')",
    'is never "Progresing". Did you mean "Progressing"?',
  ],
])('what compiles and cannot be meant: %s', (condition, what) => {
  expect(said({ 'trigger.a': trigger(condition), 'template.t': message('m') })).toEqual([
    expect.stringContaining(what),
  ]);
});

test('a trigger that reads both kinds is refused', () => {
  const both = `${when} && app.status != nil`;
  expect(said({ 'trigger.a': trigger(both), 'template.t': message('m') })).toEqual([
    expect.stringMatching(/^error trigger\.a: it reads app, but the trigger also reads applicationset/),
  ]);
});

test.each([
  ['{{ .app.metadata.name }}'],
  ['{{ $.app.metadata.name }}'],
  ['{{app.metadata.name}}'],
  ['{{ .applicationset.metadata.name }}{{ .app.metadata.name }}'],
])('a template that is sent for ApplicationSets and reads app: %s', (text) => {
  const errors = said({ 'trigger.a': trigger(), 'template.t': message(text) });
  expect(errors).toEqual([
    'error template.t: message: it reads app, and trigger a sends it for ApplicationSets, where app is nil. Read applicationset.',
  ]);
  const ofEnd = {
    'trigger.a': `- when: ${when}\n  send: [s]\n  resolved: [t]\n`,
    'template.s': message('s'),
  };
  expect(said({ ...ofEnd, 'template.t': message(text) })).toEqual(errors);
});

test.each([
  [
    'of both kinds',
    '{{ with .app }}{{ .metadata.name }}{{ end }}{{ with .applicationset }}{{ .metadata.name }}{{ end }}',
  ],
  ['that asks first', '{{ if .app }}{{ .app.metadata.name }}{{ end }}'],
  ['of plain text', 'see .app or https://argo.app/x'],
])('nothing is said of a template %s', (_, text) => {
  expect(said({ 'trigger.a': trigger(), 'template.t': message(text) })).toEqual([]);
});

test('a template that triggers of both kinds send is left alone', () => {
  const data = {
    'trigger.a': trigger(),
    'trigger.b': trigger("app.status.health.status == 'Degraded'"),
    'template.t': message('{{ .app.metadata.name }}'),
  };
  expect(said(data)).toEqual([]);
});

test('what is rendered is rendered for a sample of the kind, or for what is given', () => {
  const slack = (text: string) => JSON.stringify({ slack: { attachments: text } });
  const broken = '[{"title": {{ .applicationset.metadata.name | toRawJson }},}]';
  const data = { 'trigger.a': trigger(), 'template.t': slack(broken) };
  const problems = said(data);
  expect(problems).toEqual([
    expect.stringMatching(/^error template\.t: slack\.attachments is no JSON once it is rendered/),
  ]);
  // An Application that is given says nothing of it.
  expect(said(data, sampleApplication)).toEqual(problems);
  const second = slack('{{ index .applicationset.spec.generators 1 }}');
  expect(said({ ...data, 'template.t': second })).toEqual([]);
  expect(said({ ...data, 'template.t': second }, sampleApplicationSet)).toEqual([
    expect.stringMatching(
      /^error template\.t: slack\.attachments cannot be rendered for the ApplicationSet: /,
    ),
  ]);
});
