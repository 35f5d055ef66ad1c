/** Herald as users start it, beside doubles in processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startChild } from './child.ts';
import type { KubernetesQuestions } from './doubles/kubernetes.ts';
import type { SlackQuestions } from './doubles/slack.ts';
import { cpuOf, memoryOf } from './process-figures.ts';
import { emptyStore } from './stores.ts';

export type Installation = Awaited<ReturnType<typeof createInstallation>>;

interface Options {
  applications: number;
  store: string;
  checkout?: string | undefined;
  /** Of the process that is measured, for its profile. */
  profile?: string | undefined;
  /** Milliseconds after which Slack answers. */
  latency?: number;
}

const token = 'xoxb-bench-0123456789';
const patience = 300_000;

export async function createInstallation({ applications, store, checkout, profile, latency = 200 }: Options) {
  const directory = mkdtempSync(join(tmpdir(), 'herald-bench-'));
  const { url: queue, remove } = await emptyStore(store as Parameters<typeof emptyStore>[0]);
  const slack = startChild<SlackQuestions>(join(import.meta.dirname, 'doubles', 'slack.ts'));
  const kubernetes = startChild<KubernetesQuestions>(join(import.meta.dirname, 'doubles', 'kubernetes.ts'));
  const apiUrl = await slack.ask('start', { latency });
  const kubeconfig = join(directory, 'kubeconfig');
  writeFileSync(kubeconfig, await kubernetes.ask('start', { applications, apiUrl, token }), { mode: 0o600 });
  const log = createWriteStream(join(directory, 'log'));
  let herald: ChildProcess | undefined;
  let url = '';

  return {
    kubernetes,
    slack,
    /** Of /metrics, /healthz and /readyz. */
    url: () => url,
    cpu: () => cpuOf(herald?.pid),
    memory: () => memoryOf(herald?.pid),
    /** Milliseconds from its start until its first message reached Slack. */
    async start(): Promise<number> {
      const began = performance.timeOrigin + performance.now();
      const program = join(checkout ?? resolve(import.meta.dirname, '..'), 'bin', 'herald.cjs');
      const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
      const child = spawn(
        process.execPath,
        // As the image does.
        [
          '--max-semi-space-size=8',
          ...profiling,
          program,
          'run',
          '--kubeconfig',
          kubeconfig,
          '--queue',
          queue,
          '--metrics-port',
          '0',
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      herald = child;
      child.stderr.on('data', (chunk: Buffer) => {
        log.write(chunk);
        const port = /"port":(\d+)/.exec(chunk.toString())?.[1];
        if (port) url = `http://127.0.0.1:${port}`;
      });
      const ended = once(child, 'exit').then(([code]) => {
        throw new Error(`Herald has ended with ${code}, see ${directory}`);
      });
      ended.catch(() => undefined);
      const { arrivals } = await Promise.race([slack.ask('arrived', { count: 1, patience }), ended]);
      const [first] = [...arrivals.values()].toSorted((a, b) => a - b);
      if (first === undefined) throw new Error(`Nothing has been told, see ${directory}`);
      return first - began;
    },
    /** Resolves when it says that it is ready. */
    async ready(): Promise<void> {
      for (;;) {
        if ((await fetch(`${url}/readyz`)).ok) return;
        await new Promise((next) => setTimeout(next, 50));
      }
    },
    async stop(): Promise<void> {
      if (herald) {
        const exited = once(herald, 'exit');
        herald.kill('SIGTERM');
        await exited;
      }
      await Promise.all([slack.end(), kubernetes.end()]);
      await remove();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
