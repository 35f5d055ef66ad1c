import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseSample, type Sample } from '../../demo/metrics.ts';
import { backstop } from '../../simulator/backstop.ts';
import { createHerald, type Herald } from '../../simulator/herald.ts';
import type { SimulatedCluster } from '../../simulator/kubernetes/cluster.ts';
import {
  createKubernetesSimulator,
  type KubernetesSimulator,
  type SimulatorOptions,
} from '../../simulator/kubernetes.ts';
import {
  createSlackSimulator,
  type SlackCallRecord,
  type SlackMessage,
  type SlackSimulator,
  type SlackSimulatorOptions,
} from '../../simulator/slack.ts';
import { notedProgress } from '../../src/leader/term.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createLedger } from '../../src/ledger/store-ledger.ts';
import type { JsonObject } from '../../src/model.ts';
import { openForTest } from '../contract/stores.ts';

export type LogEntry = Record<string, unknown>;

/** A simulated cluster and Slack, and Herald beside them as a process. */
export interface World {
  kubernetes: KubernetesSimulator;
  cluster: SimulatedCluster;
  slack: SlackSimulator;
  herald: Herald;
  /** Every line of Herald's log so far, of all its processes. */
  logs: LogEntry[];
  kubeconfig: string;
  /** Applies the ConfigMap and the Secret; Slack's address and token are added. */
  configure(data: Record<string, string>, namespace?: string): void;
  /** The Secret's values beside `slack-token`. */
  setSecret(values: Record<string, string>, namespace?: string): void;
  metrics(): Promise<Sample[]>;
  /** Sum of the samples with this name and these labels; 0 without any. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  /** Resolves when the sum satisfies the condition. */
  untilMetric(name: string, labels: Record<string, string>, holds: (value: number) => boolean): Promise<void>;
  /** Resolves with the first log entry, past or to come, that satisfies the condition. */
  untilLogged(holds: (entry: LogEntry) => boolean): Promise<LogEntry>;
  start(): Promise<void>;
  /**
   * Resolves when Herald has noted how far it is, which it does every second: a process that is killed before the first
   * time leaves nothing for the next to go on from.
   */
  noted(): Promise<void>;
  /** SIGKILL, and a new process. */
  restart(meanwhile?: () => void | Promise<void>): Promise<void>;
  /** Resolves when Herald has settled everything that Slack accepted of it. */
  settled(): Promise<void>;
  /**
   * Resolves when what came before has been decided and all that was sent is settled: an Application that comes after
   * it has been told of.
   */
  decided(): Promise<void>;
  /** Ends Herald with SIGTERM and lets `read` look into the ledger that it leaves behind. */
  stopAndRead<T>(read: (ledger: Ledger) => Promise<T>): Promise<{ code: number | null; found: T }>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Of `--queue`. */
  queue: string;
  flags?: string[];
  /** What Herald's environment holds beside the tests' own, once Slack can be asked. */
  env?(slack: SlackSimulator): Promise<Record<string, string>>;
  slack?: Partial<SlackSimulatorOptions>;
  kubernetes?: SimulatorOptions;
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'herald-bridge-'));
  const kubernetes = createKubernetesSimulator({ namespace: 'argocd', ...options.kubernetes });
  const slack = createSlackSimulator(options.slack);
  const [{ kubeconfig: text }] = await Promise.all([kubernetes.start(), slack.start()]);
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  const logs: LogEntry[] = [];
  const listeners = new Set<(entry: LogEntry) => void>();
  let barriers = 0;
  let acceptedBefore = 0;
  const herald = createHerald({
    kubeconfig,
    queue: options.queue,
    flags: options.flags ?? [],
    env: (await options.env?.(slack)) ?? {},
    onLog(entry) {
      logs.push(entry);
      for (const listener of listeners) listener(entry);
    },
  });
  const { cluster } = kubernetes;

  async function metrics(): Promise<Sample[]> {
    const response = await fetch(`${herald.url}/metrics`);
    return (await response.text()).split('\n').flatMap(parseSample);
  }

  async function metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const wanted = Object.entries(labels);
    return (await metrics())
      .filter(
        (sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
      )
      .reduce((sum, { value }) => sum + value, 0);
  }

  const accepted = () =>
    slack.calls.filter(({ method, answer }) => method.startsWith('chat.') && answer?.ok === true).length;

  const world: World = {
    kubernetes,
    cluster,
    slack,
    herald,
    logs,
    kubeconfig,
    configure(data, namespace = 'argocd') {
      const service = `apiURL: ${slack.apiUrl}\ntoken: $slack-token\n`;
      cluster.apply(configMap({ 'service.slack': service, ...data }, namespace));
      if (!cluster.get({ kind: 'Secret', namespace, name: 'argocd-notifications-secret' })) {
        world.setSecret({}, namespace);
      }
    },
    setSecret(values, namespace = 'argocd') {
      cluster.apply(secret({ 'slack-token': slack.token, ...values }, namespace));
    },
    async start() {
      acceptedBefore = accepted();
      await herald.start();
    },
    async noted() {
      const store = await openForTest(options.queue, { isGuest: true });
      try {
        const ledger = createLedger(store);
        while ((await notedProgress(ledger)) === undefined) await delay(50);
      } finally {
        await store.close(5_000);
      }
    },
    async restart(meanwhile) {
      await herald.kill();
      await meanwhile?.();
      await world.start();
    },
    settled: () =>
      world.untilMetric(
        'herald_deliveries_settled_total',
        { outcome: 'sent' },
        (sent) => sent >= accepted() - acceptedBefore,
      ),
    metrics,
    metric,
    async untilMetric(name, labels, holds) {
      const end = Date.now() + backstop;
      let value = await metric(name, labels);
      // Nothing tells of a metric's change.
      while (!holds(value)) {
        if (Date.now() > end) throw new Error(`${name} ${JSON.stringify(labels)} is still ${value}`);
        await delay(50);
        value = await metric(name, labels);
      }
    },
    untilLogged(holds) {
      const known = logs.find(holds);
      if (known) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          listeners.delete(listener);
          reject(new Error(`No such log entry within ${backstop} ms`));
        }, backstop);
        const listener = (entry: LogEntry): void => {
          if (!holds(entry)) return;
          clearTimeout(timer);
          listeners.delete(listener);
          resolve(entry);
        };
        listeners.add(listener);
      });
    },
    async decided() {
      barriers += 1;
      const name = `barrier-${barriers}`;
      const annotations = { 'notifications.argoproj.io/subscribe.on-health-degraded.slack': name };
      const status = { health: { status: 'Degraded' } };
      cluster.apply({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name, namespace: 'argocd', annotations },
        spec: { project: 'default' },
        status,
      });
      await slack.until(() => slack.messages(name).length > 0);
      await world.settled();
      cluster.remove({ kind: 'Application', namespace: 'argocd', name });
    },
    async stopAndRead(read) {
      await world.settled();
      const code = await herald.stop();
      const store = await openForTest(options.queue);
      try {
        return { code, found: await read(createLedger(store)) };
      } finally {
        await store.close(5_000);
      }
    },
    async close() {
      await herald.kill();
      await Promise.all([kubernetes.stop(), slack.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return world;
}

function configMap(data: Record<string, string>, namespace = 'argocd'): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm', namespace },
    data,
  };
}

