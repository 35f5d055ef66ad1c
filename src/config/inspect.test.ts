import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../model.ts';
import { applicationSetShape } from './application-set-shape.ts';
import { applicationShape } from './application-shape.ts';
import { checkConfig } from './check.ts';
import { sampleApplication } from './sample-application.ts';
import { sampleApplicationSet } from './sample-application-set.ts';

type Values = Record<string, string>;

function problemsOf(data: Values, application?: JsonObject) {
  const text = JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'argocd-notifications-cm' }, data });
  return checkConfig({
    files: [{ name: 'cm.yaml', text }],
    now: Date.now(),
    ...(application && { application }),
  }).problems;
}

/** `severity key: what. fix` */
const said = (data: Values, application?: JsonObject) =>
  problemsOf(data, application).map(({ severity, key, what, fix }) => `${severity} ${key}: ${what}. ${fix}`);

const webhook = { 'service.webhook.datadog-events': 'url: https://api.example.com/v1/events\n' };
const slack = { 'service.slack': 'token: xoxb-1\n' };
const trigger = (send: string) => `- when: app.status.health.status == 'Degraded'\n  send: ${send}\n`;
const attachments = (text: string) => JSON.stringify({ slack: { attachments: text } });

test('what templates see of alerts', () => {
  const message = (text: string) => ({
    'trigger.a': trigger('[t]'),
    'template.t': JSON.stringify({ message: text }),
    ...slack,
  });
  const meant =
    '{{ .alert.duration.Hours }} {{ .alert.endedAt.Format "15:04" }} {{ .alert.acknowledged.at.Unix }}' +
    '{{ range .firing }}{{ .app.metadata.name }}{{ end }} {{ .truncated }}';
  expect(said(message(meant))).toEqual([]);
  expect(said(message('{{ .alert.duraton }}'))).toEqual([
    'warning template.t: message: .alert has no field "duraton". Did you mean "duration"?',
  ]);
  expect(said(message('{{#firing}}{{app.metadata.nmae}}{{/firing}}'))).toEqual([
    'warning template.t: message: app.metadata has no field "nmae". Did you mean "name"?',
  ]);
});

test('a configuration without mistakes has none', () => {
  const data = {
    ...slack,
    ...webhook,
    'trigger.a': trigger('[t, u]'),
    'template.t': attachments('[{"title": "{{ .app.metadata.name }}"}]'),
    'template.u': JSON.stringify({
      webhook: { 'datadog-events': { method: 'POST', body: '{"a": "{{.app.kind}}"}' } },
    }),
    subscriptions: '- recipients: ["datadog-events:", "slack:x"]\n  triggers: [a]\n',
  };
  expect(said(data)).toEqual([]);
});

