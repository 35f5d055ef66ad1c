import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSlackSimulator } from '../../simulator/slack.ts';
import type { JsonObject } from '../../src/model.ts';
import { botScopes } from '../../src/services/slack/scopes.ts';
import { openStore } from '../../src/store/open-store.ts';
import { application } from '../bridge/applications.ts';
import { configMap, kubeconfigOf, startBridge } from '../bridge/start-bridge.ts';
import { silent } from '../contract/stores.ts';
import { makeCertificate, serveWith } from '../services/own-certificates.ts';
import { tools } from '../tools.ts';
import { herald, temporaryFolder } from './support.ts';

interface Finding {
  check: string;
  status: string;
  what: string;
  mend?: string;
}

/** A bridge that works, on a simulated cluster and Slack. */
async function startWorking(data: Record<string, string> = {}) {
  const slack = createSlackSimulator({ channels: [{ name: 'ops' }] });
  await slack.start();
  onTestFinished(() => slack.stop());
  const queue = `sqlite:${temporaryFolder()}`;
  const bridge = await startBridge({ openStore: (signal) => openStore(queue, { log: silent, signal }) });
  const { kubernetes } = bridge;
  const { cluster } = kubernetes;
  const configure = (more: Record<string, string> = {}) =>
    cluster.apply(
      configMap({
        'service.slack': `token: $slack-token\napiURL: ${slack.apiUrl}\n`,
        'trigger.on-degraded': "- when: app.status.health.status == 'Degraded'\n  send: [told]\n",
        'template.told': 'message: x\n',
        ...data,
        ...more,
      }),
    );
  configure();
  cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'argocd-notifications-secret', namespace: 'argocd' },
    stringData: { 'slack-token': slack.token },
  });
  cluster.apply(application('shop', { subscriptions: { 'on-degraded': 'ops' } }));
  await bridge.bridge.start();
  await bridge.logged('Every Application has been observed');
  async function run(...flags: string[]) {
    const kubeconfig = await kubeconfigOf(kubernetes);
    return herald(['doctor', '--kubeconfig', kubeconfig, '--queue', queue, ...flags]);
  }
  return {
    slack,
    kubernetes,
    cluster,
    bridge,
    configure,
    run,
    /** What is not ok. */
    async wrong(...flags: string[]): Promise<Record<string, Finding>> {
      const { stdout, stderr } = await run('-o', 'json', ...flags);
      if (stdout === '') throw new Error(stderr);
      const findings = (JSON.parse(stdout) as Finding[]).filter(
        ({ status }) => status !== 'ok' && status !== 'skipped',
      );
      return Object.fromEntries(findings.map((finding) => [finding.check, finding]));
    },
  };
}

test('nothing is wrong where all works', async () => {
  const { run, wrong } = await startWorking();
  expect(await wrong()).toEqual({});
  const { code, stdout } = await run();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok +API server +Kubernetes v1\.\d+\.\d+\n/);
  expect(stdout).toMatch(/\nok +rights +all \d+ that the configuration needs are granted\n/);
  expect(stdout).toMatch(/\nok +Slack token of slack +Argo CD of Simulator\n/);
  expect(stdout).toMatch(/\nok +Slack channels of slack +1 that are subscribed can be posted to\n/);
  expect(stdout).toMatch(/\n\nNothing is wrong\.\n$/);
});

test('rights that are missing, each with what does not work and the mend', async () => {
  const { kubernetes, wrong, run } = await startWorking();
  const metadata = { name: 'herald', namespace: 'argocd' };
  const rules: JsonObject[] = [
    { apiGroups: ['argoproj.io'], resources: ['applications', 'appprojects'], verbs: ['get', 'list'] },
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['argocd-notifications-cm'],
      verbs: ['get', 'list', 'watch'],
    },
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['argocd-notifications-secret'],
      verbs: ['get', 'list', 'watch'],
    },
  ];
  kubernetes.setRoles([
    { kind: 'Role', metadata, rules },
    {
      kind: 'RoleBinding',
      metadata,
      roleRef: { kind: 'Role', name: 'herald' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
  ]);
  const found = await wrong('--notified-annotation', 'write');
  expect(found['right to watch applications.argoproj.io in the namespace argocd']).toEqual({
    check: 'right to watch applications.argoproj.io in the namespace argocd',
    status: 'failed',
    what: 'is missing: without Applications',
    mend: 'Apply config/base/role.yaml in the namespace of Argo CD, or what the chart makes of it.',
  });
  expect(Object.entries(found).map(([check, { status }]) => `${status} ${check}`)).toEqual([
    'failed right to watch applications.argoproj.io in the namespace argocd',
    'warning right to watch appprojects.argoproj.io in the namespace argocd',
    'warning right to list applicationsets.argoproj.io in the namespace argocd',
    'warning right to watch applicationsets.argoproj.io in the namespace argocd',
    'warning right to create events in the namespace argocd',
    'warning right to patch events in the namespace argocd',
    'failed right to patch applications.argoproj.io in the namespace argocd',
  ]);
  expect((await run()).code).toBe(1);
  const wide = await wrong('--application-namespaces', 'team-*');
  expect(Object.keys(wide)).toContain('right to list applications.argoproj.io in all namespaces');
});

