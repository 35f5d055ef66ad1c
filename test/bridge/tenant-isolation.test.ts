import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebhookReceiver } from '../../simulator/webhook.ts';
import type { JsonObject } from '../../src/model.ts';
import { herald } from '../cli/support.ts';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded } from './applications.ts';
import { createWorld, type World } from './world.ts';

const trigger = `- when: app.status.health.status == 'Degraded'\n  send: [told]\n`;
const operatorSecret = 'operator-secret-value';
const tenantSecret = 'team-a-secret-value';

describe('tenants', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;
  const operators = createWebhookReceiver();
  const tenants = createWebhookReceiver();
  const inside = createWebhookReceiver({ host: '127.0.0.2' });
  const receivers = [operators, tenants, inside];

  beforeAll(async () => {
    [prepared] = await Promise.all([embeddedStore().prepare(), ...receivers.map((each) => each.start())]);
    world = await createWorld({
      queue: prepared.url,
      flags: [
        '--application-namespaces=team-*',
        '--self-service-notification-enabled',
        '--tenant-service-addresses=127.0.0.1',
      ],
    });
    world.setSecret({ 'operator-key': operatorSecret });
    world.setSecret({ 'own-key': tenantSecret }, 'team-a');
    world.configure({
      'service.webhook.ops': `url: ${operators.url}/$operator-key\n`,
      'service.webhook.in-cluster': `url: ${inside.url}/operator\n`,
      'trigger.on-health-degraded': trigger,
      'template.told': 'message: "{{.app.metadata.name}} as the operator tells it"\n',
    });
    world.configure(
      {
        'service.webhook.own': `url: ${tenants.url}/own\nheaders:\n- name: authorization\n  value: Bearer $own-key\n`,
        'service.webhook.stolen': `url: ${tenants.url}/stolen/$operator-key\n`,
        'service.webhook.labelled': `url: ${tenants.url}/labelled/$argocd-notifications-secret:operator-key\n`,
        'service.webhook.internal': `url: ${inside.url}/\n`,
        'service.webhook.redirected': `url: ${tenants.url}/redirect\n`,
        'trigger.on-own': trigger,
        'trigger.on-health-degraded': trigger,
        'template.told': 'message: "private of {{.app.metadata.name}} {{.secrets}}"\n',
        subscriptions: '- recipients: [own:all]\n  triggers: [on-own]\n',
      },
      'team-a',
    );
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await Promise.all(receivers.map((each) => each.stop()));
    await prepared?.remove();
  });

  const apply = (name: string, namespace: string, subscriptions: Record<string, string>) =>
    world.cluster.apply(
      application(name, {
        namespace,
        annotations: Object.fromEntries(
          Object.entries(subscriptions).map(([what, recipient]) => [
            `notifications.argoproj.io/subscribe.${what}`,
            recipient,
          ]),
        ),
        status: degraded,
      }),
    );
  const paths = () => tenants.requests.map(({ path }) => path);
  const eventsIn = (namespace: string) =>
    world.cluster
      .list('Event', namespace)
      .filter(({ involvedObject }) => (involvedObject as JsonObject).kind === 'Application');

  test('are told by their own subscriptions and services, and of their own Applications only', async () => {
    apply('of-a', 'team-a', {});
    apply('of-b', 'team-b', { 'on-own.own': 'x', 'on-health-degraded.own': 'x' });
    apply('of-operator', 'argocd', { 'on-own.own': 'x', 'on-health-degraded.own': 'x' });
    await tenants.until(() => paths().includes('/own'));
    await world.decided();
    expect(tenants.requests.map(({ path, body }) => `${path} ${body}`)).toEqual([
      expect.stringMatching(/^\/own private of of-a /),
    ]);
  });

  test("change nothing of the operator's for others, and see no Secret in templates", async () => {
    apply('changed', 'team-b', { 'on-health-degraded.ops': 'x' });
    await operators.until(() => operators.requests.length > 0);
    expect(operators.requests.map(({ path, body }) => `${path} ${body}`)).toEqual([
      `/${operatorSecret} changed as the operator tells it`,
    ]);
    expect(tenants.requests[0]?.body).not.toContain('secret-value');
  });

  test("read nothing of the operator's Secret, and use no service of the operator's for their own", async () => {
    const before = operators.requests.length;
    apply('thief', 'team-a', { 'on-own.stolen': 'x', 'on-own.labelled': 'x', 'on-own.ops': 'x' });
    const apart = 'are configured in different namespaces';
    await world.kubernetes.until(() =>
      eventsIn('team-a').some(({ message }) => JSON.stringify(message).includes(apart)),
    );
    await world.decided();
    expect(paths().filter((path) => !path.startsWith('/own'))).toEqual([]);
    expect(operators.requests).toHaveLength(before);
    for (const { message } of eventsIn('team-a'))
      expect(message).toMatch(/is not configured|are configured in different namespaces/);
  });

  test('reach no address inside, which the operator does', async () => {
    tenants.fail(
      { kind: 'status', status: 307, headers: { location: `${inside.url}/` } },
      { times: 10, where: ({ path }) => path === '/redirect' },
    );
    apply('curious', 'team-a', { 'on-own.internal': 'x', 'on-own.redirected': 'x' });
    apply('allowed', 'team-b', { 'on-health-degraded.in-cluster': 'x' });
    await world.untilLogged(({ reason }) => reason === 'address_not_allowed');
    await inside.until(() => inside.requests.length > 0);
    await world.decided();
    expect(paths()).toContain('/redirect');
    expect(inside.requests.map(({ path }) => path)).toEqual(['/operator']);
  });

  test('show no secret and no message to others', async () => {
    const echo = { kind: 'status', status: 400, body: `Bearer ${tenantSecret}` } as const;
    tenants.fail(echo, { times: 10, where: ({ path }) => path === '/own' });
    apply('failing', 'team-a', {});
    await world.untilLogged(
      ({ reason, application: of }) => reason === 'http_400' && of === 'team-a/failing',
    );
    await world.kubernetes.until(() => JSON.stringify(eventsIn('team-a')).includes('HTTP 400'));
    const metrics = await fetch(`${world.herald.url}/metrics`).then((response) => response.text());
    const listed = await herald(['deliveries', '--queue', prepared.url, '--output=json']);
    expect(listed.stdout).toContain('team-a');
    const shown = [
      metrics,
      listed.stdout,
      JSON.stringify(world.logs),
      JSON.stringify(['argocd', 'team-a', 'team-b'].map((each) => world.cluster.list('Event', each))),
    ];
    for (const text of shown) expect(text).not.toMatch(/secret-value|private of|as the operator tells it/);
    for (const namespace of ['argocd', 'team-b'])
      expect(JSON.stringify(eventsIn(namespace))).not.toMatch(/team-a|HTTP 400/);
  });

  test('with a ConfigMap full of nonsense stop nobody else', async () => {
    const bomb = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`).join('\n');
    world.configure(
      {
        'service.webhook.own': bomb,
        'trigger.on-own': '- when: "(("\n',
        'template.told': `message: "${'{{range .app}}'.repeat(2_000)}"\n`,
        subscriptions: '['.repeat(50_000),
        context: '\0',
      },
      'team-a',
    );
    await world.untilMetric('herald_config_problems', { config_namespace: 'team-a' }, (count) => count >= 4);
    const before = operators.requests.length;
    apply('unharmed', 'team-b', { 'on-health-degraded.ops': 'x' });
    await operators.until(() => operators.requests.length > before);
    expect(operators.requests.at(-1)?.body).toBe('unharmed as the operator tells it');
  });
});
