import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { notifiedAnnotation } from '../../src/alerts/notified-annotation.ts';
import { connect } from '../../src/cluster/connect.ts';
import { argoPath } from '../../src/cluster/scope.ts';
import type { JsonObject } from '../../src/model.ts';
import { openStore } from '../../src/store/open-store.ts';
import { createRecordingService } from '../../src/testing/recording-service.ts';
import { application, degraded } from '../bridge/applications.ts';
import { configMap, kubeconfigOf, startBridge } from '../bridge/start-bridge.ts';
import { silent } from '../contract/stores.ts';
import { explainer } from './explainer.ts';
import { temporaryFolder } from './support.ts';

// The situations in which nothing is sent, through the command as people run it, on what the bridge itself has left.

const isDegraded = "app.status.health.status == 'Degraded'";
const configuration = configMap({
  'trigger.on-degraded': `- when: ${isDegraded}\n  send: [told]\n`,
  'trigger.on-both': `- when: app.status.health.status == 'Healthy' && app.status.sync.status == 'OutOfSync'\n  send: [told]\n`,
  'trigger.on-either': `- when: app.status.sync.status == 'OutOfSync' or (app.status.health.status == 'Lost')\n  send: [told]\n`,
  'trigger.on-fails': `- when: app.status.nothing.there == 1\n  send: [told]\n`,
  'trigger.on-once': `- when: ${isDegraded}\n  oncePer: app.metadata.labels.version\n  send: [told]\n`,
  'trigger.on-long': `- when: ${isDegraded}\n  for: 5h\n  send: [told]\n`,
  'trigger.on-life': `- when: ${isDegraded}\n  repeat: 5h\n  send: [told]\n`,
  'trigger.on-silenced': `- when: ${isDegraded}\n  send: [told]\n`,
  'trigger.on-muted': `- when: ${isDegraded}\n  send: [told]\n`,
  'trigger.on-source': `- when: ${isDegraded}\n  send: [told]\n`,
  'trigger.on-inhibited': `- when: ${isDegraded}\n  for: 1ms\n  send: [told]\n`,
  'trigger.on-grouped': `- when: ${isDegraded}\n  send: [told]\n`,
  'trigger.on-refused': `- when: ${isDegraded}\n  send: [told]\n`,
  'trigger.broken': `- when: app.status.(\n  send: [told]\n`,
  'template.told': 'message: "{{.app.metadata.name}}"\n',
  silences: '- match: {trigger: on-silenced}\n  until: 2090-01-01T00:00:00Z\n  comment: a migration\n',
  muteTimes: "- match: {trigger: on-muted}\n  times: [{times: [{start: '00:00', end: '24:00'}]}]\n",
  inhibit: '- source: {trigger: on-source}\n  target: {trigger: on-inhibited}\n',
  groups: '- match: {trigger: on-grouped}\n  groupBy: [trigger]\n  groupWait: 5h\n',
});

const project = (name: string): JsonObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name, namespace: 'argocd' },
  spec: {},
});

async function startUnderTest() {
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
  const { cluster } = kubernetes;
  cluster.apply(configuration);
  cluster.apply(project('default'));
  const queue = `sqlite:${temporaryFolder()}`;
  const service = createRecordingService('console', { pace: { perSecond: 0.001, burst: 4 } });
  const bridge = await startBridge({
    kubernetes,
    service,
    openStore: (signal) => openStore(queue, { log: silent, signal }),
  });
  return { bridge, kubernetes, cluster, queue, service, ...explainer(kubernetes, queue) };
}

type UnderTest = Awaited<ReturnType<typeof startUnderTest>>;

async function startBridgeUnderTest(): Promise<UnderTest> {
  const started = await startUnderTest();
  await started.bridge.bridge.start();
  await started.bridge.logged('Every Application has been observed');
  return started;
}

const to = (trigger: string, channel = 'ops') => ({
  subscriptions: { [trigger]: channel },
  status: degraded,
});

