import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import type { JsonObject } from '../../src/model.ts';
import { named } from '../bridge/applications.ts';
import { configMap, kubeconfigOf, startBridge } from '../bridge/start-bridge.ts';
import { herald, temporaryFile, temporaryFolder } from '../cli/support.ts';
import { runs } from '../runs.ts';

const data = {
  'herald.service.console': '{}',
  'template.m':
    'message: "{{.app.metadata.name}} {{.app.status.health.status}} {{.app.status.sync.revision}}"',
  'trigger.on-degraded':
    "- when: app.status.health.status == 'Degraded'\n  severity: critical\n  send: [m]\n  resolved: true",
  'trigger.on-synced':
    "- when: app.status.sync.status == 'Synced'\n  oncePer: app.status.sync.revision\n  send: [m]",
  'trigger.on-deleted': '- when: app.metadata.deletionTimestamp != nil\n  send: [m]',
};
const subscriptions = Object.fromEntries(
  ['on-degraded', 'on-synced', 'on-deleted'].map((trigger) => [
    `notifications.argoproj.io/subscribe.${trigger}.console`,
    trigger,
  ]),
);

const name = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('show' as const),
      name,
      health: fc.constantFrom('Healthy', 'Degraded'),
      sync: fc.constantFrom('Synced', 'OutOfSync'),
      revision: fc.constantFrom('1', '2', '3'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
);

/** The first line: those that follow tell times. */
function lineOf(recipient: string, text: string): string {
  return `${recipient}: ${text.split('\n')[0]}`;
}

function application(of: string, status: JsonObject): JsonObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: of, namespace: 'argocd', annotations: subscriptions },
    spec: { project: 'default', source: { repoURL: 'https://git.example.com/a.git' } },
    status,
  };
}

it('what herald record has written replays to the messages that the bridge has sent meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), fc.nat(10), async (steps, before) => {
      const kubernetes = createKubernetesSimulator({ namespace: 'argocd' });
      const { cluster } = kubernetes;
      cluster.apply(configMap(data));
      function play({ do: what, ...each }: (typeof steps)[number]): void {
        if (what === 'remove') {
          cluster.remove(named(each.name));
          return;
        }
        const { health, sync, revision } = each as { health: string; sync: string; revision: string };
        cluster.apply(
          application(each.name, { health: { status: health }, sync: { status: sync, revision } }),
        );
      }
      for (const each of steps.slice(0, before)) play(each);

      const bridge = await startBridge({ kubernetes });
      await bridge.bridge.start();
      await bridge.logged('Every Application has been observed');
      const file = `${temporaryFolder()}/story.ndjson.gz`;
      const ending = new AbortController();
      const ready = Promise.withResolvers<void>();
      const recording = herald(['record', '--to', file, '--kubeconfig', await kubeconfigOf(kubernetes)], {
        interrupted: ending.signal,
        onStderr: (text) => text.startsWith('Recording') && ready.resolve(),
      });
      await ready.promise;
      for (const each of steps.slice(before)) play(each);
      // Whoever has seen the last one has seen all.
      cluster.apply(
        application('last', { health: { status: 'Degraded' }, sync: { status: 'OutOfSync', revision: '' } }),
      );
      await expect
        .poll(() => bridge.service.sent.some(({ notification }) => notification.message.startsWith('last ')))
        .toBe(true);

      ending.abort();
      expect(await recording).toMatchObject({ code: 0 });
      const config = temporaryFile('cm.yaml', JSON.stringify(configMap(data)));
      const replayed = await herald(['replay', file, '--config-map', config, '-o', 'json']);
      expect(replayed).toMatchObject({ code: 0, stderr: '' });
      const { messages } = JSON.parse(replayed.stdout) as { messages: { recipient: string; text: string }[] };
      const expected = messages.map(({ recipient, text }) => lineOf(recipient, text)).toSorted();
      const sent = () =>
        bridge.service.sent
          .map(({ recipient, notification }) => lineOf(recipient, notification.message))
          .toSorted();
      await expect.poll(() => sent().length).toBeGreaterThanOrEqual(expected.length);
      expect(sent()).toEqual(expected);
      await bridge.stop();
    }),
    runs(30),
  );
});
