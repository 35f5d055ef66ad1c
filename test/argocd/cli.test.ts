import { afterAll, beforeAll, expect, test } from 'vitest';
import { herald, temporaryFile } from '../cli/support.ts';
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

test('template render has empty values where nobody is configured', async () => {
  const { stdout } = await herald(['template', 'render', 't', application(), ...files({})]);
  expect(stdout).toContain('[] by');
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