test('what is not subscribed as it is meant to be', async () => {
  const { cluster, why } = await startBridgeUnderTest();
  cluster.apply(application('nobody', { status: degraded }));
  expect(await why('nobody')).toEqual({
    kind: 'unsubscribed',
    sentence:
      'Nobody is subscribed: neither by an annotation of argocd/nobody, nor by its AppProject default, nor by subscriptions of ConfigMap argocd/argocd-notifications-cm.',
    mend: 'Annotate the Application: notifications.argoproj.io/subscribe.TRIGGER.SERVICE: RECIPIENT.',
  });

  const typo = { 'notifications.argoproj.io/subscibe.on-degraded.slack': 'ops' };
  cluster.apply(application('typo', { annotations: typo, status: degraded }));
  expect(await why('typo')).toMatchObject({
    kind: 'typo',
    sentence: expect.stringMatching(
      /^annotation notifications.argoproj.io\/subscibe.on-degraded.slack: .* ignored\.$/,
    ),
    mend: expect.stringContaining('Did you mean notifications.argoproj.io/subscribe.on-degraded.slack?'),
  });

  cluster.apply(application('unknown', to('on-degradd')));
  expect(await why('unknown')).toEqual({
    kind: 'unknown trigger',
    sentence: 'on-degradd to slack:ops: trigger "on-degradd" is not configured.',
    mend: expect.stringMatching(/Did you mean "on-degraded"\?$/),
  });

  cluster.apply(application('broken', to('broken')));
  expect(await why('broken')).toMatchObject({
    kind: 'broken trigger',
    sentence: expect.stringMatching(/^broken to slack:ops: trigger\.broken, line 1, cannot be used: when: /),
  });

  const service = { 'notifications.argoproj.io/subscribe.on-degraded.slak': 'ops' };
  cluster.apply(application('service', { annotations: service, status: degraded }));
  expect(await why('service')).toMatchObject({
    kind: 'unknown service',
    sentence: 'on-degraded to slak:ops: service "slak" is not configured.',
    mend: expect.stringContaining('Did you mean "slack"?'),
  });

  cluster.apply(application('projectless', { project: 'shop', status: degraded }));
  expect(await why('projectless')).toMatchObject({
    kind: 'project not found',
    sentence: expect.stringMatching(/^There is no AppProject shop, /),
  });

  expect(await why('nobodi')).toMatchObject({
    kind: 'no such application',
    sentence: 'There is no Application argocd/nobodi, did you mean argocd/nobody?',
  });
});

test('which part of a condition is in the way', async () => {
  const { cluster, why, run } = await startBridgeUnderTest();
  const status = { health: { status: 'Healthy' }, sync: { status: 'Synced' } };
  cluster.apply(application('both', { ...to('on-both'), status }));
  expect(await why('both')).toEqual({
    kind: 'condition false',
    sentence:
      'on-both to slack:ops: its condition does not match: app.status.sync.status == "OutOfSync" is false (app.status.sync.status is Synced).',
  });
  cluster.apply(application('either', { ...to('on-either'), status }));
  expect(await why('either')).toMatchObject({
    sentence: expect.stringContaining(
      'app.status.sync.status == "OutOfSync" is false (app.status.sync.status is Synced), and app.status.health.status == "Lost" is false (app.status.health.status is Healthy).',
    ),
  });
  cluster.apply(application('fails', to('on-fails')));
  expect(await why('fails')).toMatchObject({
    kind: 'condition failed',
    sentence: expect.stringMatching(
      /^on-fails to slack:ops: its condition fails, which is no answer: .* \(in app\.status\.nothing\.there == 1\)\.$/,
    ),
  });
  const { stdout, code } = await run('both');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^Application argocd\/both, project default\n\non-both to slack:ops: its condition does not match: /,
  );
  expect(stdout).toMatch(
    /on-both +slack:ops +notifications\.argoproj\.io\/subscribe\.on-both\.slack +condition false\n/,
  );
  expect(stdout).toMatch(/ {4}app\.status\.health\.status == "Healthy" +true\n/);
});

