import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Finished, heraldProcess } from '../cli/support.ts';
import { embeddedStore } from '../contract/stores.ts';
import { application, degraded, healthy, named } from './applications.ts';
import { createWorld, unfinished, type World, type WorldOptions } from './world.ts';

const configuration = {
  'trigger.on-health-degraded': `- when: app.status.health.status == 'Degraded'\n  send: [degraded]\n`,
  'template.degraded': 'message: "{{.app.metadata.name}} is degraded"\n',
};

async function makeWorld(options: Partial<WorldOptions> = {}): Promise<World> {
  const prepared = options.queue === undefined ? await embeddedStore().prepare() : undefined;
  const queue = prepared?.url ?? options.queue ?? '';
  const world = await createWorld({ ...options, queue });
  onTestFinished(async () => {
    await world.close();
    await prepared?.remove();
  });
  world.configure(configuration);
  return world;
}

const texts = (world: World, channel: string) => world.slack.messages(channel).map(({ text }) => text);
const subscribed = (channel: string) => ({ 'on-health-degraded': channel });
const closedPort = 1;

describe('SIGTERM', () => {
  test('while Slack does not answer: exit 0 in time, and the message is sent after the next start', async () => {
    const world = await makeWorld({ flags: ['--shutdown-timeout', '3s'] });
    await world.start();
    world.slack.fail({ kind: 'hang' });
    world.cluster.apply(application('shop', { subscriptions: subscribed('alerts'), status: degraded }));
    await world.slack.until(() => world.slack.calls.length === 1);
    expect(await world.herald.stop()).toBe(0);
    // It has not waited for the ten seconds of Slack's deadline.
    expect(world.logs.filter(({ reason }) => reason === 'timeout')).toEqual([]);
    await world.start();
    await world.slack.until(() => texts(world, 'alerts').length > 0);
    const { code, found } = await world.stopAndRead(unfinished);
    expect({ code, ...found }).toEqual({ code: 0, pending: [], parked: [] });
    expect(texts(world, 'alerts')).toEqual(['shop is degraded']);
  });

  test('while the store cannot be reached, from the start', async () => {
    const world = await makeWorld({ queue: `redis://127.0.0.1:${closedPort}` });
    const started = world.start().catch((error: unknown) => error);
    const entry = await world.untilLogged(({ msg }) => msg === 'Store cannot be opened yet');
    expect(entry).toMatchObject({ level: 'warn', error: expect.stringContaining('ECONNREFUSED') });
    const readiness = await fetch(`${world.herald.url}/readyz`);
    expect(readiness.status).toBe(503);
    const told = await readiness.text();
    expect(told).toContain('not open yet');
    // Every namespace may reach the port: where the store is, and as whom Herald comes, is in the log.
    expect(told).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|redis/);
    expect(await world.herald.stop()).toBe(0);
    expect(await started).toBeInstanceOf(Error);
    expect(world.logs.filter((line) => 'err' in line)).toEqual([]);
  });

  test('while the API server cannot be reached', async () => {
    const world = await makeWorld();
    await world.kubernetes.stop();
    const started = world.start().catch((error: unknown) => error);
    const entry = await world.untilLogged(({ msg }) => msg === 'Watch interrupted');
    expect(String(entry.error)).toContain('ECONNREFUSED');
    const readiness = await fetch(`${world.herald.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.text()).toMatch(/lists.*(configmap|applications)/s);
    expect((await fetch(`${world.herald.url}/healthz`)).status).toBe(200);
    expect(await world.herald.stop()).toBe(0);
    expect(await started).toBeInstanceOf(Error);
    expect(world.logs.filter((line) => 'err' in line)).toEqual([]);
  });
});

describe('the embedded store', () => {
  test('whose directory is deleted: /healthz says that a restart is needed, and nothing is sent twice after it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'herald-bridge-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const store = join(directory, 'store');
    const world = await makeWorld({ queue: `sqlite:${store}` });
    world.cluster.apply(application('shop', { subscriptions: subscribed('alerts'), status: healthy }));
    await world.start();
    await world.decided();
    const health = async (path: string) => {
      const answer = await fetch(`${world.herald.url}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect((await health('/healthz')).status).toBe(200);
    rmSync(store, { recursive: true });
    expect(await health('/healthz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('its files are gone or damaged: restart Herald'),
    });
    expect((await health('/readyz')).status).toBe(503);
    await world.untilLogged(({ level, directory: named }) => level === 'error' && named === store);
    expect(await world.herald.stop()).toBe(0);
    await world.start();
    expect((await health('/healthz')).status).toBe(200);
    world.cluster.patch(named('shop'), { status: degraded });
    await world.slack.until(() => texts(world, 'alerts').length > 0);
    await world.decided();
    expect(texts(world, 'alerts')).toEqual(['shop is degraded']);
  });
});

describe('a start that cannot be', () => {
  let kubeconfig: string;
  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'herald-bridge-'));
    kubeconfig = join(directory, 'kubeconfig');
    const cluster = { server: `http://127.0.0.1:${closedPort}` };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 's', cluster }],
      users: [],
      contexts: [{ name: 's', context: { cluster: 's', user: '' } }],
      'current-context': 's',
    };
    writeFileSync(kubeconfig, JSON.stringify(config));
    return () => rmSync(directory, { recursive: true, force: true });
  });

  const run = (...flags: string[]) => heraldProcess(['run', '--metrics-port', '0', ...flags]);
  /** The one line of the log that says why, and no stack trace anywhere. */
  function reasonOf({ stderr }: Finished): string {
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(stderr).not.toMatch(/ at .*\.ts:\d+/);
    const fatal = lines.filter(({ level }) => level === 'fatal');
    expect(fatal).toHaveLength(1);
    return String(fatal[0]?.error);
  }

  test('a --queue of no kind that there is: one line, exit 2', async () => {
    const { code, stderr } = await run('--kubeconfig', kubeconfig, '--queue', 'mysql://db');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^herald run: --queue: [^\n]*mysql[^\n]*Use sqlite:[^\n]*\n$/);
  });

  test('a directory for sqlite that is a file: its path and the reason, exit 1', async () => {
    const finished = await run('--kubeconfig', kubeconfig, '--queue', `sqlite:${kubeconfig}`);
    expect(finished.code).toBe(1);
    expect(reasonOf(finished)).toContain(kubeconfig);
  });

  test('no kubeconfig: its path and the reason, exit 1', async () => {
    const finished = await run('--kubeconfig', '/nowhere/config', '--queue', 'redis://127.0.0.1');
    expect(finished.code).toBe(1);
    expect(reasonOf(finished)).toContain('/nowhere/config');
  });

  test('a port for the metrics that is taken: exit 1', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const finished = await run('--kubeconfig', kubeconfig, '--metrics-port', String(port));
    expect(finished.code).toBe(1);
    expect(reasonOf(finished)).toContain(String(port));
  });
});
