import { once } from 'node:events';
import packageJson from '../package.json' with { type: 'json' };
import { createBridge } from './bridge/bridge.ts';
import { shutDown } from './bridge/shutdown.ts';
import { connectOptions } from './cli/connect-options.ts';
import { isInMemory } from './cli/queue-flag.ts';
import type { RunOptions } from './cli/run-flags.ts';
import { systemClock } from './clock.ts';
import { ClusterError } from './cluster/cluster-error.ts';
import { connect } from './cluster/connect.ts';
import { createWatchScope } from './cluster/scope.ts';
import { createLog, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createServer } from './server/server.ts';
import { createService } from './services/registry.ts';
import { StoreError } from './store/store.ts';
import { waitForStore } from './store/wait-for-store.ts';

/** `herald run`, to its end. Answers the exit code. */
export async function run(options: RunOptions): Promise<number> {
  const log = createLog(options.log);
  try {
    await runBridge(options, log);
    return 0;
  } catch (error) {
    log.fatal(
      isExpected(error) ? { error: explained(error, options.queue) } : { err: error },
      'Herald cannot run',
    );
    return 1;
  }
}

/** What a person can mend without knowing the code. */
function isExpected(error: unknown): error is Error {
  if (error instanceof StoreError || error instanceof ClusterError) return true;
  return (
    error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
  );
}

/** Where the image was swapped in argocd-notifications' manifests there is no volume, and its root cannot be written. */
function explained(error: Error, queue: string): string {
  const { message } = error;
  const isOnServer = /^(rediss?|postgres(ql)?):/.test(queue);
  if (isOnServer || !(error instanceof StoreError) || !/\b(EROFS|EACCES|EPERM)\b/.test(message))
    return message;
  return (
    `${message}, on a volume where the root file system is read-only; or use redis://, postgres://, ` +
    'or memory:, which at a restart loses what waits'
  );
}

/** Flags in, signals, the HTTP server, and the order of the end. */
async function runBridge(options: RunOptions, log: Logger): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  const clock = systemClock;
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => abort.abort(name));

  const connection = connect({ ...connectOptions(options.kube), log });
  const namespace = options.kube.namespace || connection.namespace;
  const scope = createWatchScope(namespace, options.applicationNamespaces);
  const metrics = createMetrics({ version: packageJson.version });
  log.info({ version: packageJson.version, server: connection.server, namespace }, 'Herald starts');
  const inMemory = isInMemory(options.queue);
  metrics.setQueueIsDurable(!inMemory);
  if (inMemory)
    log.warn(
      { queue: options.queue, notifiedAnnotation: options.notifiedAnnotation },
      'The store is in memory: what is not sent yet is lost at a restart, and only the annotation on Applications ' +
        'tells then what was notified',
    );
  for (const { pattern, what } of scope.problems)
    log.warn({ pattern, what }, 'Namespace pattern matches nothing');

  const bridge = createBridge(
    {
      connection,
      openStore: (untilThen) => waitForStore(options.queue, { log, signal: untilThen, clock }),
      createService: (source, given) =>
        createService(source, { ...given, log, stream: process.stdout, now: clock.now, clock }),
      signal,
      clock,
      metrics,
      log,
    },
    { ...options, scope, isInMemory: inMemory },
  );
  const server = createServer(
    {
      metrics,
      version: packageJson.version,
      // A release writes it there.
      docs: (packageJson as { homepage?: string }).homepage,
      health: bridge.health,
      onError: (error) => log.warn({ err: error }, 'Request failed'),
    },
    { port: options.metricsPort },
  );
  log.info({ port: await server.open() }, 'Serving /metrics, /healthz and /readyz');

  await bridge.start();
  if (!signal.aborted) await once(signal, 'abort');
  log.info({ signal: String(signal.reason) }, 'Herald stops');
  await shutDown(
    [
      ...bridge.ending(),
      ['server', (left) => server.close(Math.min(left, 1_000))],
      ['connection', () => connection.close()],
    ],
    options.shutdownTimeout,
    log,
    clock,
  );
  log.info('Herald has stopped');
}