test('what was told, is held back, waits or was refused', async () => {
  const { cluster, until, why, run, service, bridge } = await startBridgeUnderTest();
  const version = (name: string) => ({ ...to('on-once', 'once'), labels: { version: name } });
  cluster.apply(application('once', version('1')));
  await bridge.sent(1);
  cluster.apply(application('once', version('2')));
  await bridge.sent(2);
  cluster.apply(application('once', version('1')));
  expect(await until('told before', 'once')).toEqual({
    kind: 'told before',
    sentence: 'on-once to slack:once: it was told of oncePer "1" before, and is told of each value once.',
  });

  cluster.apply(application('told', to('on-degraded', 'told')));
  expect((await until('told', 'told')).sentence).toMatch(
    /^on-degraded to slack:told: it was told at 20.*Z, and is told again when it has stopped to match and matches again\.$/,
  );

  cluster.apply(application('long', to('on-long')));
  expect((await until('pending', 'long')).sentence).toMatch(
    /it matches since 20.*Z and fires at 20.*Z, when it has lasted/,
  );

  cluster.apply(application('life', to('on-life', 'life')));
  expect((await until('told', 'life')).sentence).toMatch(/is told again at 20.*Z if it still fires\.$/);
  const { stdout } = await run('life');
  expect(stdout).toMatch(/\n {2}alert [0-9a-f]{12} firing since 20.*Z, fires since 20.*Z\n/);
  expect(stdout).toMatch(/\nMESSAGES\n {2}20\S+Z +on-life to slack:life +first\n/);

  cluster.apply(application('silenced', to('on-silenced')));
  expect((await until('silenced', 'silenced')).sentence).toBe(
    'on-silenced to slack:ops: it is silenced by silences 1.',
  );
  cluster.apply(application('muted', to('on-muted')));
  expect((await until('muted', 'muted')).sentence).toBe('on-muted to slack:ops: it is muted by muteTimes 1.');

  cluster.apply(application('source', to('on-source', 'source')));
  await until('told', 'source');
  cluster.apply(application('inhibited', to('on-inhibited')));
  expect((await until('inhibited', 'inhibited')).sentence).toBe(
    'on-inhibited to slack:ops: it is inhibited by inhibit 1.',
  );

  cluster.apply(application('grouped', to('on-grouped')));
  expect((await until('grouped', 'grouped')).sentence).toMatch(
    /^on-grouped to slack:ops: it waits for others of its group \(groups 1, by trigger\), and is told by 20.*Z\.$/,
  );

  service.outcomes.push({
    status: 'rejected',
    reason: 'invalid_auth',
    error: 'Slack of service slack answered invalid_auth. Check the token in the Secret.',
    scope: 'service',
  });
  cluster.apply(application('token', to('on-refused', 'token')));
  const token = await until('bad token', 'token');
  expect(token.sentence).toBe(
    'on-refused to slack:token: the service does not accept Herald (invalid_auth): Slack of service slack answered invalid_auth. Check the token in the Secret.',
  );
  expect(token.mend).toMatch(/herald deliveries retry [0-9a-f]{12}\.$/);

  service.outcomes.push({
    status: 'rejected',
    reason: 'channel_not_found',
    error: 'no such channel',
    scope: 'recipient',
  });
  cluster.apply(application('channel', to('on-refused', 'channel')));
  expect((await until('wrong recipient', 'channel')).sentence).toBe(
    'on-refused to slack:channel: the recipient cannot be reached (channel_not_found): no such channel.',
  );

  service.outcomes.push({
    status: 'rejected',
    reason: 'no_text',
    error: 'nothing to say',
    scope: 'notification',
  });
  cluster.apply(application('parked', to('on-refused', 'parked')));
  expect((await until('parked', 'parked')).sentence).toMatch(
    /^on-refused to slack:parked: the message was refused at 20.*Z \(no_text\): nothing to say\.$/,
  );

  service.outcomes.push({ status: 'retry', reason: 'http_502', error: 'away', retryAfter: 3_600_000 });
  cluster.apply(application('retried', to('on-refused', 'retried')));
  expect((await until('retried', 'retried')).sentence).toMatch(
    /^on-refused to slack:retried: it is tried since 20.*Z, once in vain, and again at 20.*Z\.$/,
  );

  // The burst of the channel is used up, and its pace is one in a quarter of an hour.
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    cluster.apply(application(name, to('on-degraded', 'busy')));
    await until(name === 'e' ? 'paced' : 'told', name);
  }
  expect((await why('e')).sentence).toMatch(
    /^on-degraded to slack:busy: it waits for its turn since 20.*Z, as others go to the same recipient first, /,
  );
});

const controller = (image: string, replicas = 1): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'argocd-notifications-controller',
    namespace: 'argocd',
    labels: { 'app.kubernetes.io/name': 'argocd-notifications-controller' },
  },
  spec: { replicas, template: { spec: { containers: [{ image }] } } },
});

