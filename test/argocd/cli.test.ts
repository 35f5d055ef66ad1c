import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createRepoServerSimulator } from '../../simulator/repo-server.ts';
import { herald, temporaryFile } from '../cli/support.ts';
import { startCluster, writeTemporary } from '../cluster/support.ts';
import { commit, sha, shop } from './applications.ts';
import { type ArgocdDouble, createArgocdDouble } from './argocd-double.ts';

let argocd: ArgocdDouble;
beforeAll(async () => {
  argocd = createArgocdDouble();
  await argocd.start();
  argocd.commits[sha] = { ...commit, message: 'a fix' };
});
afterAll(() => argocd.stop());

const author = 'repo.GetCommitMetadata(app.status.sync.revision).Author';
const data = {
  'service.slack': 'token: xoxb-1',
  'trigger.on-ana': `- when: ${author} contains 'ana@'\n  send: [t]\n`,
  'template.t':
    'message: "{{ with call .repo.GetCommitMetadata .app.status.sync.revision }}[{{ .Message }}] by ' +
    '{{ call $.shared.SlackMention .Author }}{{ end }}"\n',
};

function files(more: Record<string, string>): string[] {
  const configMap = {
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm' },
    data: { ...data, ...more },
  };
  const stringData = { 'argocd-token': argocd.token };
  const secret = { kind: 'Secret', metadata: { name: 'argocd-notifications-secret' }, stringData };
  return [
    '--config-map',
    temporaryFile('cm.yaml', JSON.stringify(configMap)),
    '--secret',
    temporaryFile('secret.yaml', JSON.stringify(secret)),
  ];
}
const application = () => temporaryFile('app.json', JSON.stringify({ kind: 'Application', ...shop }));
const configured = () => files({ argocd: `url: ${argocd.url}\ntoken: $argocd-token\n` });

test('template render asks Argo CD, and shows a mention as an address', async () => {
  const { stdout, stderr } = await herald([
    'template',
    'render',
    't',
    application(),
    ...configured(),
    '--recipient',
    'slack:x',
  ]);
  expect(stderr).toBe('');
  expect(stdout).toContain('[a fix] by ana@example.com');
});

test('template render has empty values where nobody can be asked, and says why', async () => {
  const line = ['template', 'render', 't', application(), ...files({})];
  const nobody = await herald([...line, '--argocd-repo-server=']);
  expect(nobody.stdout).toContain('[] by');
  expect(nobody.stderr).toBe('');
  const away = await herald(line);
  expect(away.stdout).toContain('[] by');
  expect(away.stderr).toContain('Argo CD does not answer');
});

test('template render asks the repo-server, with what the cluster has of repositories', async () => {
  const { simulator, kubeconfig } = await startCluster();
  const repoServer = createRepoServerSimulator();
  await repoServer.start();
  onTestFinished(() => repoServer.stop());
  repoServer.commits[sha] = { author: commit.author, message: 'by gRPC' };
  simulator.cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'r', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'repo-creds' } },
    stringData: { url: 'https://git.example', username: 'from-the-template' },
  });
  const { stdout, stderr } = await herald([
    'template',
    'render',
    't',
    application(),
    ...files({}),
    '--namespace=argocd',
    `--kubeconfig=${writeTemporary('kubeconfig', kubeconfig)}`,
    `--argocd-repo-server=127.0.0.1:${repoServer.port}`,
    '--argocd-repo-server-plaintext',
  ]);
  expect(stderr).toBe('');
  expect(stdout).toContain('[by gRPC] by ');
  expect(repoServer.calls[0]?.request.repo).toMatchObject({ username: 'from-the-template' });
});

test('trigger run asks Argo CD', async () => {
  const { code, stdout } = await herald(['trigger', 'run', 'on-ana', application(), ...configured()]);
  expect(stdout).toMatch(/ana@.*true/);
  expect(code).toBe(0);
});

test('trigger run says why nobody answers', async () => {
  argocd.fail({ kind: 'status', status: 403, body: '{"code":7}' }, { times: 10 });
  const { code, stdout } = await herald(['trigger', 'run', 'on-ana', application(), ...configured()]);
  expect(stdout).toContain('Argo CD answered HTTP 403');
  expect(code).toBe(1);
  argocd.clearFaults();
});
