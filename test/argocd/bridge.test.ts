import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { application, degraded } from '../bridge/applications.ts';
import { createWorld, type World } from '../bridge/world.ts';
import { herald, temporaryFile } from '../cli/support.ts';
import { embeddedStore } from '../contract/stores.ts';
import { commit, sha } from './applications.ts';
import { type ArgocdDouble, createArgocdDouble } from './argocd-double.ts';

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

  beforeAll(async () => {
    argocd = createArgocdDouble();
    await argocd.start();
    argocd.commits[sha] = commit;
    prepared = await embeddedStore().prepare();
    world = await createWorld({ queue: prepared.url, slack: { users: { 'ana@example.com': 'U0ANA' } } });
    world.setSecret({ 'argocd-token': argocd.token });
    world.configure(configuration);
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await argocd?.stop();
    await prepared?.remove();
  });

  const messages = (channel: string) =>
    world.slack.messages(channel).map(({ text, attachments }) => [text, attachments[0]?.text ?? '']);
  const told = (channel: string) => world.slack.until(() => messages(channel).length > 0);

  function apply(name: string, channel: string, trigger = 'on-health-degraded'): void {
    const status = { ...degraded, sync: { status: 'Synced', revision: sha } };
    world.cluster.apply(application(name, { subscriptions: { [trigger]: channel }, status }));
  }

  test('nobody configured: the message goes out with empty values, and a problem says so', async () => {
    apply('first', 'unconfigured');
    await told('unconfigured');
    expect(messages('unconfigured')).toEqual([['first:  by  []', '']]);
    expect(await world.metric('herald_config_problems', { key: 'argocd', severity: 'warning' })).toBe(1);
    const problems = world.logs.filter(({ key }) => key === 'argocd');
    expect(problems).toMatchObject([{ msg: 'Problem in the configuration' }]);
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
    expect(await world.metric('herald_config_problems', { key: 'argocd' })).toBe(0);
    expect(await world.metric('herald_argocd_requests_total', { outcome: 'answered' })).toBe(1);
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

test('config check tells that repo functions have nobody to ask', async () => {
  const data = Object.entries(configuration).map(([key, text]) => `  ${key}: ${JSON.stringify(text)}\n`);
  const manifest = `kind: ConfigMap\nmetadata: {name: argocd-notifications-cm}\ndata:\n${data.join('')}`;
  const file = temporaryFile('cm.yaml', manifest);
  const { stdout } = await herald(['config', 'check', file]);
  expect(stdout).toContain('argocd is not configured');
  expect(stdout).toContain('template.degraded');
});
