import { expect, test } from 'vitest';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type Store, StoreError } from '../../src/store/store.ts';
import { embeddedStore, silent } from '../contract/stores.ts';
import { application, degraded, healthy, named } from './applications.ts';
import { configMap, startBridge } from './start-bridge.ts';

const configuration = configMap({
  'trigger.on-health-degraded': "- when: app.status.health.status == 'Degraded'\n  send: [told]\n",
  'template.told': 'message: "{{.app.metadata.name}} is {{.app.status.health.status}}"\n',
});
const subscriptions = { 'on-health-degraded': 'alerts' };

test('watches, decides and sends within this process, and says that it does', async () => {
  const b = await startBridge();
  expect(await b.obstacles()).toContain('store: not open yet');
  b.kubernetes.cluster.apply(configuration);
  b.kubernetes.cluster.apply(application('shop', { subscriptions }));
  await b.bridge.start();
  await b.logged('Every Application has been observed');
  expect(await b.obstacles()).toEqual([]);
  b.kubernetes.cluster.patch(named('shop'), { status: degraded });
  expect(await b.sent(1)).toEqual(['alerts: shop is Degraded']);
  b.kubernetes.cluster.patch(named('shop'), { status: healthy });
  b.kubernetes.cluster.patch(named('shop'), { status: degraded });
  expect(await b.sent(2)).toHaveLength(2);
  await b.stop();
  expect(b.lines.filter(({ msg }) => msg.startsWith('Did not end'))).toEqual([]);
});

test('is ready only when it is noted how far it has decided: one that is killed from then on misses nothing', async () => {
  let store: Store | undefined;
  const b = await startBridge({
    async openStore(signal) {
      store = await openStore('memory:', { log: silent, signal });
      return store;
    },
  });
  b.kubernetes.cluster.apply(configuration);
  b.kubernetes.cluster.apply(application('shop', { subscriptions }));
  await b.bridge.start();
  await b.logged('Every Application has been observed');
  const rows = await createLedger(store as Store).load('watch', ['progress']);
  expect(rows).toMatchObject([{ value: { revision: expect.stringMatching(/^\d+$/) } }]);
  await b.stop();
});

test('another one on the same store goes on where it was, and tells of what came and went in between', async () => {
  const { url, remove } = await embeddedStore().prepare();
  const open = (signal: AbortSignal) => openStore(url, { log: silent, signal });
  const first = await startBridge({ openStore: open });
  const { kubernetes, service } = first;
  kubernetes.cluster.apply(configuration);
  kubernetes.cluster.apply(application('shop', { subscriptions, status: degraded }));
  await first.bridge.start();
  await first.sent(1);
  await first.stop();
  for (const status of [healthy, degraded, healthy]) kubernetes.cluster.patch(named('shop'), { status });
  const second = await startBridge({ openStore: open, kubernetes, service });
  await second.bridge.start();
  await second.sent(2);
  kubernetes.cluster.apply(application('pay', { subscriptions, status: degraded }));
  expect(await second.sent(3)).toEqual([
    'alerts: shop is Degraded',
    'alerts: shop is Degraded',
    'alerts: pay is Degraded',
  ]);
  await second.stop();
  await remove();
});

test('watches while the store is away, keeps in order what came and went, and writes it when the store is there', async () => {
  const opening = Promise.withResolvers<void>();
  const b = await startBridge({
    async openStore(signal) {
      await opening.promise;
      return openStore('memory:', { log: silent, signal });
    },
  });
  b.kubernetes.cluster.apply(configuration);
  b.kubernetes.cluster.apply(application('shop', { subscriptions }));
  const started = b.bridge.start();
  await b.kubernetes.until(() => b.kubernetes.stats.openWatches('applications') > 0);
  expect(await b.obstacles()).toEqual(
    expect.arrayContaining(['store: not open yet', 'role: not known yet, Applications are being observed']),
  );
  for (const status of [degraded, healthy, degraded]) b.kubernetes.cluster.patch(named('shop'), { status });
  opening.resolve();
  await started;
  expect(await b.sent(2)).toHaveLength(2);
});

test('cannot start with a store that waiting does not mend, and ends all the same', async () => {
  const refused = new StoreError('is of another version', { retryable: false });
  const b = await startBridge({ openStore: () => Promise.reject(refused) });
  await expect(b.bridge.start()).rejects.toBe(refused);
  await b.stop();
  expect(b.lines.filter(({ msg }) => msg.startsWith('Did not end'))).toEqual([]);
});

test('ends while it still waits for the store', async () => {
  const b = await startBridge({
    openStore: (signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined))),
  });
  const started = b.bridge.start();
  await b.stop();
  await started;
  expect(b.lines.filter(({ msg }) => msg.startsWith('Did not end'))).toEqual([]);
});
