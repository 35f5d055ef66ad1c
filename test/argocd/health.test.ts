/** Which resources are not healthy, where the Application does not record it: asked of Argo CD's API or read in its events. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/model.ts';
import { application } from '../bridge/applications.ts';
import { createWorld, type World } from '../bridge/world.ts';
import { embeddedStore } from '../contract/stores.ts';
import { combined, hasKubectl } from '../shipping/kustomize.ts';
import { type ArgocdDouble, createArgocdDouble } from './argocd-double.ts';

const configuration = {
  'trigger.on-degraded': `
- when: app.status.health.status == 'Degraded'
  send: [degraded]`,
  'trigger.on-secret': `
- when: any(shared.unhealthyResources, .kind == 'ExternalSecret')
  send: [degraded]`,
  'template.degraded':
    'message: "{{ .app.metadata.name }}:{{ range .shared.degradedResources }} {{ .kind }} {{ .namespace }}/{{ .name }} {{ .health }} {{ .message }};{{ end }}"\n',
};
const missing = 'A right for repo functions is missing';

describe.skipIf(!hasKubectl)('the health of resources', () => {
  let prepared: { url: string; remove(): Promise<void> };
  let world: World;
  let argocd: ArgocdDouble;

  beforeAll(async () => {
    argocd = createArgocdDouble();
    await argocd.start();
    prepared = await embeddedStore().prepare();
    world = await createWorld({ queue: prepared.url, flags: ['--argocd-repo-server', ''] });
    world.kubernetes.setRoles(await combined([]));
    world.setSecret({ 'argocd-token': argocd.token });
    world.configure(configuration);
    await world.start();
  });
  afterAll(async () => {
    await world?.close();
    await argocd?.stop();
    await prepared?.remove();
  });

  const health = (status: string) => ({ status, lastTransitionTime: '2026-11-22T11:00:00Z' });
  const messages = (channel: string) => world.slack.messages(channel).map(({ text }) => text);
  const told = (channel: string) => world.slack.until(() => messages(channel).length > 0);
  const missed = () => world.logs.filter(({ msg }) => msg === missing);

  function apply(name: string, channel: string, trigger = 'on-degraded'): void {
    const status = {
      health: health('Degraded'),
      resources: [{ kind: 'Deployment', name: 'api', status: 'Synced' }],
    };
    world.cluster.apply(application(name, { subscriptions: { [trigger]: channel }, status }));
  }

  function event(about: string, name: string, lastTimestamp: string, message: string): void {
    world.cluster.apply({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${about}.${name}`, namespace: 'argocd' },
      involvedObject: { kind: 'Application', namespace: 'argocd', name: about },
      reason: 'ResourceUpdated',
      type: 'Normal',
      message,
      lastTimestamp,
    } as JsonObject);
  }

  test('without the right to read events the message goes without, and that is said once', async () => {
    apply('first', 'unread');
    apply('second', 'unread');

    await world.slack.until(() => messages('unread').length === 2);
    expect(messages('unread').toSorted()).toEqual(['first:', 'second:']);
    expect(missed()).toEqual([
      expect.objectContaining({
        right: 'list events in the namespace argocd',
        mend: expect.stringContaining('config/components/application-events'),
      }),
    ]);
  });

  test('the newest event about its health tells which they are', async () => {
    world.kubernetes.setRoles(await combined(['application-events']));
    const caused = 'apps/Deployment:shop/api, external-secrets.io/ExternalSecret:shop/db';
    event('third', 'a', '2026-11-22T10:00:00Z', 'Updated health status: Healthy -> Progressing');
    event(
      'third',
      'b',
      '2026-11-22T11:00:00Z',
      `Updated health status: Progressing -> Degraded (Caused by ${caused})`,
    );
    event('third', 'c', '2026-11-22T11:30:00Z', 'Updated sync status: Synced -> OutOfSync');
    event(
      'other',
      'a',
      '2026-11-22T12:00:00Z',
      'Updated health status: Healthy -> Degraded (Caused by Pod:shop/x)',
    );
    apply('third', 'events');
    await told('events');
    expect(messages('events')).toEqual([
      'third: Deployment shop/api Degraded ; ExternalSecret shop/db Degraded ;',
    ]);
    expect(missed()).toHaveLength(1);
  });

  test('conditions know it, too', async () => {
    event(
      'fourth',
      'a',
      '2026-11-22T11:00:00Z',
      'Updated health status: Healthy -> Degraded (Caused by external-secrets.io/ExternalSecret:shop/db)',
    );
    apply('fourth', 'conditions', 'on-secret');
    await told('conditions');
    expect(messages('conditions')).toEqual(['fourth: ExternalSecret shop/db Degraded ;']);
  });

  test("Argo CD's API is asked where it is configured, and says why", async () => {
    const node = (kind: string, name: string, status: string, message: string) => ({
      group: '',
      version: 'v1',
      kind,
      namespace: 'shop',
      name,
      health: { status, message },
    });
    argocd.trees['argocd/fifth'] = [
      node('Service', 'api', 'Healthy', ''),
      node('Pod', 'api-1', 'Degraded', 'CrashLoopBackOff'),
      { kind: 'ConfigMap', name: 'settings', namespace: 'shop' },
    ];
    const before = world.logs.filter(({ msg }) => msg === 'Configuration in force').length;
    world.configure({ ...configuration, argocd: `url: ${argocd.url}\ntoken: $argocd-token\n` });
    await world.untilLogged(
      () => world.logs.filter(({ msg }) => msg === 'Configuration in force').length > before,
    );
    apply('fifth', 'api');
    await told('api');
    expect(messages('api')).toEqual(['fifth: Pod shop/api-1 Degraded CrashLoopBackOff;']);
    expect(argocd.requests.at(-1)).toMatchObject({
      segments: ['applications', 'fifth', 'resource-tree'],
      query: { appNamespace: 'argocd', project: 'default' },
    });
  });
});
