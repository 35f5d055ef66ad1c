import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { runCommand } from './run-command.ts';
import { type FakeWorld, fakeIo } from './testing/fake-io.ts';

const configMap = `kind: ConfigMap
metadata: {name: argocd-notifications-cm}
data:
  service.slack: |
    token: xoxb-1
  service.webhook.hook: |
    url: https://example.com
  trigger.on-degraded: |
    - when: app.status.health.status == 'Degraded'
      send: [degraded]
  template.degraded: |
    message: "{{.app.metadata.name}}"
    slack:
      attachments: '[{"title": {{ .app.metadata.labels.title }}}]'
`;
const warning = configMap.replace("'Degraded'", "'Degarded'");

async function herald(line: string, world: FakeWorld) {
  const parsed = parseCommandLine(line.split(' '), {});
  if ('exit' in parsed || parsed.command === 'run') throw new Error(JSON.stringify(parsed));
  const io = fakeIo(world);
  return { code: await runCommand(parsed, io), ...io.output };
}

describe('exit codes', () => {
  test.each([
    ['', configMap, 0],
    ['--strict', configMap, 0],
    ['', warning, 0],
    ['--strict', warning, 1],
    ['', configMap.replace('[degraded]', '[degarded]'), 1],
    ['', configMap.replace('app.status', 'foo(app).status'), 1],
  ])('%j', async (flag, text, code) => {
    const line = `config check cm.yaml ${flag}`.trim();
    expect(await herald(line, { files: { 'cm.yaml': text } })).toMatchObject({ code });
  });
});

test('problems stand by key, each with file, line and column, what is wrong and its fix', async () => {
  const text = warning.replace('token:', 'tokn:');
  const { stdout } = await herald('config check cm.yaml', { files: { 'cm.yaml': text } });
  expect(stdout).toBe(`service.slack
  cm.yaml:5:5: error: token is missing
      Set token: $slack-token and put slack-token into the Secret.
  cm.yaml:5:5: warning: unknown field "tokn"
      Remove it, or correct its name. Did you mean "token"?

trigger.on-degraded
  cm.yaml:9:41: warning: when: app.status.health.status is never "Degarded"
      Did you mean "Degraded"?

cm.yaml (ConfigMap argocd-notifications-cm): 1 error, 2 warnings
`);
});

test('--app: what templates make of an Application of a file', async () => {
  const check = (labels: string) => {
    const app = `kind: Application\nmetadata: {name: shop, namespace: argocd, labels: ${labels}}\nspec: {}\n`;
    return herald('config check cm.yaml --app app.yaml', {
      files: { 'cm.yaml': configMap, 'app.yaml': app },
    });
  };
  expect(await check('{title: "5"}')).toMatchObject({ code: 0 });
  const broken = await check('{}');
  expect(broken).toMatchObject({ code: 1 });
  expect(broken.stdout).toMatch(
    /template\.degraded\n {2}cm\.yaml:14:\d+: error: slack\.attachments is no JSON/,
  );
  expect(await herald('config check cm.yaml --app no.yaml', { files: { 'cm.yaml': configMap } })).toEqual({
    code: 2,
    stdout: '',
    stderr: 'herald config check: no.yaml: no such file\n',
  });
});

