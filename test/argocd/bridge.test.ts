import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepoServerSimulator, type RepoServerSimulator } from '../../simulator/repo-server.ts';
import { application, degraded } from '../bridge/applications.ts';
import { createWorld, type World } from '../bridge/world.ts';
import { embeddedStore } from '../contract/stores.ts';
import { combined, hasKubectl } from '../shipping/kustomize.ts';
import { commit, sha, source } from './applications.ts';
import { type ArgocdDouble, createArgocdDouble } from './argocd-double.ts';

const repositoryPassword = 'password-of-the-repository';

const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': `message: |-
  {{ $commit := call .repo.GetCommitMetadata .app.status.sync.revision -}}
  {{ .app.metadata.name }}: {{ $commit.Message }} by {{ call .shared.SlackMention $commit.Author }} [{{ join "," $commit.Tags }}]
slack:
  attachments: |
    [{"title": "{{ .app.metadata.name }}", "text": "{{ (call .repo.GetCommitMetadata .app.status.sync.revision).Message }}"}]
`,
  'trigger.on-ana': `- when: repo.GetCommitMetadata(app.status.sync.revision).Author contains 'ana@'\n  send: [by-ana]\n`,
  'template.by-ana': 'message: "{{ .app.metadata.name }} is by Ana"\n',
};

describe('repo functions of a running Herald', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;
  let argocd: ArgocdDouble;
  let repoServer: RepoServerSimulator;

  beforeAll(async () => {
    repoServer = createRepoServerSimulator();
    await repoServer.start();
    repoServer.commits[sha] = { ...commit, date: { seconds: 1_795_344_000 }, message: 'of the repo-server' };
    argocd = createArgocdDouble();
    await argocd.start();
    argocd.commits[sha] = commit;
    prepared = await embeddedStore().prepare();
    world = await createWorld({
      queue: prepared.url,
      slack: { users: { 'ana@example.com': 'U0ANA' } },
      flags: ['--argocd-repo-server', `127.0.0.1:${repoServer.port}`, '--argocd-repo-server-plaintext'],
    });
    // With the rights that are shipped, and no others.
    if (hasKubectl) world.kubernetes.setRoles(await combined([]));
    world.cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'repo',
        namespace: 'argocd',
        labels: { 'argocd.argoproj.io/secret-type': 'repository' },
      },
      stringData: { url: 'https://git.example/acme/shop', username: 'bot', password: repositoryPassword },
    });
    world.setSecret({ 'argocd-token': argocd.token });
    world.configure(configuration);
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await Promise.all([argocd?.stop(), repoServer?.stop()]);
    await prepared?.remove();
  });

  const messages = (channel: string) =>
    world.slack.messages(channel).map(({ text, attachments }) => [text, attachments[0]?.text ?? '']);
  const told = (channel: string) => world.slack.until(() => messages(channel).length > 0);

  function apply(name: string, channel: string, trigger = 'on-health-degraded', revision = sha): void {
    const status = { ...degraded, sync: { status: 'Synced', revision } };
    const object = application(name, { subscriptions: { [trigger]: channel }, status });
    world.cluster.apply({ ...object, spec: { ...(object.spec as object), source } });
  }

  test('nobody configured: the repo-server is asked, with the credentials of the repository', async () => {
    apply('first', 'unconfigured');
    await told('unconfigured');
    expect(messages('unconfigured')).toEqual([
      ['first: of the repo-server by <@U0ANA> [v1,stable]', 'of the repo-server'],
    ]);
    expect(repoServer.calls.map(({ request }) => request)).toEqual([
      {
        repo: { repo: 'https://git.example/acme/shop', username: 'bot', password: repositoryPassword },
        revision: sha,
      },
    ]);
    expect(await world.metric('herald_config_problems')).toBe(0);
    expect(await world.metric('herald_argocd_requests_total', { outcome: 'answered' })).toBe(1);
  });

  test('what it does not know is empty, and no secret is in the log', async () => {
    const details = `cannot fetch https://bot:${repositoryPassword}@git.example`;
    repoServer.fault = { kind: 'status', code: 2, details };
    apply('unknown', 'unknown', 'on-health-degraded', 'd'.repeat(40));
    await told('unknown');
    expect(messages('unknown')).toEqual([['unknown:  by  []', '']]);
    const logged = world.logs.find(({ msg }) => msg === 'Argo CD does not know what a repo function asks');
    expect(logged?.error).toMatch(/^answered UNKNOWN: cannot fetch/);
    expect(JSON.stringify(world.logs)).not.toContain(repositoryPassword);
    repoServer.fault = undefined;
    expect(world.logs.filter(({ msg }) => msg === 'A right for repo functions is missing')).toEqual([]);
  });

  test('configured: with the commit, and its author mentioned', async () => {
    const argocdKey = `url: ${argocd.url}\ntoken: $argocd-token\n`;
    const inForce = () => world.logs.filter(({ msg }) => msg === 'Configuration in force').length;
    const before = inForce();
    world.configure({ ...configuration, argocd: argocdKey });
    await world.untilLogged(() => inForce() > before);
    apply('second', 'configured');
    await told('configured');
    const { message } = commit;
    expect(messages('configured')).toEqual([[`second: ${message} by <@U0ANA> [v1,stable]`, message]]);
    expect(repoServer.calls).toHaveLength(2);
    expect(await world.metric('herald_argocd_requests_total', { outcome: 'answered' })).toBe(2);
  });

  test('a condition is evaluated again when Argo CD has answered', async () => {
    apply('third', 'conditions', 'on-ana');
    await told('conditions');
    expect(messages('conditions')).toEqual([['third is by Ana', '']]);
  });

  test('an Argo CD that is silent: the message goes out with empty values', async () => {
    argocd.fail({ kind: 'hang' }, { times: 100 });
    apply('fourth', 'silent');
    await told('silent');
    expect(messages('silent')).toEqual([['fourth:  by  []', '']]);
    argocd.clearFaults();
    for (const entry of world.logs) expect(JSON.stringify(entry)).not.toContain(argocd.token);
  });
});
