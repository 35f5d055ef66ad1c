import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { KubernetesSimulator } from '../../simulator/kubernetes.ts';
import { createKubernetesSimulator, type SimulatorOptions } from '../../simulator/kubernetes.ts';
import { createWaiting } from '../../simulator/waiting.ts';
import { type Connection, type ConnectOptions, connect } from '../../src/cluster/connect.ts';
import type { ReflectorTimings } from '../../src/cluster/reflector-options.ts';
import type { ReflectorHandlers } from '../../src/cluster/view.ts';
import { createLog, type Logger } from '../../src/log.ts';
import type { JsonObject } from '../../src/model.ts';

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-cluster-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeTemporary(name: string, text: string): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

export interface TestCluster {
  simulator: KubernetesSimulator;
  connection: Connection;
  url: string;
  kubeconfig: string;
}

/** A simulated cluster and a connection to it; both end with the test. */
export async function startCluster(
  options: SimulatorOptions = {},
  connectOptions: ConnectOptions = {},
): Promise<TestCluster> {
  const simulator = createKubernetesSimulator(options);
  const { url, kubeconfig } = await simulator.start();
  onTestFinished(() => simulator.stop());
  const connection = connect({ kubeconfig: writeTemporary('kubeconfig', kubeconfig), ...connectOptions });
  onTestFinished(() => connection.close());
  return { simulator, connection, url, kubeconfig };
}

/** A log whose records are kept. */
export function recordingLog(): { log: Logger; records: Record<string, unknown>[] } {
  const records: Record<string, unknown>[] = [];
  const log = createLog(
    { level: 'debug', format: 'json' },
    { write: (line) => void records.push(JSON.parse(line) as Record<string, unknown>) },
  );
  return { log, records };
}

export const silentLog = createLog({ level: 'silent', format: 'json' });

/** Timings that make a test quick, with what it wants otherwise. */
export function quick(timings: Partial<ReflectorTimings> = {}): Partial<ReflectorTimings> {
  return { backoff: { baseMs: 1, capMs: 5 }, ...timings };
}

export interface Probe<T> {
  handlers: ReflectorHandlers<T>;
  /** Everything reported, in order: `+name`, `~name` (known before), `-name`, `synced`; replayed: `*+name`. */
  seen: string[];
  upserts: T[];
  deletes: T[];
  /** Resolves once the condition holds; it is tried after each report. */
  until(condition: () => boolean): Promise<void>;
}

export function createProbe<T extends { name: string }>(): Probe<T> {
  const seen: string[] = [];
  const upserts: T[] = [];
  const deletes: T[] = [];
  const waiting = createWaiting();
  function report(what: string): void {
    seen.push(what);
    waiting.ask();
  }
  return {
    seen,
    upserts,
    deletes,
    handlers: {
      upsert(object, previous, { isReplayed }) {
        upserts.push(object);
        report(`${isReplayed ? '*' : ''}${previous === undefined ? '+' : '~'}${object.name}`);
      },
      delete(last, { isReplayed }) {
        deletes.push(last);
        report(`${isReplayed ? '*' : ''}-${last.name}`);
      },
      synced: () => report('synced'),
    },
    until: waiting.until,
  };
}

export function application(
  name: string,
  more: { namespace?: string; labels?: JsonObject; status?: JsonObject } = {},
): JsonObject {
  const { namespace = 'argocd', labels = {}, status = {} } = more;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace, labels },
    spec: { project: 'default' },
    status,
  };
}
