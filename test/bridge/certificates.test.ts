import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedStore } from '../contract/stores.ts';
import { makeCertificate, serveWith } from '../services/own-certificates.ts';
import { tools } from '../tools.ts';
import { application, degraded } from './applications.ts';
import { createWorld } from './world.ts';

test.skipIf(tools.openssl === undefined)(
  'run trusts the certificates of ARGOCD_TLS_DATA_PATH, from when they are there',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-tls-'));
    const mounted = join(folder, 'mounted');
    mkdirSync(mounted);
    makeCertificate(folder, 'own');
    const arrived: string[] = [];
    const { server, url } = await serveWith(folder, 'own', (path) => {
      arrived.push(path);
      return 'ok';
    });
    const store = await embeddedStore().prepare();
    const world = await createWorld({
      queue: store.url,
      env: async () => ({ ARGOCD_TLS_DATA_PATH: mounted }),
    });
    onTestFinished(async () => {
      await world.close();
      await store.remove();
      server.close();
      rmSync(folder, { recursive: true });
    });
    world.configure({
      'service.webhook.display': `url: ${url}/hook`,
      'trigger.on-health-degraded': "- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n",
      'template.degraded': 'message: degraded',
    });
    await world.start();
    const annotations = { 'notifications.argoproj.io/subscribe.on-health-degraded.display': '' };
    world.cluster.apply(application('shop', { annotations, status: degraded }));
    const entry = await world.untilLogged(({ reason }) => reason === 'tls');
    expect(entry.error).toContain('argocd-tls-certs-cm');
    expect(arrived).toEqual([]);
    cpSync(join(folder, 'own.pem'), join(mounted, 'localhost'));
    await world.untilLogged(({ msg, destination }) => msg === 'Sent' && destination === 'display:');
    expect(arrived).toEqual(['/hook']);
  },
);
