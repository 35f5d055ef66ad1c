import { describe, expect, test } from 'vitest';
import { deploymentsInARow } from '../application.ts';
import {
  changedImages,
  driftingResources,
  failedResources,
  link,
  sharedValues,
  slackMention,
  unhealthyResources,
} from '../go/namespaces/shared.ts';
import type { JsonObject } from '../model.ts';
import { renderNotification } from './render.ts';
import { compileTemplate } from './schema.ts';
import { templateVars } from './vars.ts';

const app: JsonObject = {
  metadata: { name: 'shop', namespace: 'argocd' },
  status: {
    operationState: {
      startedAt: '2026-11-22T11:18:30Z',
      finishedAt: '2026-11-22T11:19:45Z',
      operation: { initiatedBy: { username: 'ana' } },
      syncResult: {
        resources: [
          {
            group: 'batch',
            kind: 'Job',
            namespace: 's',
            name: 'migrate',
            hookPhase: 'Failed',
            hookType: 'PreSync',
            syncPhase: 'PreSync',
            message: 'backoff limit',
          },
          {
            kind: 'ConfigMap',
            namespace: 's',
            name: 'env',
            status: 'Synced',
            message: 'configmap/env unchanged',
            images: ['old:1'],
          },
          {
            group: 'apps',
            kind: 'Deployment',
            namespace: 's',
            name: 'api',
            status: 'Synced',
            message: 'deployment.apps/api configured',
            images: ['api:2', 'proxy:1'],
          },
          {
            group: 'apps',
            kind: 'Deployment',
            namespace: 's',
            name: 'web',
            status: 'SyncFailed',
            message: 'immutable',
            syncPhase: 'Sync',
          },
        ],
      },
    },
    resources: [
      { group: 'batch', kind: 'Job', namespace: 's', name: 'migrate', syncWave: -5 },
      {
        group: 'apps',
        kind: 'Deployment',
        namespace: 's',
        name: 'web',
        syncWave: 2,
        health: { status: 'Degraded', message: 'deadline' },
      },
    ],
  },
};

function render(message: string, object: JsonObject = app): string {
  const { template, problems } = compileTemplate('t', `message: |-\n  ${message}`);
  if (template === undefined) throw new Error(JSON.stringify(problems));
  const context = { argocdUrl: 'https://argocd.example/' };
  const vars = templateVars({
    app: object,
    appProject: {},
    context,
    serviceType: 'slack',
    recipient: 'x',
    now: 0,
    mention: (address) => `@(${address})`,
  });
  const result = renderNotification([template], vars, { serviceType: 'slack', jsonFields: [] });
  return result.ok ? result.notification.message : result.error;
}

test('failed resources and hooks have their phase and wave', () => {
  expect(
    failedResources(app).map(({ kind, name, hook, wave, message }) => [kind, name, hook, wave, message]),
  ).toEqual([
    ['Job', 'migrate', 'PreSync', -5, 'backoff limit'],
    ['Deployment', 'web', '', 2, 'immutable'],
  ]);
  expect(unhealthyResources(app).map(({ name, message }) => [name, message])).toEqual([['web', 'deadline']]);
});

test('changed images are those of resources that the sync changed', () => {
  expect(changedImages(app)).toEqual(['api:2', 'proxy:1']);
});

test('the link names the namespace and escapes the name', () => {
  expect(link({ metadata: { name: 'a/b', namespace: 'team' } }, 'https://argocd/x/')).toBe(
    'https://argocd/x/applications/team/a%2Fb',
  );
  expect(link({}, 'https://argocd')).toBe('');
});

test.each([
  ['Ana <ana@example.com>', '@(ana@example.com)'],
  ['ana@example.com', '@(ana@example.com)'],
  ['Ana <ana+git@mail.example.com> ', '@(ana+git@mail.example.com)'],
  ['Ana', 'Ana'],
  ['', ''],
  ['Ana <ana@localhost>', 'Ana <ana@localhost>'],
  ['Ana <a"b@example.com>', 'Ana <a"b@example.com>'],
  ['Ana <ana@example.com> and more', 'Ana <ana@example.com> and more'],
])('a mention of %s', (author, mention) => {
  expect(slackMention(author, (address) => `@(${address})`)).toBe(mention);
});

test('a mention is the address where the service mentions nobody', () => {
  expect(slackMention('Ana <ana@example.com>')).toBe('ana@example.com');
});

describe('in templates', () => {
  test.each([
    [
      '{{ .shared.initiator }} {{ .shared.duration }} {{ .shared.link }}',
      'ana 1m15s https://argocd.example/applications/argocd/shop',
    ],
    [
      '{{ range .shared.failedResources }}{{ .wave }}:{{ .kind }}/{{ .name }} {{ end }}',
      '-5:Job/migrate 2:Deployment/web ',
    ],
    ['{{ .shared.changedImages | join ", " }}', 'api:2, proxy:1'],
    ['{{ call .shared.SlackMention "Ana <ana@example.com>" }}', '@(ana@example.com)'],
    [
      '{{shared.initiator}}{{#shared.failedResources}} {{kind}}/{{name}}{{/shared.failedResources}}',
      'ana Job/migrate Deployment/web',
    ],
  ])('%s', (source, expected) => {
    expect(render(source)).toBe(expected);
  });

  test('an Application without status has empty values', () => {
    const values = sharedValues({ app: { metadata: {} }, context: {}, syncWindows: () => undefined });
    expect([
      values.failedResources,
      values.changedImages,
      values.initiator,
      values.duration,
      values.link,
    ]).toEqual([[], [], '', '', '']);
    expect(render('[{{ .shared.initiator }}{{ .shared.duration }}]', {})).toBe('[]');
  });
});

describe('what drifts', () => {
  const app = (operation: JsonObject, results: JsonObject[], resources: JsonObject[]): JsonObject => ({
    status: { operationState: { operation, syncResult: { resources: results } }, resources },
  });
  const named = (name: string, more: JsonObject = {}): JsonObject => ({ kind: 'Deployment', name, ...more });
  const configured = [
    named('a', { message: 'deployment.apps/a unchanged' }),
    named('b', { message: 'deployment.apps/b configured' }),
    named('c', { hookType: 'PreSync', message: 'created' }),
  ];
  const outOfSync = [named('d', { status: 'OutOfSync' }), named('e', { status: 'Synced' })];

  test.each([
    [
      'what the self-heal was asked for',
      app({ sync: { resources: [named('x')] } }, configured, outOfSync),
      ['x'],
    ],
    ['else what the sync has changed', app({}, configured, outOfSync), ['b']],
    ['else what is out of sync', app({}, [], outOfSync), ['d']],
    ['nothing that is known', {}, []],
  ])('%s', (_what, object, names) => {
    expect(driftingResources(object).map(({ name }) => name)).toEqual(names);
  });
});

describe('deployments in a row', () => {
  test.each([
    [[], 0],
    [['08:00'], 1],
    [['08:00', '10:00', '10:30', '11:29'], 3],
    [['08:00', '08:30', '10:00'], 1],
  ])('of %j are %i', (times, count) => {
    const history = times.map((time) => ({ deployedAt: `2026-01-01T${time}:00Z` }));
    expect(deploymentsInARow({ status: { history } })).toBe(count);
  });
});
