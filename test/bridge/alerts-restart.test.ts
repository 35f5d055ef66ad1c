/** What the leader tells of groups after a restart, while it finds out what has become of their Applications. */
import { expect, onTestFinished, test } from 'vitest';
import { createKubernetesSimulator } from '../../simulator/kubernetes.ts';
import { createSimulatedClock } from '../../src/simulated-clock.ts';
import { openStore } from '../../src/store/open-store.ts';
import { embeddedStore, silent } from '../contract/stores.ts';
import { application, degraded, named } from './applications.ts';
import { configMap, startBridge } from './start-bridge.ts';

const second = 1_000;

const configuration = configMap({
  'trigger.on-health-degraded': `
- when: app.status.health.status == 'Degraded'
  severity: critical
  resolved: [told]
  send: [told]`,
  groups:
    '[{match: {trigger: on-health-degraded}, groupBy: [trigger], groupWait: 0s, groupInterval: 5m, send: [told]}]',
  'template.told': 'message: "{{range .alerts}}{{.app.metadata.name}} of {{.app.spec.source.path}}, {{end}}"',
});
const shape = { subscriptions: { 'on-health-degraded': 'ops' }, status: degraded };

test('a group tells with its templates of an Application that was deleted before as it was', async () => {
  const { url, remove } = await embeddedStore().prepare();
  onTestFinished(remove);
  const clock = createSimulatedClock(Date.now());
  const options = {
    kubernetes: createKubernetesSimulator({ namespace: 'argocd', bookmarkIntervalMs: 20 }),
    clock,
    openStore: (signal: AbortSignal) => openStore(url, { log: silent, signal, clock }),
  };
  const first = await startBridge(options);
  const { kubernetes, service } = first;
  kubernetes.cluster.apply(configuration);
  await clock.until(first.bridge.start());
  kubernetes.cluster.apply(application('a', shape));
  while (service.sent.length === 0) await clock.advance(second);
  kubernetes.cluster.remove(named('a'));
  for (let passed = 0; passed < 10; passed += 1) await clock.advance(second);
  await clock.until(first.stop());

  clock.skip(600 * second);
  // Until a bookmark comes the watch does not know that nothing of its own has happened.
  kubernetes.cluster.apply({ ...configuration, metadata: { name: 'other', namespace: 'argocd' } });
  const again = await startBridge({ ...options, service });
  await clock.until(again.bridge.start());
  while (service.sent.length === 1) await clock.advance(second);
  expect(service.sent.map(({ notification }) => notification.message)).toEqual([
    'a of a, ',
    'All resolved\na of a, ',
  ]);
});
