import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubernetesSimulator, type KubernetesSimulator } from '../simulator/kubernetes.ts';
import { createSlackSimulator, type SlackSimulator, type SlackSimulatorOptions } from '../simulator/slack.ts';
import type { Ledger } from '../src/episodes/ledger.ts';
import { createLedger } from '../src/episodes/store-ledger.ts';
import { createLog } from '../src/log.ts';
import { openStore } from '../src/store/open-store.ts';
import { findOwnRedis, findPostgres, postgresDatabase, type RestartableServer } from '../test/servers.ts';
import { createProcess, type Process } from './processes.ts';
import { createProxy, type Proxy } from './proxy.ts';
import { createTally, type Tally } from './tally.ts';
import { configuration } from './workload.ts';

export type StoreName = 'pglite' | 'redis' | 'postgres';

/** Everything around Herald, with a proxy before each of its servers. */
export interface World {
  kubernetes: KubernetesSimulator;
  slack: SlackSimulator;
  tally: Tally;
  processes: Process[];
  proxies: { api: Proxy; slack: Proxy; store: Proxy | undefined };
  /** Undefined for pglite, which is in the process. */
  store: RestartableServer | undefined;
  directory: string;
  /** Of the store itself, past the proxy. */
  queueUrl: string;
  setToken(token: string): void;
  /** What the ledger still holds; no Herald may run on pglite meanwhile. */
  left(): Promise<{ pending: number; parked: number }>;
  close(keepLogs: boolean): Promise<void>;
}

export interface WorldOptions {
  store: StoreName;
  /** Of each process; two names that are alike stand for two processes on one machine. */
  hosts: string[];
  slack?: Partial<SlackSimulatorOptions>;
  env?: (directory: string) => Record<string, string>;
  /** In place of a directory for pglite. */
  pgliteDirectory?: string;
}

const silent = createLog({ level: 'silent', format: 'json' });

export async function createWorld(options: WorldOptions): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'herald-faults-'));
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd', historyLimit: 50_000 });
  const slack = createSlackSimulator({
    keep: { messages: 500, calls: 200 },
    strict: false,
    ...options.slack,
  });
  const [{ url, kubeconfig: text }] = await Promise.all([kubernetes.start(), slack.start()]);
  const api = await createProxy(portOf(url));
  const toSlack = await createProxy(portOf(slack.apiUrl));
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, text.replaceAll(`:${portOf(url)}`, `:${api.port}`), { mode: 0o600 });

  const store = await startStore(options.store, options.pgliteDirectory ?? join(directory, 'pglite'));
  const proxy = store.port === undefined ? undefined : await createProxy(store.port);
  const queue =
    proxy === undefined || store.port === undefined
      ? store.url
      : store.url.replace(`:${store.port}`, `:${proxy.port}`);

  const tally = createTally();
  slack.onCall(({ method, form, answer }) => {
    if (method === 'chat.postMessage' && answer?.ok === true)
      tally.arrived(form.channel ?? '', form.text ?? '');
  });

  const setToken = (token: string): void => {
    kubernetes.cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-notifications-secret', namespace: 'argocd' },
      data: { 'slack-token': Buffer.from(token).toString('base64') },
    });
  };
  setToken(slack.token);
  kubernetes.cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm', namespace: 'argocd' },
    data: {
      'service.slack': `apiURL: http://127.0.0.1:${toSlack.port}/api/\ntoken: $slack-token\n`,
      ...configuration,
    },
  });

  const processes: Process[] = [];
  for (const [index, host] of options.hosts.entries()) {
    const own = join(directory, `${index}`);
    mkdirSync(own);
    const env = options.env?.(own) ?? {};
    processes.push(await createProcess({ host, kubeconfig, queue, directory: own, env }));
  }

  return {
    kubernetes,
    slack,
    tally,
    processes,
    proxies: { api, slack: toSlack, store: proxy },
    store: store.server,
    directory,
    queueUrl: store.url,
    setToken,
    async left() {
      const opened = await openStore(store.url, { log: silent, deadline: 30_000 });
      try {
        return await countLeft(createLedger(opened));
      } finally {
        await opened.close(5_000);
      }
    },
    async close(keepLogs) {
      for (const each of processes) await each.end('SIGKILL');
      await Promise.all([api.close(), toSlack.close(), proxy?.close()]);
      await Promise.all([kubernetes.stop(), slack.stop(), store.stop()]);
      if (!keepLogs) rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function countLeft(ledger: Ledger): Promise<{ pending: number; parked: number }> {
  let pending = 0;
  for await (const deliveries of ledger.pending()) pending += deliveries.length;
  return { pending, parked: (await ledger.parked(100_000)).length };
}

async function startStore(
  name: StoreName,
  directory: string,
): Promise<{ url: string; port?: number; server?: RestartableServer; stop(): Promise<void> }> {
  if (name === 'pglite') return { url: `pglite:${directory}`, stop: async () => undefined };
  const server = await (name === 'redis' ? findOwnRedis() : findPostgres()).start();
  const url = name === 'redis' ? server.url : await postgresDatabase(server);
  return {
    url,
    port: portOf(url),
    ...(server.process ? { server: server.process } : {}),
    stop: () => server.stop(),
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
