import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../simulator/free-port.ts';
import type { JsonObject, Outcome } from '../../src/model.ts';
import type { SendContext, Service } from '../../src/services/service.ts';
import { tools } from '../tools.ts';
import { createProgram, type Program } from './program.ts';
import { startService } from './start-service.ts';

const command = tools['prometheus-alertmanager'];

describe.skipIf(command === undefined)('a real Alertmanager', () => {
  let folder: string;
  let port: number;
  let program: Program;
  let service: Service;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'herald-alertmanager-'));
    const file = join(folder, 'alertmanager.yml');
    writeFileSync(file, 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n');
    port = await freePort();
    const args = [`--config.file=${file}`, `--storage.path=${folder}`, '--cluster.listen-address='];
    const own = [...args, `--web.listen-address=127.0.0.1:${port}`];
    program = createProgram(command ?? '', own, /msg="?Listening"? .*address=127/i);
    await program.start();
    service = startService('alertmanager', { targets: [`127.0.0.1:${port}`] });
  });
  afterAll(async () => {
    await service.close();
    await program.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = (section: JsonObject, alert?: SendContext['alert']): Promise<Outcome> =>
    service.send({ message: 'm', section }, '', {
      deliveryId: 'd1',
      signal: AbortSignal.timeout(600_000),
      ...(alert && { alert }),
    });

  interface Shown {
    labels: Record<string, string>;
    annotations: Record<string, string>;
    generatorURL?: string;
    startsAt: string;
  }

  async function shown(alertname: string): Promise<Shown[]> {
    const response = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`);
    const alerts = (await response.json()) as Shown[];
    return alerts.filter(({ labels }) => labels['alertname'] === alertname);
  }

  it('shows an alert once, however often it is sent', async () => {
    const section = {
      labels: { alertname: 'AppFailed', app: 'guestbook “1” 🚀', empty: '' },
      annotations: { summary: 'line one\nline two' },
      generatorURL: 'git@github.com:acme/widgets.git',
    };
    for (const _ of [1, 2]) expect(await send(section)).toEqual({ status: 'sent' });
    expect(await shown('AppFailed')).toMatchObject([
      {
        labels: { alertname: 'AppFailed', app: 'guestbook “1” 🚀' },
        annotations: { summary: 'line one\nline two' },
        generatorURL: 'https://github.com/acme/widgets.git',
      },
    ]);
  });

  it('shows an alert from when it began, and no longer when it is over', async () => {
    const section = { labels: { alertname: 'AppDegraded', app: 'a' } };
    const since = Date.now() - 60_000;
    const firing = {
      key: 'alert-1',
      state: 'firing' as const,
      reason: 'first',
      severity: 'critical',
      since,
      isFollowUp: false,
      isSilent: false,
    };
    expect(await send(section, firing)).toEqual({ status: 'sent' });
    expect((await shown('AppDegraded')).map(({ startsAt }) => Date.parse(startsAt))).toEqual([since]);
    const resolved = { ...firing, state: 'resolved' as const, reason: 'all resolved', endedAt: Date.now() };
    expect(await send(section, resolved)).toEqual({ status: 'sent' });
    expect(await shown('AppDegraded')).toEqual([]);
  });

  it('says what it does not take', async () => {
    expect(await send({ labels: { alertname: 'x', 'not a label': 'y' } })).toMatchObject({
      status: 'rejected',
      scope: 'notification',
      reason: 'http_400',
    });
  });
});
