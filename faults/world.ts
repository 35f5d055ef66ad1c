import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createKubernetesSimulator, type KubernetesSimulator } from '../simulator/kubernetes.ts';
import { createSlackSimulator, type SlackSimulator, type SlackSimulatorOptions } from '../simulator/slack.ts';
import type { JsonObject } from '../src/model.ts';
import { portOf } from './ports.ts';
import { createProcess, type Process } from './processes.ts';
import { createProxy, type Proxy } from './proxy.ts';
import { type StoreName, type StoreServer, startStore } from './store-server.ts';
import type { Account } from './tally.ts';

/** Everything around Herald, with a proxy before each of its servers. */
export interface World {
  kubernetes: KubernetesSimulator;
  slack: SlackSimulator;
  tally: Account;
  processes: Process[];
  /** `stores`: one for each process; none for sqlite. */
  proxies: { api: Proxy; slack: Proxy; stores: Proxy[] };
  store: StoreServer;
  directory: string;
  /** Replaces the keys of the ConfigMap, but for the service. */
  configure(data: Readonly<Record<string, string>>): void;
  /** In Herald's Secret. */
  setToken(token: string): void;
  /** Of the API server, as Herald has it from now on. */
  writeApiToken(token: string): void;
  /** Answers of Slack that a channel is asked too often. */
  tooFast(): number;
  /** What `herald deliveries` says. */
  deliveries(): Promise<{ pending: number; parked: string[] }>;
  close(keepLogs: boolean): Promise<void>;
}

export interface WorldOptions {
  /** The tree that Herald is run from. */
  root: string;
  store: StoreName;
  /** Of each process; two that are alike stand for two processes on one machine. */
  hosts: readonly string[];
  tally: Account;
  slack?: Partial<SlackSimulatorOptions>;
  env?: (directory: string) => Record<string, string>;
  /** In place of a directory of this world's. */
  storeDirectory?: string;
}

const run = promisify(execFile);
/** Changes that the API server remembers: more than any scenario makes, so that only those that compact forget. */
const historyLimit = 50_000;

export async function createWorld(options: WorldOptions): Promise<World> {
  const { root, hosts, tally } = options;
  const directory = mkdtempSync(join(tmpdir(), 'herald-faults-'));
  const apiToken = 'token-0';
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd', historyLimit, token: apiToken });
  const slack = createSlackSimulator({ strict: false, ...options.slack });
  const [{ url, kubeconfig: text }] = await Promise.all([kubernetes.start(), slack.start()]);
  const api = await createProxy(portOf(url));
  const toSlack = await createProxy(portOf(slack.apiUrl));
  const kubeconfig = join(directory, 'kubeconfig');
  const tokenFile = join(directory, 'token');
  const writeApiToken = (token: string): void => writeFileSync(tokenFile, token, { mode: 0o600 });
  writeApiToken(apiToken);
  // A file, as in a pod: it may be replaced.
  const users = [{ name: 'simulator', user: { tokenFile } }];
  const throughProxy = text.replaceAll(`:${portOf(url)}`, `:${api.port}`);
  writeFileSync(kubeconfig, JSON.stringify({ ...(JSON.parse(throughProxy) as object), users }), {
    mode: 0o600,
  });
  const store = await startStore(options.store, options.storeDirectory ?? join(directory, 'sqlite'));

  let tooFast = 0;
  slack.onCall(({ method, form, answer, tooFast: isTooFast }) => {
    if (isTooFast) tooFast += 1;
    if (method !== 'chat.postMessage' || answer?.ok !== true) return;
    tally.arrived(channelName(slack, form.channel ?? ''), form.text ?? '');
  });

  const setToken = (token: string): void => {
    kubernetes.cluster.apply({
      ...named('Secret', 'argocd-notifications-secret'),
      data: { 'slack-token': Buffer.from(token).toString('base64') },
    });
  };
  setToken(slack.token);
  const configure = (data: Readonly<Record<string, string>>): void => {
    const service = `apiURL: http://127.0.0.1:${toSlack.port}/api/\ntoken: $slack-token\n`;
    kubernetes.cluster.apply({
      ...named('ConfigMap', 'argocd-notifications-cm'),
      data: { 'service.slack': service, ...data },
    });
  };

  const processes: Process[] = [];
  const stores: Proxy[] = [];
  for (const [index, host] of hosts.entries()) {
    const own = join(directory, `${index}`);
    mkdirSync(own);
    let queue = store.url;
    if (store.port !== undefined) {
      const proxy = await createProxy(store.port);
      stores.push(proxy);
      queue = queue.replace(`:${store.port}`, `:${proxy.port}`);
    }
    const env = options.env?.(own) ?? {};
    processes.push(await createProcess({ root, host, kubeconfig, queue, directory: own, env }));
  }

  return {
    kubernetes,
    slack,
    tally,
    processes,
    proxies: { api, slack: toSlack, stores },
    store,
    directory,
    configure,
    setToken,
    writeApiToken,
    tooFast: () => tooFast,
    async deliveries() {
      const main = join(root, 'src', 'main.ts');
      const flags = ['deliveries', '-o', 'json', '--limit', '1000', '--queue', store.url];
      const { stdout } = await run(process.execPath, [main, ...flags], { maxBuffer: 64 * 1024 * 1024 });
      const all = JSON.parse(stdout) as { status: string; reason?: string }[];
      return {
        pending: all.filter(({ status }) => status === 'pending').length,
        parked: all.filter(({ status }) => status !== 'pending').map(({ reason }) => reason ?? ''),
      };
    },
    async close(keepLogs) {
      for (const each of processes) await each.end('SIGKILL');
      await Promise.all([api, toSlack, ...stores].map((proxy) => proxy.close()));
      await Promise.all([kubernetes.stop(), slack.stop(), store.stop()]);
      if (!keepLogs) rmSync(directory, { recursive: true, force: true });
    },
  };
}

function named(kind: string, name: string): JsonObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'argocd' } };
}

/** Herald may ask by the id. */
function channelName(slack: SlackSimulator, reference: string): string {
  return slack.workspace.find(reference)?.name ?? reference;
}