describe('--cluster', () => {
  const domain = 'notifications.argoproj.io';
  const argo = '/apis/argoproj.io/v1alpha1';
  const application = (name: string, annotations: Record<string, string>, namespace = 'argocd') => ({
    metadata: { name, namespace, uid: name, resourceVersion: '1', annotations },
    spec: { project: '' },
  });
  const cluster = {
    [`${argo}/namespaces/argocd/applications`]: {
      items: [
        application('good', { [`${domain}/subscribe.on-degraded.slack`]: 'deploys' }),
        application('forgotten', { [`${domain}/subscribe.on-degraded`]: 'deploys' }),
        application('misspelt', { [`${domain}/subscibe.on-degraded.slack`]: 'deploys' }),
        application('old', { 'on-degraded.recipients.argocd-notifications.argoproj.io': 'slack:x' }),
        application('get', { [`${domain}/subscribe.on-degraded.hook`]: '' }),
        application('yaml', { [`${domain}/subscriptions`]: '- trigger: [on-degraded\n' }),
      ],
    },
    [`${argo}/namespaces/argocd/appprojects`]: {
      items: [
        {
          metadata: {
            name: 'default',
            annotations: { 'notification.argoproj.io/subscribe.on-degraded.slack': 'x' },
          },
        },
      ],
    },
  };

  test('lists what is wrong in the subscriptions of all Applications and AppProjects', async () => {
    const { code, stdout } = await herald('config check --cluster cm.yaml', {
      files: { 'cm.yaml': configMap },
      cluster,
    });
    expect(code).toBe(1);
    expect(stdout.split('\n').filter((line) => /^\S.*argocd\//.test(line))).toEqual([
      'Application argocd/forgotten',
      'Application argocd/misspelt',
      'Application argocd/old',
      'Application argocd/yaml',
      'Application argocd/get',
      'AppProject argocd/default',
    ]);
    expect(stdout).toContain(`annotation ${domain}/subscribe.on-degraded: error: `);
    expect(stdout).toContain(`Did you mean ${domain}/subscribe.on-degraded.slack?`);
    expect(stdout).toContain('the webhook hook gets no request of its own from on-degraded');
    expect(stdout).toMatch(/, 6 Applications and 1 AppProjects: \d errors, \d warnings\n$/);
  });

  test('takes the ConfigMap of the cluster, too, and JSON', async () => {
    const core = '/api/v1/namespaces/argocd';
    const own = {
      ...cluster,
      [`${core}/configmaps/argocd-notifications-cm`]: { data: { 'service.slack': 'token: x' } },
      [`${core}/secrets/argocd-notifications-secret`]: {},
    };
    const { stdout } = await herald('config check --cluster -o json', { cluster: own });
    const { problems } = JSON.parse(stdout) as { problems: { object?: string; key: string }[] };
    expect(problems).toContainEqual(
      expect.objectContaining({
        object: 'Application argocd/good',
        key: `annotation ${domain}/subscribe.on-degraded.slack`,
      }),
    );
  });

  test('other namespaces, with ConfigMaps of their own under self-service', async () => {
    const tenants = {
      ...cluster,
      [`${argo}/applications`]: {
        items: [
          application('a', { [`${domain}/subscribe.own.slack`]: 'x' }, 'team-a'),
          application('b', { [`${domain}/subscribe.own.slack`]: 'x' }, 'other'),
        ],
      },
      '/api/v1/namespaces/team-a/configmaps': {
        items: [{ data: { 'trigger.own': "- when: 'true'\n  send: [t]", 'service.slack': 'token: x' } }],
      },
    };
    const world = { files: { 'cm.yaml': configMap }, cluster: tenants };
    const line = 'config check cm.yaml --cluster --application-namespaces team-*';
    expect((await herald(line, world)).stdout).toContain('Application team-a/a\n');
    const { stdout } = await herald(`${line} --self-service-notification-enabled`, world);
    expect(stdout).not.toContain('Application team-a/a');
    expect(stdout).not.toContain('other/b');
  });

  test('a cluster that cannot be read is one line', async () => {
    const { code, stderr } = await herald('config check --cluster cm.yaml', {
      files: { 'cm.yaml': configMap },
    });
    expect([code, stderr]).toEqual([
      2,
      'herald config check: no kubeconfig and not in a cluster: give --kubeconfig FILE\n',
    ]);
  });
});

describe('template render', () => {
  const line = 'template render degraded app.yaml --config-map cm.yaml';
  const app = (labels: string) =>
    `kind: Application\nmetadata: {name: shop, namespace: argocd, labels: ${labels}}\nspec: {}\n`;
  const world = (labels: string) => ({ files: { 'cm.yaml': configMap, 'app.yaml': app(labels) } });

  test('of broken JSON exits with 1, and so does notify', async () => {
    expect(await herald(line, world('{title: "5"}'))).toMatchObject({ code: 0, stderr: '' });
    const broken = await herald(line, world('{}'));
    expect(broken).toMatchObject({ code: 1, stdout: expect.stringContaining('attachments') });
    expect(broken.stderr).toContain('slack.attachments is no JSON: ');
    expect(await herald(line.replace('render', 'notify'), world('{}'))).toMatchObject({ code: 1 });
  });

  test('shows an alert of the condition that names the template, ended for that of its end', async () => {
    const data = {
      'trigger.on-degraded':
        "- when: 'true'\n  severity: critical\n  labels: {team: payments}\n  send: [degraded]\n  resolved: [recovered]\n",
      'template.degraded':
        'message: "{{ .alert.state }} {{ .alert.trigger }} {{ .alert.severity }} {{ .alert.labels.team }}"',
      'template.recovered':
        'message: "{{ .alert.why }} {{ .alert.endedAt.Year }} {{ (index .resolved 0).app.metadata.name }}"',
    };
    const files = { 'cm.yaml': JSON.stringify({ kind: 'ConfigMap', data }), 'app.yaml': app('{}') };
    expect((await herald(line, { files })).stdout).toBe('message: firing on-degraded critical payments\n');
    const ended = await herald(line.replace('degraded', 'recovered'), { files });
    expect(ended.stdout).toMatch(/^message: recovered \d{4} shop\n$/);
  });
});