describe('webhooks and the templates for them', () => {
  const subscriptions = '- recipients: ["datadog-events:"]\n  triggers: [a]\n';

  test('a trigger whose templates have no section for the webhook that is subscribed to it', () => {
    const data = { ...webhook, 'trigger.a': trigger('[t]'), 'template.t': 'message: x\n', subscriptions };
    expect(said(data)).toEqual([
      expect.stringMatching(
        /^warning subscriptions: the webhook datadog-events gets no request of its own from a: template t/,
      ),
    ]);
    const defaults = {
      ...data,
      subscriptions: '- recipients: ["datadog-events:"]\n',
      defaultTriggers: '[a]',
    };
    expect(said(defaults)).toHaveLength(1);
    const ofService = { ...data, subscriptions: '', 'defaultTriggers.datadog-events': '[a]' };
    expect(said(ofService)).toEqual([expect.stringContaining('defaultTriggers.datadog-events: the webhook')]);
  });

  test('a section for a webhook that does not exist, with the one that was meant', () => {
    const data = {
      ...webhook,
      ...slack,
      'template.t': 'webhook:\n  datadog:\n    body: x\n  slack:\n    body: y\n',
    };
    expect(said(data)).toEqual([
      expect.stringMatching(/^warning template.t: webhook.datadog is for .*Did you mean "datadog-events"\?$/),
      expect.stringContaining('webhook.slack is for a webhook, and the service slack is of type slack'),
    ]);
    expect(problemsOf(data)[0]).toMatchObject({ file: 'cm.yaml' });
  });

  test('a request without the name of a service is to be nested', () => {
    expect(said({ ...webhook, 'template.t': 'webhook:\n  method: POST\n  body: x\n' })).toEqual([
      expect.stringMatching(
        /^error template.t: webhook has method and body directly below it.*Nest it: webhook: \{<name>/,
      ),
    ]);
    expect(said({ ...webhook, 'template.t.webhook': 'method: POST\nbody: x\n' })).toEqual([
      expect.stringMatching(
        /method and body at the top .*Nest it: webhook: \{<name>.*template\.t; template\.t\.webhook is/,
      ),
    ]);
    expect(said({ ...slack, 'template.t': 'attachments: "[]"\n' })[0]).toMatch(
      /field of .*\bslack: .*below the name/,
    );
  });
});

describe('templates of one send', () => {
  test('that fill the same section: only the last is sent', () => {
    const data = {
      ...slack,
      'trigger.a': trigger('[t, u]'),
      'template.t': `${attachments('[]').slice(0, -1)}, "message": "m"}`,
      'template.u': attachments('[]'),
    };
    expect(said(data)).toEqual([
      expect.stringMatching(
        /^warning trigger.a: t and u of one send both fill slack, and only that of u is sent/,
      ),
    ]);
    const messages = { ...data, 'template.t': 'message: x\n', 'template.u': 'message: y\n' };
    expect(said(messages)).toEqual([expect.stringContaining('both fill message')]);
  });

  test('that fill different parts go together', () => {
    const parts = {
      a: 'webhook: {one: {body: x}}\n',
      b: 'webhook: {two: {body: x}}\n',
      c: 'email: {subject: x}\n',
      d: 'email: {body: x}\n',
    };
    const data = {
      'service.webhook.one': 'url: https://example.com\n',
      'service.webhook.two': 'url: https://example.com\n',
      'trigger.a': trigger('[a, b, c, d]'),
      ...Object.fromEntries(Object.entries(parts).map(([name, text]) => [`template.${name}`, text])),
    };
    expect(said(data)).toEqual([]);
  });

  test('that nothing defines are errors', () => {
    expect(
      said({ ...slack, 'trigger.a': trigger('[deploid]'), 'template.deployed': 'message: x\n' }),
    ).toEqual([
      expect.stringMatching(
        /^error trigger.a: the template "deploid" is not defined.*Did you mean "deployed"\?/,
      ),
    ]);
  });
});

describe('JSON', () => {
  test.each([
    [
      'a trailing comma',
      attachments('[{"a": "{{ .app.kind }}",}]'),
      /^error .*slack\.attachments is no JSON once it is rendered: a comma too many/,
    ],
    ['an end that is missing', attachments('[{"a": "{{ .app.kind }}"'), /ends before it is complete/],
    ['blocks', JSON.stringify({ slack: { blocks: '[{{ .app.kind }}' } }), /^error .*slack\.blocks/],
    ['mustache', attachments('[{"a": "{{app.kind}}",}]'), /^error .*slack\.attachments/],
    [
      'a branch that is taken',
      attachments('[{{ if .app.status.conditions }}{"a": 1},{{ end }}]'),
      /a comma too many/,
    ],
    ['a card', JSON.stringify({ 'teams-workflows': { adaptiveCard: '{"a": 1,}' } }), /adaptiveCard/],
    ['facts', JSON.stringify({ teams: { facts: '[{]' } }), /^error .*teams\.facts/],
    [
      'a payload',
      JSON.stringify({ github: { repositoryDispatch: { client_payload: '{"a": }' } } }),
      /client_payload/,
    ],
    [
      'a webhook',
      JSON.stringify({ webhook: { 'datadog-events': { body: '{"a": 1,}' } } }),
      /^warning .*datadog-events\.body/,
    ],
    ['a card in YAML', JSON.stringify({ googlechat: { cardsV2: '- a: [' } }), /googlechat\.cardsV2/],
  ])('%s', (_, template, expected) => {
    expect(said({ ...webhook, ...slack, 'template.t': template })).toEqual([expect.stringMatching(expected)]);
  });

  test.each([
    ['values that need escapes', attachments('[{"a": "{{ .app.status.operationState.message }}"}]')],
    [
      'a number that only some Applications have',
      attachments(
        '[{"a": {{ .app.metadata.labels.count }}, "b": {{ index .app.metadata.annotations "a/b" }}1}]',
      ),
    ],
    [
      'a list',
      attachments(
        '[{{ range $i, $c := .app.status.conditions }}{{ if $i }},{{ end }}{"a": "{{ $c.type }}"}{{ end }}]',
      ),
    ],
    [
      'a webhook in another form',
      JSON.stringify({ webhook: { 'datadog-events': { body: 'payload={{ .app.kind }}' } } }),
    ],
    [
      'a webhook with JSON line by line',
      JSON.stringify({
        webhook: {
          'datadog-events': { body: '{"a": {}}\n{"b": "{{ .app.status.operationState.message }}"}\n' },
        },
      }),
    ],
    ['cards in YAML', JSON.stringify({ googlechat: { cards: '- header: {title: "{{ .app.kind }}"}\n' } })],
    ['an empty section', JSON.stringify({ slack: { attachments: '{{ if .app.nothing }}x{{ end }}' } })],
  ])('nothing is said of %s', (_, template) => {
    expect(
      said({ ...webhook, ...slack, 'template.t': template }).filter((each) => /JSON/.test(each)),
    ).toEqual([]);
  });

  test('an Application that is given decides by itself', () => {
    const template = { ...slack, 'template.t': attachments('[{"a": {{ .app.metadata.labels.count }}}]') };
    expect(said(template)).toEqual([]);
    const without = { metadata: { name: 'shop', labels: {} } };
    expect(said(template, without)).toEqual([
      expect.stringContaining('error template.t: slack.attachments is no JSON'),
    ]);
    expect(said(template, { metadata: { labels: { count: '3' } } })).toEqual([]);
    const failing = { ...slack, 'template.t': "message: '{{ (index .app.status.history 3).id }}'\n" };
    expect(said(failing, without)).toEqual([
      expect.stringMatching(/^error template.t: message cannot be rendered for/),
    ]);
  });
});

describe('templates that fail', () => {
  const failing = (message: string) => ({ 'template.t': `message: '${message}'` });

  test('for the sample are a warning that says so', () => {
    const [problem, ...others] = said(
      failing('{{ add "x" .app.metadata.name | atoi | date "2006" }}'),
    ).filter((each) => /sample/.test(each));
    expect(others).toEqual([]);
    expect(problem).toMatch(
      /^warning template\.t.*cannot be rendered for a sample of an Application: .*--app FILE/,
    );
  });

  test('unless another Application may have what the sample lacks', () => {
    for (const message of [
      '{{ (index .app.spec.sources 7).repoURL }}',
      '{{ index .app.status.nothing.deeper 1 }}',
      '{{ .app.metadata.labels.anything }}',
    ]) {
      expect(said(failing(message)).filter((each) => /sample/.test(each))).toEqual([]);
    }
  });
});

test('what must be YAML once it is rendered may be JSON, and is told where it is neither', () => {
  const template = (cards: string) => ({
    'template.t': `message: x\ngooglechat:\n  cardsV2: |\n${cards.replaceAll(/^/gm, '    ')}\n`,
    'trigger.a': trigger('[t]'),
  });
  expect(said(template('- header:\n    title: {{.app.metadata.name}}'))).toEqual([]);
  expect(said(template('[{"header": {"title": "{{.app.metadata.name}}"}}]'))).toEqual([]);
  expect(said(template('- header: "a\n'))).toEqual([
    expect.stringMatching(/^error template.t: googlechat\.cardsV2 is no YAML once it is rendered/),
  ]);
});

describe('services', () => {
  test('options are no templates', () => {
    const data = {
      'service.webhook.a':
        "url: https://example.com\nheaders:\n- name: Authorization\n  value: 'token {{ .secrets.ghPocToken }}'\n",
      'service.webhook.b':
        'url: https://example.com\nheaders:\n- name: T\n  value: {{.secrets.gitlab-token}}\n',
      'service.webhook.c': '# {{ .a }}\nurl: https://example.com/{{ .app.kind }}\n',
    };
    expect(said(data)).toEqual([
      expect.stringMatching(
        /^warning service.webhook.a: options of services are no templates.*Write \$ghPocToken,/,
      ),
      expect.stringMatching(
        /^error service.webhook.b: options of services are no templates.*Write \$gitlab-token,/,
      ),
      expect.stringMatching(
        /^warning service.webhook.c: options of services are no templates.*belongs into a template/,
      ),
    ]);
  });

  test('one that argocd-notifications does not know has a key that it passes over', () => {
    expect(said({ 'service.console': '' })).toEqual([
      expect.stringMatching(
        /^warning service.console: argocd-notifications .* refuses the whole ConfigMap.*herald\.service\.console/,
      ),
    ]);
    const data = {
      'herald.service.console': '',
      'herald.service.webhook.own': 'url: https://example.com\n',
      subscriptions: '- recipients: [console, own]\n  triggers: [a]\n',
      'trigger.a': trigger('[t]'),
      'template.t': 'message: x\nwebhook: {own: {body: x}}\n',
    };
    expect(said(data)).toEqual([]);
  });

  test('options that argocd-notifications does not have are unknown', () => {
    const grafana = 'apiUrl: https://example.com\napiKey: x\ngcpSAKey: y\n';
    const rocketchat = 'email: a\npassword: b\nserverUrl: c\nwebhookUrl: d\n';
    const told = said({ 'service.grafana': grafana, 'service.rocketchat': rocketchat });
    expect(told.filter((each) => each.includes('unknown field'))).toEqual([
      expect.stringContaining('"gcpSAKey"'),
      expect.stringContaining('"webhookUrl"'),
    ]);
  });
});

test('names of services in other places', () => {
  const data = {
    'service.slack.team-a': 'token: xoxb-1\n',
    ...webhook,
    'trigger.a': trigger('[t]'),
    'template.t': 'team-a: {attachments: "[]"}\ndatadog-events: {method: POST}\n',
    'defaultTriggers.team-b': '[a]',
  };
  const told = said(data).filter((each) => !each.includes('unknown field'));
  expect(told).toEqual([
    expect.stringMatching(/team-a is a service of type slack, .*Write slack: in place of team-a:/),
    expect.stringMatching(/datadog-events is a service of type webhook, .*webhook: \{datadog-events: …\}/),
    expect.stringMatching(/^warning defaultTriggers.team-b: .*Did you mean "team-a"\?$/),
  ]);
});

test('names of the context that were meant otherwise, and tags where nothing is a template', () => {
  const data = {
    context: 'argocdUrl: https://argocd.example.com\nother: "{{ .app.kind }}"\n',
    'template.t': "message: '{{ .context.argocdURL }} {{ .context.argocdUrl }} {{ .context.whatever }}'\n",
    'template.u': "message: '{{context.argocdURL}}'\n",
  };
  expect(said(data)).toEqual([
    expect.stringMatching(/^warning context: context is no template, so \{\{ .app.kind \}\}/),
    expect.stringMatching(
      /^warning template.t: message: .context has no "argocdURL". Did you mean "argocdUrl"\?/,
    ),
    expect.stringMatching(/^warning template.u: message: context has no "argocdURL"/),
  ]);
});

test('a Secret that nobody reads', () => {
  const cm =
    'kind: ConfigMap\nmetadata: {name: argocd-notifications-cm}\ndata:\n  service.slack: "token: $a"\n';
  const text = `${cm}---\nkind: Secret\nmetadata: {name: argocd-secret}\nstringData: {a: x}\n`;
  expect(checkConfig({ files: [{ name: 'all.yaml', text }], now: Date.now() }).problems).toMatchObject([
    {
      severity: 'warning',
      what: 'this is Secret argocd-secret, and argocd-notifications-secret is the one that is read',
    },
  ]);
});

test('a ConfigMap that nobody reads', () => {
  const text = 'kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  template.t: "message: x"\n';
  const check = (configMapName?: string) =>
    checkConfig({
      files: [{ name: 'cm.yaml', text }],
      now: Date.now(),
      ...(configMapName && { configMapName }),
    }).problems;
  expect(check()).toMatchObject([
    {
      severity: 'warning',
      line: 2,
      what: 'this is ConfigMap argocd-cm, and argocd-notifications-cm is the one that is read',
    },
  ]);
  expect(check('argocd-cm')).toEqual([]);
});

test('the samples are an Application and an ApplicationSet', () => {
  const unknown: string[] = [];
  const walk = (value: unknown, shape: typeof applicationShape, path: string): void => {
    if (shape.kind === 'any') return;
    if (Array.isArray(value)) {
      if (shape.kind !== 'list') unknown.push(path);
      else for (const item of value) walk(item, shape.element, path);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        const inner =
          shape.kind === 'object' ? shape.fields.get(name) : shape.kind === 'map' ? shape.element : undefined;
        if (inner === undefined) unknown.push(`${path}.${name}`);
        else walk(item, inner, `${path}.${name}`);
      }
    } else if (shape.kind === 'text' && shape.words && !shape.words.includes(String(value)))
      unknown.push(path);
  };
  walk(sampleApplication, applicationShape, 'app');
  walk(sampleApplicationSet, applicationSetShape, 'applicationset');
  expect(unknown).toEqual([]);
});
