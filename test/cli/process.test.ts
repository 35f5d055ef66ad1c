import { expect, test } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { createSlackSimulator } from '../../simulator/slack.ts';
import { type Finished, heraldProcess, temporaryFile } from './support.ts';

const configMap = (data: Record<string, string>) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm', namespace: 'argocd' },
    data,
  });

const application = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'shop', namespace: 'argocd' },
  spec: { project: 'default' },
  status: { health: { status: 'Degraded' } },
};

const good = {
  'trigger.on-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': `message: "{{.app.metadata.name}} is degraded"\n`,
};

test('a mistake: one line to standard error, exit 2', async () => {
  expect(await heraldProcess(['run', '--metrics-prot', '9001'])).toEqual<Finished>({
    code: 2,
    stdout: '',
    stderr:
      'herald run: unknown flag --metrics-prot, did you mean --metrics-port? (herald run --help lists the flags)\n',
  });
});

test('help to standard output, exit 0', async () => {
  const { code, stdout, stderr } = await heraldProcess(['template', 'notify', '--help']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Usage: herald template notify \[options\] <NAME> <APPLICATION>\n/);
});

test('config check of files and of standard input', async () => {
  const bad = configMap({ ...good, 'trigger.bad': '- when: "1 =="\n  send: [degraded]\n' });
  const file = temporaryFile('cm.yaml', bad);
  const ofFile = await heraldProcess(['config', 'check', file]);
  expect(ofFile.code).toBe(1);
  expect(ofFile.stdout).toContain(`${file}:1:`);
  expect(ofFile.stdout).toMatch(/^trigger\.bad\n {2}\S+:1:\d+: error: when: /);
  const ofStdin = await heraldProcess(['config', 'check', '-'], { stdin: configMap(good) });
  expect(ofStdin).toMatchObject({ code: 0, stderr: '' });
  expect(ofStdin.stdout).toBe('standard input (ConfigMap argocd-notifications-cm): no problems\n');
  expect(await heraldProcess(['config', 'check', `${file}.missing`])).toMatchObject({
    code: 2,
    stderr: `herald config check: ${file}.missing: no such file\n`,
  });
});

test('without a cluster to be reached: exit 2, and how to name one', async () => {
  const { code, stderr } = await heraldProcess(['trigger', 'get']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^herald trigger get: no kubeconfig and not in a cluster: give --kubeconfig FILE/);
});

test('ConfigMap, Secret and Application of a cluster that flags alone describe; a message to Slack', async () => {
  const cluster = createKubernetesSimulator({ token: 'cluster-token' });
  const slack = createSlackSimulator({ channels: [{ name: 'deploys' }] });
  const [{ url }] = await Promise.all([cluster.start(), slack.start()]);
  try {
    cluster.cluster.apply(application);
    cluster.cluster.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argocd-notifications-cm', namespace: 'argocd' },
      data: { ...good, 'service.slack': `apiURL: ${slack.apiUrl}\ntoken: $slack-token\n` },
    });
    cluster.cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-notifications-secret', namespace: 'argocd' },
      data: { 'slack-token': Buffer.from(slack.token).toString('base64') },
    });
    const access = ['--server', url, '--token', 'cluster-token', '-n', 'argocd'];

    const evaluated = await heraldProcess(['trigger', 'run', 'on-degraded', 'shop', ...access]);
    expect(evaluated).toMatchObject({ code: 0, stderr: '' });
    expect(evaluated.stdout).toContain("app.status.health.status == 'Degraded'  true\n");

    const notify = ['template', 'notify', 'degraded', 'shop', ...access, '--recipient'];
    expect(await heraldProcess([...notify, 'slack:deploys'])).toEqual<Finished>({
      code: 0,
      stdout: '',
      stderr: 'Sent to slack:deploys\n',
    });
    expect(slack.messages('deploys').map(({ text }) => text)).toEqual(['shop is degraded']);

    slack.fail({ kind: 'error', error: 'is_archived' });
    const refused = await heraldProcess([...notify, 'slack:deploys', '--recipient', 'console:stdout']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^Not sent to slack:deploys: .*is_archived/);
    expect(refused.stdout).toBe('message: shop is degraded\n');
    expect(refused.stderr + refused.stdout).not.toContain(slack.token);

    const rejected = await heraldProcess([
      'trigger',
      'get',
      '--server',
      url,
      '--token',
      'wrong',
      '-n',
      'argocd',
    ]);
    expect(rejected.code).toBe(2);
    expect(rejected.stderr).toMatch(
      /^herald trigger get: cannot read ConfigMap argocd\/argocd-notifications-cm: .*401/,
    );
  } finally {
    await Promise.all([cluster.stop(), slack.stop()]);
  }
});
