import { describe, expect, test } from 'vitest';
import { detectDialect } from './dialect.ts';
import { compileTemplate } from './schema.ts';

const problemsOf = (text: string) =>
  compileTemplate('t', text).problems.map(
    ({ severity, line, column, what }) => `${severity} ${line}:${column} ${what}`,
  );

describe('problems', () => {
  test('an unknown function has the line and column inside the ConfigMap value', () => {
    const text = 'message: ok\nslack:\n  attachments: |\n    [{\n      "a": "{{ nofunc .x }}"\n    }]\n';
    const { template, problems } = compileTemplate('t', text);
    expect(template).toBeUndefined();
    expect(problems).toEqual([
      {
        key: 'template.t',
        severity: 'error',
        line: 5,
        column: 16,
        what: 'slack.attachments: function "nofunc" not defined',
        fix: 'Correct the template text.',
      },
    ]);
  });

  test('every problem is reported, not only the first', () => {
    const text =
      'message: "{{ .x"\nslack:\n  icon: "{{ end }}"\n  notifyBroadcast: "yes"\n  attachments: [a]\n';
    expect(problemsOf(text)).toEqual([
      'error 1:11 message: unclosed action',
      'error 3:13 slack.icon: unexpected {{end}}',
      'error 5:16 slack.attachments must be a text, not a list',
      'error 4:20 slack.notifyBroadcast must be true or false',
    ]);
  });

  test.each([
    ['- list', 'error 1:1 a template is a mapping of fields'],
    ['just text', 'error 1:1 a template is a mapping of fields'],
    ['message: {a: b}', 'error 1:10 message must be a text, not a mapping'],
    ['slack: text', 'error 1:8 slack is a mapping of fields'],
    ['message: "a\n', expect.stringContaining('error 2:1 the template is no YAML')],
    ['dialect: jinja', 'error 1:10 unknown dialect "jinja"'],
  ])('%s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test('a section that argocd-notifications passes over disables nothing, and may hold YAML', () => {
    const read = (text: string) => compileTemplate('t', text);
    const listed = read('message: m\ndiscord:\n  embeds:\n  - title: "{{ .app.metadata.name }}"\n');
    expect(listed.problems).toEqual([]);
    expect(listed.template?.sections.get('discord')).toHaveProperty('embeds.0.title');
    const broken = read('message: m\ndiscord: {embeds: [], username: [a], threadId: "{{ end }}"}');
    expect(broken.problems.map(({ severity, what }) => `${severity} ${what}`)).toEqual([
      'warning discord.username must be a text, not a list',
      'warning discord.threadId: unexpected {{end}}',
    ]);
    expect(broken.template?.message).toBeDefined();
  });

  test('unknown fields are warnings with a proposal, and the template works', () => {
    const { template, problems } = compileTemplate('t', 'mesage: a\nmessage: b\nslack: {atachments: "[]"}');
    expect(template?.message?.source).toBe('b');
    expect(problems.map(({ severity, fix }) => `${severity} ${fix}`)).toEqual([
      'warning Remove it, or correct its name. Did you mean "attachments"?',
      'warning Remove it, or correct its name. Did you mean "message"?',
    ]);
  });

  test('a word that a field does not know is a warning, and the template works', () => {
    const { template, problems } = compileTemplate(
      't',
      'slack:\n  groupingKey: x\n  deliveryPolicy: PostAndUpdat\n',
    );
    expect(problems).toEqual([
      {
        key: 'template.t',
        severity: 'warning',
        line: 3,
        column: 19,
        what: 'slack.deliveryPolicy "PostAndUpdat" is unknown and means Post',
        fix: 'Use one of Post, PostAndUpdate, Update. Did you mean "PostAndUpdate"?',
      },
    ]);
    expect(template).toBeDefined();
    for (const known of ['Post', 'PostAndUpdate', 'Update', '""', '~']) {
      expect(compileTemplate('t', `slack: {deliveryPolicy: ${known}}`).problems).toEqual([]);
    }
  });

  test('secrets in a message are a warning', () => {
    expect(problemsOf('message: "{{ .secrets.token }}"')).toEqual([
      'warning 1:11 message puts secrets into a message',
    ]);
    expect(problemsOf('message: "{{ $.secrets.token }}"')).toHaveLength(1);
    expect(problemsOf('message: "{{#secrets}}{{token}}{{/secrets}}"')).toHaveLength(1);
    expect(problemsOf('message: "the .secrets of {{ .app.name }}"')).toEqual([]);
  });
});