test('Slack: a token that is not accepted, scopes and channels', async () => {
  const { slack, cluster, wrong } = await startWorking();
  cluster.apply(application('lost', { subscriptions: { 'on-degraded': 'nowhere' } }));
  expect(await wrong()).toMatchObject({
    'Slack channel nowhere of slack': {
      status: 'failed',
      what: 'there is no such channel, or it is private and the app is no member',
    },
  });
  slack.setScopes(['channels:read', 'channels:history', 'chat:write.customize', 'users:read.email']);
  expect(await wrong()).toMatchObject({
    'Slack scope chat:write of slack': { status: 'failed', what: 'is missing: nothing is delivered' },
    'Slack scope chat:write.public of slack': { status: 'warning' },
  });
  for (const { name, without } of botScopes) {
    slack.setScopes(botScopes.map((scope) => scope.name).filter((scope) => scope !== name));
    expect(await wrong()).toMatchObject({
      [`Slack scope ${name} of slack`]: { what: `is missing: ${without}` },
    });
  }
  slack.setToken('xoxb-another');
  expect(await wrong()).toEqual({
    'Slack token of slack': {
      check: 'Slack token of slack',
      status: 'failed',
      what: 'invalid_auth',
      mend: expect.stringMatching(/^Put the bot token \(xoxb-…\) of the app into the Secret/),
    },
  });
});

test('what the store, the clock, the configuration and the cluster lack', async () => {
  const { bridge, kubernetes, cluster, configure, wrong, run } = await startWorking();
  configure({ 'trigger.broken': '- when: app.(' });
  expect((await wrong())['configuration']).toMatchObject({
    status: 'failed',
    what: expect.stringMatching(
      /^1 errors? in ConfigMap argocd\/argocd-notifications-cm, the first in trigger\.broken: when: /,
    ),
  });
  configure();
  expect(await wrong('--queue', 'redis://127.0.0.1:1')).toMatchObject({ store: { status: 'failed' } });
  expect(await wrong('--queue', 'memory:')).toMatchObject({ store: { status: 'warning' } });
  expect(await wrong('--queue', `sqlite:${temporaryFolder()}`)).toMatchObject({
    store: { status: 'failed', mend: expect.stringContaining('kubectl -n argocd exec deploy/herald') },
  });
  cluster.setInstalled('applicationsets', false);
  expect(await wrong()).toMatchObject({ 'CRD applicationsets.argoproj.io': { status: 'warning' } });
  await bridge.stop();
  expect(await wrong()).toMatchObject({
    leader: { status: 'failed', what: 'no Herald leads on this store, so that nothing is decided' },
  });
  await kubernetes.shutDown();
  const { code, stdout } = await run();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAILED +API server +GET \/version: /);
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("Argo CD's API and repo-server", async () => {
  const { configure, wrong } = await startWorking();
  const url = await listening(
    createServer((request, response) => {
      const isKnown = request.headers.authorization === 'Bearer good';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(isKnown ? { loggedIn: true, username: 'herald' } : { loggedIn: false }));
    }),
  );
  configure({ argocd: `url: ${url}\ntoken: good\n` });
  expect(await wrong()).toEqual({});
  configure({ argocd: `url: ${url}\ntoken: bad\n` });
  expect(await wrong()).toMatchObject({
    "Argo CD's API": { status: 'failed', what: 'its token is not accepted' },
  });

  configure({
    'template.author': 'message: "{{ (call .repo.GetCommitMetadata .app.status.sync.revision).Author }}"\n',
  });
  expect(await wrong('--argocd-repo-server', '127.0.0.1:1')).toMatchObject({
    'repo-server': { status: 'failed' },
  });
  const there = createTcpServer();
  await new Promise<void>((resolve) => there.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void there.close());
  const { port } = there.address() as AddressInfo;
  expect(await wrong('--argocd-repo-server', `127.0.0.1:${port}`)).toEqual({});
});

test.skipIf(!tools.openssl)('certificates of the servers that services name', async () => {
  const folder = temporaryFolder();
  makeCertificate(folder, 'own');
  const { server, url } = await serveWith(folder, 'own', () => '{}');
  onTestFinished(() => void server.close());
  const { configure, wrong } = await startWorking();
  configure({ 'service.webhook.hook': `url: ${url}\n` });
  const { port } = new URL(url);
  expect((await wrong())[`certificate of localhost:${port}`]).toMatchObject({
    status: 'failed',
    what: expect.stringMatching(/^it is not trusted: .*self.signed/i),
    mend: 'Put its authority into argocd-tls-certs-cm under the key localhost.',
  });
  configure({ 'service.webhook.hook': `url: ${url}\ninsecureSkipVerify: true\n` });
  expect((await wrong())[`certificate of localhost:${port}`]).toMatchObject({
    status: 'warning',
    what: expect.stringMatching(/^it ends soon, until 20/),
  });
  expect(readFileSync(join(folder, 'own.pem'), 'utf8')).toContain('CERTIFICATE');
});