test('the controller of argocd-notifications beside Herald', async () => {
  const { bridge, kubernetes, cluster, until, why } = await startUnderTest();
  const hash = createHash('sha1').update(isDegraded).digest('base64url');
  const notified = JSON.stringify({ [`on-degraded:[0].${hash}:slack:old`]: 1_700_000_000 });
  const annotations = { 'notified.notifications.argoproj.io': notified };
  cluster.apply(application('old', { ...to('on-degraded', 'old'), annotations }));
  await bridge.bridge.start();
  expect(await until('imported', 'old')).toMatchObject({
    sentence:
      'on-degraded to slack:old: argocd-notifications told it at 2023-11-14T22:13:20Z, as its annotation on the Application says.',
  });
  cluster.apply(controller('quay.io/argoproj/argocd:v3.2.0'));
  expect(await why('old')).toMatchObject({
    kind: 'other controller',
    sentence:
      'on-degraded to slack:old: it matches, and the controller of argocd-notifications still runs and tells it: Deployment argocd/argocd-notifications-controller (1 replica).',
    mend: expect.stringContaining('--replicas=0'),
  });
  for (const other of [
    controller('ghcr.io/acme/herald:0.2.0'),
    controller('quay.io/argoproj/argocd:v3.2.0', 0),
  ]) {
    cluster.apply(other);
    expect(await why('old')).toMatchObject({ kind: 'imported' });
  }
  // Where Deployments may not be read, or it runs elsewhere, its writes tell of it.
  const connection = connect({
    kubeconfig: await kubeconfigOf(kubernetes),
    userAgent: 'argocd-notifications/v3.2.0',
  });
  await connection.json({
    method: 'PATCH',
    path: `${argoPath('applications', 'argocd')}/old`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { [notifiedAnnotation]: '{}' } } },
  });
  await connection.close();
  expect((await why('old')).sentence).toMatch(
    /still runs and tells it: argocd-notifications \(it wrote its record .*Z\)\.$/,
  );
});

test('what keeps Herald from seeing or deciding at all', async () => {
  const { bridge, kubernetes, cluster, queue, why, run, until } = await startBridgeUnderTest();
  cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } });
  cluster.apply(application('shop', { ...to('on-degraded'), namespace: 'team-a' }));
  expect(await why('team-a/shop')).toMatchObject({
    kind: 'namespace not watched',
    sentence: 'Applications in the namespace team-a are not watched: only argocd.',
  });
  expect((await why('team-a/shop', '--application-namespaces', 'team-*')).kind).not.toBe(
    'namespace not watched',
  );

  cluster.apply(application('shop', { ...to('on-degraded', 'shop'), labels: { team: 'a' } }));
  expect(await why('shop', '--app-label-selector', 'team=b')).toMatchObject({
    kind: 'label selector',
    sentence: 'The labels of argocd/shop do not match --app-label-selector team=b, so it is not watched.',
  });
  expect(await until('told', 'shop', '--app-label-selector', 'team=a')).toBeDefined();

  expect(await why('shop', '--config-map-name', 'other')).toMatchObject({
    kind: 'not configured',
    sentence: 'There is no ConfigMap argocd/other, so nothing is configured.',
  });

  const rules = [
    { apiGroups: ['argoproj.io'], resources: ['applications', 'appprojects'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'list'] },
  ];
  kubernetes.setRoles(roleOf(rules));
  expect(await why('shop')).toMatchObject({
    kind: 'watch forbidden',
    sentence:
      'Herald may not watch applications.argoproj.io in the namespace argocd, so it does not see what happens to argocd/shop.',
  });
  kubernetes.setRoles(roleOf(rules.slice(1)));
  expect(await why('shop')).toMatchObject({
    kind: 'watch forbidden',
    sentence: expect.stringContaining('Herald may not get applications.argoproj.io in the namespace argocd'),
  });
  kubernetes.setRoles(undefined);

  expect(await why('shop', '--queue', 'redis://127.0.0.1:1')).toMatchObject({
    kind: 'store away',
    sentence: expect.stringMatching(
      /^The store does not answer, and nothing is sent until it does: .*redis/i,
    ),
  });
  expect(await why('shop', '--queue', `sqlite:${temporaryFolder()}`)).toMatchObject({
    kind: 'matches',
    mend: 'Run it where the store is: kubectl -n argocd exec deploy/herald -- herald explain APP.',
  });

  await bridge.stop();
  expect(await why('shop')).toMatchObject({
    kind: 'not leading',
    sentence: 'No Herald leads on this store, so nobody watches Applications and decides what is sent.',
  });
  const { stdout, code } = await run('shop', '-o', 'yaml', '--queue', queue);
  expect(code).toBe(0);
  expect(stdout).toContain('  kind: not leading\n');
});

function roleOf(rules: JsonObject[]): JsonObject[] {
  const metadata = { name: 'herald', namespace: 'argocd' };
  return [
    { kind: 'Role', metadata, rules },
    {
      kind: 'RoleBinding',
      metadata,
      roleRef: { kind: 'Role', name: 'herald' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
  ];
}