describe('values', () => {
  test('scalars are texts as Go decodes them', () => {
    const message = (text: string) => compileTemplate('t', `message: ${text}`).template?.message?.source;
    expect([message('yes'), message('1.50'), message('010'), message('')]).toEqual(['true', '1.5', '8', '']);
  });

  test('keys match in any case', () => {
    expect(
      compileTemplate('t', 'Message: a\nSLACK: {Icon: b}').template?.sections.get('slack'),
    ).toHaveProperty('icon');
  });

  test('each field is a template set of its own', () => {
    const text =
      'message: "{{ define \\"x\\" }}a{{ end }}{{ template \\"x\\" }}"\nslack: {icon: "{{ template \\"x\\" }}"}';
    expect(compileTemplate('t', text).template?.strings.map(({ path }) => path.join('.'))).toEqual([
      'message',
      'slack.icon',
    ]);
  });
});

describe('dialect', () => {
  test.each([
    ['plain text', 'go'],
    ['{{.app.metadata.name}}', 'go'],
    ['{{ if true }}x{{ end }}', 'go'],
    ['{{- $x := 1 }}{{ $x }}', 'go'],
    ['{{/* comment */}}', 'go'],
    ['{{ upper "a" }}', 'go'],
    ['{{ now }}', 'go'],
    ['{{app.metadata.name}}', 'mustache'],
    ['{{{app.metadata.name}}}', 'mustache'],
    ['{{#app.x}}{{.}}{{/app.x}}', 'mustache'],
    ['{{^app.x}}none{{/app.x}}{{> footer}}{{! comment }}', 'mustache'],
    ['{"a": {{ toJson .x }}}', 'go'],
    ['{{ printf "{{%s}}" .x }}', 'go'],
  ])('%s is %s', (source, dialect) => {
    expect(detectDialect(source)).toEqual({ ok: true, dialect });
  });

  test('a mixture is a problem with a line', () => {
    expect(problemsOf('message: |\n  {{#app.list}}x{{/app.list}}\n  {{ .app.name }}')).toEqual([
      'error 3:3 message: {{ .app.name }} is Go template syntax in a mustache text',
    ]);
  });

  test('can be set: then nothing is recognised', () => {
    const { template } = compileTemplate('t', 'dialect: mustache\nmessage: "{{name}}"');
    expect(template?.message?.dialect).toBe('mustache');
    expect(problemsOf('dialect: go\nmessage: "{{app.name}}"')).toEqual([
      'error 2:13 message: function "app" not defined',
    ]);
  });
});

describe('fields that a section leaves out', () => {
  const sourceOf = (text: string, field: string) => {
    const { template, problems } = compileTemplate('t', text);
    expect(problems).toEqual([]);
    const tree = template?.sections.get('newrelic')?.[field];
    return typeof tree === 'object' && tree !== null && 'source' in tree ? tree.source : tree;
  };

  test('have the template that argocd-notifications gives them', () => {
    const revision = '{{.app.status.operationState.syncResult.revision}}';
    expect(sourceOf('newrelic: {}', 'revision')).toBe(revision);
    expect(sourceOf('newrelic: {revision: ""}', 'revision')).toBe(revision);
    expect(sourceOf('newrelic: {Revision: r}', 'revision')).toBe('r');
    expect(sourceOf('newrelic: {}', 'description')).toBeUndefined();
  });

  test('are of no section that is not there', () => {
    expect(compileTemplate('t', 'message: m').template?.sections.size).toBe(0);
  });
});
