import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../model.ts';
import { readFields } from '../services/fields.ts';
import { renderingOf } from '../services/schema.ts';
import { schemaOf } from '../services/schemas.ts';
import { presentationOf } from '../services/service.ts';
import { type RenderOptions, renderNotification } from './render.ts';
import { compileTemplate } from './schema.ts';
import type { Template } from './template.ts';
import { templateVars } from './vars.ts';

function template(text: string, name = 't'): Template {
  const compiled = compileTemplate(name, text);
  if (compiled.template === undefined) throw new Error(JSON.stringify(compiled.problems));
  return compiled.template;
}

const varsOf = (app: JsonObject, secrets?: Record<string, string>) =>
  templateVars({
    app,
    appProject: {},
    context: { url: 'https://argocd' },
    ...(secrets === undefined ? {} : { secrets }),
    serviceType: 'slack',
    recipient: 'deploys',
    now: 0,
  });

const SLACK: RenderOptions = { serviceType: 'slack', jsonFields: ['attachments', 'blocks'] };

function render(texts: string[], app: JsonObject = {}, options: RenderOptions = SLACK) {
  return renderNotification(
    texts.map((text, at) => template(text, `t${at}`)),
    varsOf(app),
    options,
  );
}

function notification(texts: string[], app: JsonObject = {}, options: RenderOptions = SLACK) {
  const result = render(texts, app, options);
  if (!result.ok) throw new Error(result.error);
  return result.notification;
}

describe('merging several templates', () => {
  test('the message keeps the last text that is not empty', () => {
    expect(notification(['message: a', 'message: b', 'message: "{{ if false }}c{{ end }}"'])).toEqual({
      message: 'b',
    });
  });

  test('a later slack section replaces the earlier one, even with empty fields', () => {
    const texts = ['slack: {username: u, attachments: "[]"}', 'slack: {icon: ":a:"}', 'message: m'];
    expect(notification(texts)).toEqual({ message: 'm', section: { icon: ':a:' } });
    expect(notification(['slack: {username: u}', 'slack: {}']).section).toEqual({});
  });

  test('email keeps each last value that is not empty', () => {
    const options = { serviceType: 'email', jsonFields: [] };
    const texts = [
      'email: {subject: a, body: x}',
      'email: {subject: b, body: "{{ .app.none | default \\"\\" }}"}',
    ];
    expect(notification(texts, {}, options).section).toEqual({ subject: 'b', body: 'x' });
  });

  test('the priority of Opsgenie is a template', () => {
    const options = { serviceType: 'opsgenie', jsonFields: [] };
    const texts = [
      'opsgenie: {description: d, priority: "P{{ if eq .app.name \\"shop\\" }}1{{ else }}3{{ end }}"}',
    ];
    expect(notification(texts, { name: 'shop' }, options).section).toEqual({
      description: 'd',
      priority: 'P1',
    });
    expect(notification(texts, { name: 'x' }, options).section).toEqual({ description: 'd', priority: 'P3' });
  });

  test('the required contexts of a deployment on GitHub are literals', () => {
    const options = { serviceType: 'github', jsonFields: [] };
    const text =
      'github: {deployment: {environment: "{{ .app.name }}", requiredContexts: ["{{ .app.name }}", ci]}}';
    expect(notification([text], { name: 'shop' }, options).section).toMatchObject({
      deployment: { environment: 'shop', requiredContexts: ['{{ .app.name }}', 'ci'] },
    });
  });

  test('an alert of Alertmanager keeps annotations that a later template does not have', () => {
    const options = { serviceType: 'alertmanager', jsonFields: [] };
    const texts = [
      'alertmanager: {labels: {a: "1"}, annotations: {b: "2"}}',
      'alertmanager: {labels: {c: "3"}, annotations: {}}',
    ];
    // And is named for the later template, and links to the repository, where neither says otherwise.
    const app = { spec: { sources: [{ repoURL: 'https://git.example/first' }, { repoURL: 'https://b' }] } };
    expect(notification(texts, app, options).section).toEqual({
      labels: { c: '3', alertname: 't1' },
      annotations: { b: '2' },
      generatorURL: 'https://git.example/first',
    });
  });

  test('webhooks merge by name, each as a whole', () => {
    const options = { serviceType: 'webhook', jsonFields: [] };
    const texts = ['webhook: {a: {method: POST, body: x}, b: {body: z}}', 'webhook: {a: {path: /p}}'];
    expect(notification(texts, {}, options).section).toEqual({ a: { path: '/p' }, b: { body: 'z' } });
  });

  test('only the section of the destination is rendered', () => {
    const text = 'message: m\nemail: {subject: "{{ .app.name.x }}"}\nslack: {username: u}';
    expect(notification([text], { name: 'text' })).toEqual({ message: 'm', section: { username: 'u' } });
  });
});

