import { describe, expect, test } from 'vitest';
import { conditionShapes } from '../config/variable-shapes.ts';
import { inspectExpression } from './inspect.ts';

const variables = conditionShapes();

/** `column: what` and the fix. */
const found = (source: string) =>
  inspectExpression(source, variables).map(({ at, what, fix, fails }) => [
    `${fails ? 'fails ' : ''}${at + 1}: ${what}`,
    fix,
  ]);

const meant = (name: string) => `Did you mean ${JSON.stringify(name)}?`;

describe('names that nothing has', () => {
  test.each([
    [
      'app.status.opertionState.phase == nil',
      '12: app.status has no field "opertionState"',
      meant('operationState'),
    ],
    ['app.status?.helth?.status == nil', '13: app.status has no field "helth"', meant('health')],
    [
      'app["status"]["sync"]["revison"] != nil',
      '22: app.status.sync has no field "revison"',
      meant('revision'),
    ],
    ['get(app.status, "helth") == nil', '17: app.status has no field "helth"', meant('health')],
    ['"opertionState" in app.status', '1: app.status has no field "opertionState"', meant('operationState')],
    [
      'app.status.phase == "Failed"',
      '12: app.status has no field "phase"',
      'Did you mean app.status.operationState.phase?',
    ],
    ['any(app.status.conditions, .typ == "x")', '29: # has no field "typ"', meant('type')],
    [
      'app.status.conditions.type == "x"',
      '23: app.status.conditions is a list, which has no field "type"',
      'Pick an element by its number, or go through all of them.',
    ],
    [
      'app.status.resources[0].helth != nil',
      '25: app.status.resources[0] has no field "helth"',
      meant('health'),
    ],
    [
      'first(app.spec.sources).repoUrl != nil',
      '25: first(app.spec.sources) has no field "repoUrl"',
      meant('repoURL'),
    ],
    ['let s = app.status; s.synk.status == "x"', '23: s has no field "synk"', meant('sync')],
    [
      'filter(app.status.resources, #.kind == "x")[0].nam != nil',
      '48: filter(app.status.resources, .kind == "x")[0] has no field "nam"',
      meant('name'),
    ],
    [
      'app.metadata.labels.team.name == "x"',
      '26: app.metadata.labels.team is a text, which has no field "name"',
      'A name with a dot is written in brackets: app.metadata.labels["team.name"].',
    ],
    ['ap.status != nil', '1: there is no variable "ap"', expect.stringContaining(meant('app'))],
  ])('%s', (source, what, fix) => {
    expect(found(source)).toEqual([[what, fix]]);
  });
});

describe('functions and methods that nothing has', () => {
  test.each([
    ['foo(app)', 'fails 1: there is no function "foo"', expect.anything()],
    ['lenn(app.status.conditions) > 1', 'fails 1: there is no function "lenn"', meant('len')],
    ['parse(app.status.reconciledAt) != nil', 'fails 1: there is no function "parse"', meant('time.Parse')],
    [
      'change(app.status.health.status, "1h") > 3',
      'fails 1: there is no function "change"',
      meant('changes'),
    ],
    ['time.Pars(app.status.reconciledAt) != nil', 'fails 6: time has no function "Pars"', meant('Parse')],
    ['time.now() != nil', 'fails 6: time has no function "now"', meant('Now')],
    [
      'time.Now().Sub(time.Parse(app.status.operationState.startedAt)).Minuts() > 5',
      'fails 65: time.Now().Sub(time.Parse(app.status.operationState.startedAt)) is a time.Duration, which has no method "Minuts"',
      meant('Minutes'),
    ],
    [
      '(now() - date(app.status.reconciledAt)).Hour() > 1',
      expect.stringContaining('no method "Hour"'),
      meant('Hours'),
    ],
    [
      'repo.GetCommitMetadata(app.status.sync.revision).Autor == "x"',
      'fails 50: repo.GetCommitMetadata(app.status.sync.revision) has no field "Autor"',
      meant('Author'),
    ],
    [
      'app.metadata.name.toUpper() == "X"',
      'fails 19: app.metadata.name is a text, which has no method "toUpper"',
      'Write upper(app.metadata.name).',
    ],
    [
      'app.status.health.status.startsWith("De")',
      'fails 26: app.status.health.status is a text, which has no method "startsWith"',
      'Write app.status.health.status startsWith ….',
    ],
    [
      'app.status?.conditions?.len() > 1',
      'fails 25: app.status?.conditions is a list, which has no method "len"',
      'Write len(app.status?.conditions).',
    ],
    [
      'app.status.history[0].id.foo()',
      'fails 26: app.status.history[0].id is a number or a boolean, which has no method "foo"',
      'Write what it does with the functions of docs/languages.md.',
    ],
    [
      'app.metadata.labels.team.Contains("x")',
      'fails 26: app.metadata.labels.team is a text, which has no method "Contains"',
      'Write app.metadata.labels.team contains ….',
    ],
    [
      'app.metadata.refresh()',
      'fails 14: app.metadata has no method "refresh"',
      'Write what it does with the functions of docs/languages.md.',
    ],
    [
      'app.metadata.name() == "x"',
      'fails 14: app.metadata.name is no function',
      'Leave out the parentheses.',
    ],
    ['shared.changedImage == []', expect.stringContaining('shared has no'), meant('changedImages')],
  ])('%s', (source, what, fix) => {
    expect(found(source)).toEqual([[what, fix]]);
  });
});

