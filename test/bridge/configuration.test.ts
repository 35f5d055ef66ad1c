import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { rowKinds } from '../../src/ledger/rows.ts';
import type { JsonObject } from '../../src/model.ts';
import { herald, temporaryFolder } from '../cli/support.ts';
import { all } from '../contract/ledger-fixtures.ts';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded, healthy, named, subscribe, uidOf } from './applications.ts';
import { createWorld, seen, type World } from './world.ts';

const good = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
};
const bad = {
  'trigger.bad': `- when: app.status.health.status == 'Missing'\n  send: [degraded]\n- when: "app.status. =="\n  send: [degraded]\n`,
  'template.bad':
    'message: ok\nslack:\n  attachments: |\n    [{"text": "{{ .app.metadata.name | noSuchFunction }}"}]\n',
  'service.pager': 'apiKeys:\n  team: x\n',
};
const badKeys = ['service.pager', 'template.bad', 'trigger.bad'];

describe('the configuration of a running Herald', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;

  beforeAll(async () => {
    prepared = await embeddedStore().prepare();
    world = await createWorld({ queue: prepared.url });
    world.configure({ ...good, ...bad });
    world.cluster.apply(application('shop', { subscriptions: { 'on-health-degraded': 'alerts' } }));
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await prepared?.remove();
  });

  const texts = (channel: string) => world.slack.messages(channel).map(({ text }) => text);
  /** Makes a change, and waits until a new configuration is in force. */
  async function inForce(change: () => void): Promise<void> {
    const count = () => world.logs.filter(({ msg }) => msg === 'Configuration in force').length;
    const before = count();
    change();
    await world.untilLogged(() => count() > before);
  }
  const eventsOnConfigMap = () =>
    world.cluster
      .list('Event', 'argocd')
      .filter(({ involvedObject }) => (involvedObject as JsonObject).kind === 'ConfigMap');

  test('one good trigger beside a bad trigger, a bad template and an unknown service sends', async () => {
    world.cluster.patch(named('shop'), { status: degraded });
    await world.slack.until(() => texts('alerts').length >= 1);
    expect(texts('alerts')).toEqual(['shop is degraded']);
  });

  test('the problems are in the log, once each and with their lines', async () => {
    const problems = world.logs.filter(({ msg }) => msg === 'Problem in the configuration');
    expect(problems.map(({ key }) => `${key as string}`).sort()).toEqual(badKeys);
    expect(problems).toContainEqual(expect.objectContaining({ key: 'trigger.bad', line: 3 }));
    expect(problems).toContainEqual(expect.objectContaining({ key: 'template.bad', line: 4 }));
    // Its type stands in the key, not on a line of its value.
    expect(problems).toContainEqual(
      expect.objectContaining({ key: 'service.pager', what: 'unknown service type "pager"' }),
    );
    for (const { what, fix } of problems) {
      expect(what).toMatch(/\S/);
      expect(fix).toMatch(/\S/);
    }
  });

  test('in the metrics, one series a key', async () => {
    const series = (await world.metrics()).filter(({ name }) => name === 'herald_config_problems');
    expect(series.map(({ labels }) => `${labels.key}`).sort()).toEqual(badKeys);
    for (const { labels } of series) expect(labels).toMatchObject({ config_namespace: 'argocd' });
  });

  test('as Events on the ConfigMap', async () => {
    await world.kubernetes.until(() => eventsOnConfigMap().length >= 3);
    const events = eventsOnConfigMap();
    const name = 'argocd-notifications-cm';
    const uid = uidOf(world.cluster.get({ kind: 'ConfigMap', namespace: 'argocd', name }));
    for (const event of events) expect(event.involvedObject).toMatchObject({ uid, namespace: 'argocd' });
    const messages = events.map(({ message }) => message as string);
    expect(messages.map((message) => message.replace(/[,:].*$/, '')).sort()).toEqual(badKeys);
    expect(messages).toContainEqual(expect.stringMatching(/^trigger\.bad, line 3/));
  });

  test('and config check finds the same, of the cluster and of a file, and exits 1', async () => {
    const ofCluster = await herald(['config', 'check', '--kubeconfig', world.kubeconfig]);
    expect(ofCluster.code).toBe(1);
    for (const place of [
      'trigger.bad\n  3:22: error',
      'template.bad\n  4:40: error',
      'service.pager\n  error',
    ]) {
      expect(ofCluster.stdout).toContain(place);
    }
    const file = join(temporaryFolder(), 'cm.yaml');
    const yaml = asYaml({ ...good, ...bad });
    writeFileSync(file, yaml);
    const ofFile = await herald(['config', 'check', file]);
    expect(ofFile.code).toBe(1);
    const places = [...ofFile.stdout.matchAll(/^(\S+)\n {2}\S*cm\.yaml:(\d+):\d+: error/gm)].flatMap(
      ([, key, line]) => [line, key],
    );
    const lineOf = (part: string) => String(yaml.split('\n').findIndex((line) => line.includes(part)) + 1);
    expect(places).toEqual(
      [
        [lineOf('app.status. =='), 'trigger.bad'],
        [lineOf('noSuchFunction'), 'template.bad'],
        [lineOf('service.pager'), 'service.pager'],
      ].flat(),
    );
    for (const { stdout, stderr } of [ofCluster, ofFile])
      expect(stdout + stderr).not.toContain(world.slack.token);
  });

  test('an edit that does not concern them tells them no second time', async () => {
    const told = world.logs.filter(({ msg }) => msg === 'Problem in the configuration').length;
    await inForce(() => world.configure({ ...good, ...bad, context: 'team: a\n' }));
    await world.decided();
    expect(world.logs.filter(({ msg }) => msg === 'Problem in the configuration')).toHaveLength(told);
    expect(eventsOnConfigMap()).toHaveLength(3);
  });

  test('mended without a restart: the problems are gone, and what was mended sends', async () => {
    world.configure({
      ...good,
      'trigger.bad': `- when: app.status.health.status == 'Missing'\n  send: [bad]\n`,
      'template.bad': 'message: "{{.app.metadata.name}} is missing"\n',
    });
    await world.untilLogged(({ msg }) => msg === 'Problems in the configuration are gone');
    expect(await world.metric('herald_config_problems')).toBe(0);
    world.cluster.apply(
      application('cart', { subscriptions: { bad: 'alerts' }, status: { health: { status: 'Missing' } } }),
    );
    await world.slack.until(() => texts('alerts').length >= 2);
    expect(texts('alerts')).toEqual(['shop is degraded', 'cart is missing']);
    const checked = await herald(['config', 'check', '--kubeconfig', world.kubeconfig]);
    expect(checked).toMatchObject({ code: 0 });
  });

  test('a good key that turns bad stays in force as it was', async () => {
    const lines = () => world.logs.filter(({ msg }) => msg === 'Problem in the configuration').length;
    const before = lines();
    world.configure({
      'trigger.on-health-degraded': '- when: "((("\n  send: [degraded]\n',
      'template.degraded': 'message: "{{ if }}"\n',
    });
    await world.untilLogged(() => lines() >= before + 2);
    world.cluster.patch(named('shop'), { status: healthy });
    world.cluster.patch(named('shop'), { status: degraded });
    await world.slack.until(() => texts('alerts').length >= 3);
    expect(texts('alerts').at(-1)).toBe('shop is degraded');
    expect(await world.metric('herald_config_problems', { key: 'trigger.on-health-degraded' })).toBe(1);
    world.configure(good);
  });

  test('editing a condition, its neighbours or their order re-sends nothing of the others', async () => {
    await world.decided();
    const before = seen(world).length;
    world.configure({
      ...good,
      'trigger.on-health-degraded':
        `- when: app.status.health.status == 'Suspended'\n  send: [degraded]\n` +
        `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n  description: the same\n`,
    });
    await world.decided();
    world.configure({
      ...good,
      'trigger.other': `- when: app.status.health.status == 'Lost'\n  send: [degraded]\n`,
    });
    await world.decided();
    world.configure({ ...good, 'template.degraded': 'message: "{{.app.metadata.name}} is not well"\n' });
    await world.decided();
    expect(seen(world)).toHaveLength(before);
    world.configure(good);
  });

  test('a new token in the Secret is used from the next message on', async () => {
    await world.decided();
    await inForce(() => world.setSecret({ 'slack-token': 'xoxb-revoked' }));
    world.cluster.patch(named('shop'), { status: healthy });
    world.cluster.patch(named('shop'), { status: degraded });
    const parked = await world.untilLogged(({ reason }) => reason === 'invalid_auth');
    expect(parked).toMatchObject({ status: 'rejected', destination: 'slack:alerts' });

    await inForce(() => world.setSecret({}));
    const count = texts('alerts').length;
    world.cluster.patch(named('shop'), { status: healthy });
    world.cluster.patch(named('shop'), { status: degraded });
    // What the revoked token could not send goes out by itself.
    await world.slack.until(() => texts('alerts').length >= count + 2);
  });

  test('other Secrets of Argo CD serve $name:key, from the moment they are there', async () => {
    world.cluster.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argocd-notifications-cm', namespace: 'argocd' },
      data: { ...good, 'service.slack': `apiURL: ${world.slack.apiUrl}\ntoken: $team-slack:token\n` },
    });
    const missing = await world.untilLogged(
      ({ msg, key }) => msg === 'Problem in the configuration' && key === 'service.slack',
    );
    expect(JSON.stringify(missing)).toContain('team-slack');
    world.cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'team-slack',
        namespace: 'argocd',
        labels: { 'app.kubernetes.io/part-of': 'argocd' },
      },
      data: { token: Buffer.from(world.slack.token).toString('base64') },
    });
    await world.untilMetric('herald_config_problems', {}, (count) => count === 0);
    await world.decided();
  });

  test('an AppProject that begins to subscribe is followed at once', async () => {
    world.configure(good);
    world.cluster.apply(application('of-project', { project: 'shops', status: degraded }));
    await world.decided();
    expect(texts('shops')).toEqual([]);
    world.cluster.apply({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: {
        name: 'shops',
        namespace: 'argocd',
        annotations: subscribe({ 'on-health-degraded': 'shops' }),
      },
      spec: {},
    });
    await world.slack.until(() => texts('shops').length >= 1);
    expect(texts('shops')).toEqual(['of-project is degraded']);
  });

  test('the ConfigMap deleted: nothing is notified; made again: as before, and nothing is told twice', async () => {
    await world.decided();
    const before = seen(world).length;
    const { cluster } = world;
    const name = 'argocd-notifications-cm';
    await inForce(() => cluster.remove({ kind: 'ConfigMap', namespace: 'argocd', name }));
    expect(world.logs).toContainEqual(
      expect.objectContaining({ msg: 'ConfigMap not found: nothing is notified' }),
    );
    world.configure(good);
    await world.decided();
    expect(seen(world)).toHaveLength(before);
  });

  test('no secret is in the log, the metrics, the Events or the store', async () => {
    const { url } = world.herald;
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const events = JSON.stringify(world.cluster.list('Event'));
    await inForce(() => world.setSecret({ 'slack-token': 'xoxb-revoked' }));
    world.cluster.patch(named('shop'), { status: healthy });
    world.cluster.patch(named('shop'), { status: degraded });
    await world.untilMetric('herald_deliveries_parked', {}, (parked) => parked > 0);
    const { found } = await world.stopAndRead(everything);
    expect(found).toContain('invalid_auth');
    for (const text of [JSON.stringify(world.logs), metrics, events, found]) {
      for (const token of [world.slack.token, 'xoxb-revoked']) expect(text).not.toContain(token);
    }
  });
});

/** What the ledger holds, decoded. */
async function everything(ledger: Ledger): Promise<string> {
  const found: unknown[] = [await all(ledger.parked()), await all(ledger.pending())];
  for (const kind of rowKinds) found.push(await all(ledger.rows(kind)));
  return JSON.stringify(found);
}

/** As people write it: each value a block of lines. */
function asYaml(data: Record<string, string>): string {
  const values = Object.entries(data).flatMap(([key, value]) => [
    `  ${key}: |`,
    ...value
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
  ]);
  return [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    '  name: argocd-notifications-cm',
    'data:',
    ...values,
  ].join('\n');
}
