import { EventEmitter, once } from 'node:events';
import { onTestFinished } from 'vitest';
import { createKubernetesSimulator, type KubernetesSimulator } from '../../simulator/kubernetes.ts';
import { type Bridge, createBridge } from '../../src/bridge/bridge.ts';
import type { BridgeOptions } from '../../src/bridge/options.ts';
import { shutDown } from '../../src/bridge/shutdown.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { connect } from '../../src/cluster/connect.ts';
import { createWatchScope } from '../../src/cluster/scope.ts';
import { createLog } from '../../src/log.ts';
import type { Metrics } from '../../src/metrics/interface.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { JsonObject } from '../../src/model.ts';
import { runChecks } from '../../src/server/health.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { LogLine } from '../../src/testing/recorded-log.ts';
import { createRecordingService, type RecordingService } from '../../src/testing/recording-service.ts';
import { writeTemporary } from '../cluster/support.ts';

/** The whole bridge in this process, as `herald run` wires it, on a simulated cluster. */
export interface InProcessBridge {
  bridge: Bridge;
  kubernetes: KubernetesSimulator;
  /** Stands for every configured service. */
  service: RecordingService;
  metrics: Metrics;
  lines: LogLine[];
  /** Resolves with the first line of the log, past or to come, with this message. */
  logged(message: string): Promise<LogLine>;
  /** Resolves when the service has accepted so many messages, with them as `recipient: text`. */
  sent(count: number): Promise<string[]>;
  /** What is not ok, of /healthz and /readyz. */
  obstacles(): Promise<string[]>;
  /** As SIGTERM does; the cluster stays. */
  stop(): Promise<void>;
}

export interface InProcessOptions extends Partial<BridgeOptions> {
  /** From a bridge that was stopped: another one for the same. */
  kubernetes?: KubernetesSimulator;
  /** Of another API server, in place of the simulated one. */
  kubeconfig?: string;
  service?: RecordingService;
  clock?: Clock;
  /** @defaultValue its own, without those of the process */
  metrics?: Metrics;
  /** What `createBridge` waits for. @defaultValue a store in memory */
  openStore?(signal: AbortSignal): Promise<Store | undefined>;
}

/** The path of a kubeconfig by simulated cluster, once that is started. */
const kubeconfigs = new WeakMap<KubernetesSimulator, string>();

export async function kubeconfigOf(kubernetes: KubernetesSimulator): Promise<string> {
  const known = kubeconfigs.get(kubernetes);
  if (known !== undefined) return known;
  const { kubeconfig } = await kubernetes.start();
  onTestFinished(() => kubernetes.stop());
  const path = writeTemporary('kubeconfig', kubeconfig);
  kubeconfigs.set(kubernetes, path);
  return path;
}

/** Wires a bridge and begins its start; it ends with the test. */
export async function startBridge(options: InProcessOptions = {}): Promise<InProcessBridge> {
  const {
    kubernetes = createKubernetesSimulator({ namespace: 'argocd' }),
    service = createRecordingService('console'),
    clock = systemClock,
    kubeconfig,
    metrics = createMetrics({ version: 'test', processMetrics: false }),
    ...given
  } = options;
  const lines: LogLine[] = [];
  const news = new EventEmitter<{ news: [] }>();
  const log = createLog(
    { level: 'debug', format: 'json' },
    {
      write(line) {
        lines.push(JSON.parse(line) as LogLine);
        news.emit('news');
      },
    },
  );
  const abort = new AbortController();
  const { signal } = abort;
  const send: RecordingService['send'] = async (...message) => {
    const outcome = await service.send(...message);
    news.emit('news');
    return outcome;
  };
  /** Looks again whenever something was logged or sent. */
  async function until<T>(read: () => T | undefined): Promise<T> {
    for (let found = read(); ; found = read()) {
      if (found !== undefined) return found;
      await once(news, 'news');
    }
  }
  const connection = connect({ kubeconfig: kubeconfig ?? (await kubeconfigOf(kubernetes)) });
  const bridge = createBridge(
    {
      connection,
      openStore: given.openStore ?? ((untilThen) => openStore('memory:', { log, signal: untilThen })),
      createService: () => ({ service: { ...service, send }, problems: [] }),
      signal,
      clock,
      metrics,
      log,
    },
    {
      scope: createWatchScope('argocd', []),
      appLabelSelector: '',
      configMapName: 'argocd-notifications-cm',
      secretName: 'argocd-notifications-secret',
      selfService: false,
      tenantServiceAddresses: [],
      notifiedAnnotation: 'read',
      processors: 1,
      isInMemory: true,
      ...given,
    },
  );
  let ended: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    abort.abort('the test');
    ended ??= shutDown([...bridge.ending(), ['connection', connection.close]], 30_000, log, systemClock);
    return ended;
  };
  onTestFinished(stop);
  return {
    bridge,
    kubernetes,
    service,
    metrics,
    lines,
    logged: (message) => until(() => lines.find(({ msg }) => msg === message)),
    sent: (count) =>
      until(() =>
        service.sent.length < count
          ? undefined
          : service.sent.map(({ recipient, notification }) => `${recipient}: ${notification.message}`),
      ),
    async obstacles() {
      const { healthz, readyz } = bridge.health;
      const { results } = await runChecks({ ...healthz, ...readyz }, 10_000, systemClock);
      return results.filter(({ ok }) => !ok).map(({ check, reason }) => `${check}: ${reason}`);
    },
    stop,
  };
}

/** A ConfigMap with one service of each kind that a subscription of `applications.ts` names. */
export function configMap(data: Record<string, string>): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-notifications-cm', namespace: 'argocd' },
    data: { 'service.slack': 'token: x', ...data },
  };
}