describe('values inside JSON', () => {
  const attachments =
    'slack:\n  attachments: |\n    [{"title": "{{ .app.name }}", "text": "Error:\\n{{ .app.message }}"}]\n';

  test('a quote and a line break no longer break the attachment', () => {
    const { section } = notification([attachments], { name: 'web', message: 'failed "x"\n\tC:\\temp' });
    expect(JSON.parse(section?.attachments as string)).toEqual([
      { title: 'web', text: 'Error:\nfailed "x"\n\tC:\\temp' },
    ]);
  });

  test('a value that is valid in its string is left as the template renders it', () => {
    const { section } = notification([attachments], { name: 'web', message: 'a\\nb' });
    expect(JSON.parse(section?.attachments as string)[0].text).toBe('Error:\na\nb');
  });

  test('values that are JSON themselves are not touched, even beside one that is escaped', () => {
    const text = 'slack:\n  blocks: |\n    [{"a": {{ toJson .app.message }}, "b": "{{ .app.message }}"}]\n';
    const { section } = notification([text], { message: 'say "hi"\n' });
    expect(JSON.parse(section?.blocks as string)).toEqual([{ a: 'say "hi"\n', b: 'say "hi"\n' }]);
  });

  test('any value survives', () => {
    const compiled = template(attachments);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const result = renderNotification([compiled], varsOf({ name: '"', message }), SLACK);
        const section = result.ok ? result.notification.section : undefined;
        expect(() => JSON.parse(section?.attachments as string)).not.toThrow();
      }),
    );
  });

  test('a field that is no JSON even so is left, with a warning', () => {
    const result = render(['slack:\n  attachments: "[{ {{ .app.name }}"\n'], { name: 'x' });
    expect(result).toMatchObject({
      ok: true,
      notification: { section: { attachments: '[{ x' } },
      warnings: [{ template: 't0', field: 'slack.attachments' }],
    });
  });
});

describe('filterValue', () => {
  test('sees values, never the text of the template', () => {
    const seen: unknown[] = [];
    const options: RenderOptions = {
      ...SLACK,
      filterValue: (value, { preceding }) => {
        seen.push([value, preceding]);
        return value.replaceAll('<', '&lt;');
      },
    };
    const text = 'message: \'<!here> {{ .app.m }} {{ printf "<@%s>" .app.u }}\'';
    expect(notification([text], { m: '<!channel>', u: 'U1' }, options).message).toBe(
      '<!here> &lt;!channel> &lt;@U1>',
    );
    expect(seen).toEqual([
      ['<!channel>', '<!here> '],
      ['<@U1>', '<!here> &lt;!channel> '],
    ]);
  });

  test.each(['*', '_', '`', '~', '[', ']', ')', '|', '#', '>', '"', "'", '\\', '<', '@', '&', '?', '!', ' '])(
    'is told of %s whether it is the cluster or the template that brings it',
    (character) => {
      const options: RenderOptions = {
        ...SLACK,
        filterValue: (value, { isForeign }) =>
          [...value].map((each, at) => (each === character ? (isForeign(at) ? 'X' : 'o') : each)).join(''),
      };
      const text = `message: ${JSON.stringify(`{{ printf ${JSON.stringify(`${character}%s${character}`)} .app.m }}`)}`;
      expect(notification([text], { m: `a${character}b` }, options).message).toBe('oaXbo');
    },
  );

  test('takes for foreign as a whole what a template makes of a value by its characters', () => {
    const filterValue: RenderOptions['filterValue'] = (value, { isForeign }) =>
      [...value].map((each, at) => (/[*-]/.test(each) ? (isForeign(at) ? 'X' : 'o') : each)).join('');
    const text = 'message: \'{{ .app.m | replace "_" "+" | printf "*%s*" }}\'';
    expect(notification([text], { m: 'a_b' }, { ...SLACK, filterValue }).message).toBe('Xa+bX');
  });

  test.each<[type: string, text: string, value: string, expected: string, settings?: JsonObject]>([
    ['telegram', 'message: "{{ .app.m }}"', 'a_b[c', String.raw`a\_b\[c`],
    ['mattermost', 'message: "**{{ .app.m }}**"', 'a_b*', String.raw`**a\_b\***`],
    ['github', 'github: {pullRequestComment: {content: "{{ .app.m }}"}}', 'a_b', String.raw`a\_b`],
    [
      'email',
      'message: \'<a href="{{ .app.m }}">\'',
      '"onclick=x>',
      '<a href="&quot;onclick=x&gt;">',
      { html: true },
    ],
  ])('escapes values for %s', (type, text, value, expected, settings = {}) => {
    const schema = schemaOf(type);
    if (schema === undefined) throw new Error(`no type ${type}`);
    const { options } = readFields(schema.options, settings);
    const { message, section } = notification(
      [text],
      { m: value },
      presentationOf(renderingOf(schema, type, options)),
    );
    expect(message || section?.['pullRequestComment']).toEqual(message ? expected : { content: expected });
  });

  test('holds in mustache too', () => {
    const options: RenderOptions = { ...SLACK, filterValue: (value) => value.toUpperCase() };
    expect(notification(['message: "is {{app.m}} {{{app.m}}}"'], { m: 'x' }, options).message).toBe('is X X');
  });
});

describe('failures', () => {
  test('name the template, the field, and the line in the ConfigMap value', () => {
    const text = 'message: ok\nslack:\n  attachments: |\n    [{\n      "a": "{{ .app.name.x }}"\n    }]\n';
    expect(render([text], { name: 'text' })).toEqual({
      ok: false,
      template: 't0',
      field: 'slack.attachments',
      error: "can't evaluate field x in type string",
      line: 5,
      column: 16,
    });
  });

  test('without secrets a template finds none, as under self-service in argo-cd', () => {
    const secret = template('message: "{{ .secrets.token }}|{{ .secrets.token | toString }}"');
    expect(renderNotification([secret], varsOf({}, { token: 'abc' }), SLACK)).toMatchObject({
      notification: { message: '[97 98 99]|abc' },
    });
    const without = template('message: "{{ .secrets.token }}"');
    expect(renderNotification([without], varsOf({}), SLACK)).toMatchObject({
      notification: { message: '<no value>' },
    });
  });

  test('bytes that are no UTF-8 reach no service', () => {
    expect(notification(['message: "{{ .app.m | trunc 4 }}"'], { m: '日本' }).message).toBe('日\ufffd');
  });
});