describe('values that an Application never has', () => {
  test.each([
    [
      "app.status.health.status == 'Degarded'",
      '29: app.status.health.status is never "Degarded"',
      meant('Degraded'),
    ],
    [
      "'Degarded' == app.status.health.status",
      '1: app.status.health.status is never "Degarded"',
      meant('Degraded'),
    ],
    [
      "app.status.operationState.phase in ['Succeded']",
      '37: app.status.operationState.phase is never "Succeded"',
      meant('Succeeded'),
    ],
    [
      "app.status.operationState.phase not in ['succeeded']",
      '41: app.status.operationState.phase is never "succeeded"',
      meant('Succeeded'),
    ],
    [
      "app.status.sync.status != 'Error'",
      '27: app.status.sync.status is never "Error"',
      'It is one of Synced, OutOfSync, Unknown.',
    ],
    [
      "any(app.status.resources, .health.status == 'Failed')",
      '45: .health.status is never "Failed"',
      expect.stringContaining('Healthy'),
    ],
    [
      "any(app.status.conditions, .type == 'SyncErorr')",
      '37: .type is never "SyncErorr"',
      meant('SyncError'),
    ],
  ])('%s', (source, what, fix) => {
    expect(found(source)).toEqual([[what, fix]]);
  });
});

describe('names with / and -', () => {
  test.each([
    [
      'app.metadata.annotations.pipeline/deployment-image',
      26,
      'app.metadata.annotations["pipeline/deployment-image"]',
    ],
    ['app.metadata.annotations.foo.bar/commit', 26, 'app.metadata.annotations["foo.bar/commit"]'],
    ['app.metadata.labels.my-app/name != nil', 21, 'app.metadata.labels["my-app/name"]'],
    ['app.metadata?.labels?.on-call == "x"', 23, 'app.metadata?.labels["on-call"]'],
    [
      'app.metadata.labels.app.kubernetes.io/part-of == "x"',
      21,
      'app.metadata.labels["app.kubernetes.io/part-of"]',
    ],
  ])('%s', (source, column, name) => {
    expect(found(source)).toEqual([[expect.stringMatching(`^${column}: "/" divides`), `Write ${name}.`]]);
  });

  test.each([
    'app.metadata.generation - 1 > 3',
    'let a = 4; app.metadata.generation / a - a > 1',
    'len(app.spec.sources) - app.metadata.generation / 2 > 1',
  ])('%s is arithmetic', (source) => {
    expect(found(source)).toEqual([]);
  });
});

test.each([
  'app.metadata.labels["anything"] == "x" and app.metadata.annotations.whatever != nil',
  'app.status.operationState.operation.sync.syncStrategy.hook != nil',
  'app.status.operationState.syncResult.resources[0].hookPhase == "Failed" and app.status.health.status == ""',
  'app.spec.source.helm.valuesObject.any.thing.at.all == 1',
  'app.spec.source.kustomize.commonLabels.anything == "x" and app.spec.source.plugin.env[0].name == "x"',
  'app.spec.source.helm.parameters | any(.name == "image.tag")',
  'appProject.spec.whatever == 1 and context.anything == "" and secrets.any == nil',
  "app.status.sync.status == 'Synced' and lower(app.status.health.status) == 'degraded'",
  "app.status.conditions != null and app.status.conditions | any(.type == 'SomethingNew')",
  'app.status.operationState?.phase in ["Error", "Failed", "Running", "Terminating", "Succeeded"]',
  'time.Now().Sub(time.Parse(app.status.operationState.startedAt)) >= 5 * time.Minute',
  '$env.app.status.health.status == "Healthy" and $env["app"].metadata.name != ""',
  'operationStartedAfter(app.metadata.annotations["x"]) and changes(app.status.health.status, "10m") > 3',
  'app.metadata.ownerReferences[0].kind == "ApplicationSet" and "x" in app.metadata.finalizers',
  'map(app.status.summary.images, split(#, ":")[1])[0] != ""',
  'keys(app.metadata.labels) | all(# != "x") and app.spec.destination.server contains "x"',
  'this does not parse (',
])('nothing is said of %s', (source) => {
  expect(found(source)).toEqual([]);
});