export function secret(values: Record<string, string>, namespace = 'argocd'): JsonObject {
  const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'argocd-notifications-secret', namespace },
    data: Object.fromEntries(encoded) as JsonObject,
  };
}

/** Messages that people see, those of `decided` left out, in the order of posting. */
export function seen({ slack }: Pick<World, 'slack'>): SlackMessage[] {
  const barriers = new Set(
    slack.workspace
      .channels()
      .filter(({ name }) => name.startsWith('barrier-'))
      .map(({ id }) => id),
  );
  return slack
    .messages()
    .filter(({ channel }) => !barriers.has(channel))
    .sort((a, b) => Number(a.ts) - Number(b.ts));
}

/** Tries to post that arrived at Slack, whatever it answered, to one channel or to all. */
export function attempts({ slack }: Pick<World, 'slack'>, channel?: string): SlackCallRecord[] {
  return slack.calls.filter(
    ({ method, form }) =>
      method === 'chat.postMessage' &&
      (channel === undefined ? !form.channel?.startsWith('barrier-') : form.channel === channel),
  );
}

/** What of the ledger is still to be done, or was given up. */
export async function unfinished(ledger: Ledger): Promise<{ pending: string[]; parked: string[] }> {
  const pending: string[] = [];
  for await (const deliveries of ledger.pending())
    pending.push(
      ...deliveries.map(({ alerts: [{ trigger, application }] }) => `${trigger} ${application.name}`),
    );
  const parked: string[] = [];
  for await (const some of ledger.parked()) parked.push(...some.map(({ reason }) => reason));
  return { pending, parked };
}
